"""`manage.py workers`: all worker processes, until SIGTERM."""

from __future__ import annotations

import sys
from typing import Any

from django.db import connections
from django_q.models import Schedule

from hunter.commands import PlainCommand
from hunter.work.cluster import Cluster
from hunter.work.tasks import tick

TICK = "hunter.work.tasks.tick"


class Command(PlainCommand):
    help = "Run all worker processes; SIGTERM or Ctrl-C ends them in order. Ends when they end."

    def handle(self, *args: Any, **options: Any) -> None:
        keep_schedule()
        tick()
        connections.close_all()
        if not Cluster(say=self.stderr.write).run():
            self.stderr.write(
                "The worker processes ended by themselves. Look for the cause above, then start them again."
            )
            sys.exit(1)


def keep_schedule() -> None:
    """Have exactly one schedule: the tick; all other times are in the ledger."""
    Schedule.objects.exclude(name=TICK).delete()
    extra = list(Schedule.objects.filter(name=TICK).order_by("pk").values_list("pk", flat=True))[1:]
    Schedule.objects.filter(pk__in=extra).delete()
    Schedule.objects.get_or_create(name=TICK, defaults={"func": TICK, "schedule_type": Schedule.MINUTES, "minutes": 1})
