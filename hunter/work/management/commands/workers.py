"""`manage.py workers`: all worker processes, until SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django_q.models import Schedule

from hunter.work.tasks import tick

TICK = "hunter.work.tasks.tick"
GRACE_SECONDS = 330  # a drainer's budget, the longest call and a settle; SIGKILL after it is safe because of leases


class Command(BaseCommand):
    help = "Run all worker processes; SIGTERM or Ctrl-C ends them in order. Ends when they end."

    def handle(self, *args: Any, **options: Any) -> None:
        keep_schedule()
        tick()
        # A session of its own: Ctrl-C and a supervisor's signal to the whole group must reach the main process only.
        child = subprocess.Popen([sys.executable, sys.argv[0], "qcluster"], start_new_session=True)  # noqa: S603
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: child.send_signal(signal.SIGTERM))
        status = wait_for(child)
        end_group(child)
        sys.exit(1 if status and status != -signal.SIGTERM else 0)


def keep_schedule() -> None:
    """Have exactly one schedule: the tick; all other times are in the ledger."""
    Schedule.objects.exclude(name=TICK).delete()
    extra = list(Schedule.objects.filter(name=TICK).order_by("pk").values_list("pk", flat=True))[1:]
    Schedule.objects.filter(pk__in=extra).delete()
    Schedule.objects.get_or_create(name=TICK, defaults={"func": TICK, "schedule_type": Schedule.MINUTES, "minutes": 1})


def wait_for(child: subprocess.Popen[bytes]) -> int:
    """The child's status once it has ended; signals that arrive meanwhile are passed on to it."""
    return child.wait()


def end_group(child: subprocess.Popen[bytes]) -> None:
    """Nothing of the cluster outlives its main process as an orphan."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
