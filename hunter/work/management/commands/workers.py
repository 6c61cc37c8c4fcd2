"""`manage.py workers`: all worker processes, until SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django_q.models import Schedule

from hunter.work.stopping import VARIABLE, stop_file
from hunter.work.tasks import tick

TICK = "hunter.work.tasks.tick"


class Command(BaseCommand):
    help = "Run all worker processes; SIGTERM or Ctrl-C ends them in order. Ends when they end."

    def handle(self, *args: Any, **options: Any) -> None:
        keep_schedule()
        tick()
        # A session of its own: Ctrl-C and a supervisor's signal to the whole group must reach the main process only.
        stop = stop_file()
        child = subprocess.Popen(  # noqa: S603  ourselves
            [sys.executable, sys.argv[0], "qcluster"], start_new_session=True, env=os.environ | {VARIABLE: str(stop)}
        )

        def end(*_: Any) -> None:
            stop.touch()
            child.send_signal(signal.SIGTERM)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        status = child.wait()
        end_group(child)
        stop.unlink(missing_ok=True)
        sys.exit(1 if status and status != -signal.SIGTERM else 0)


def keep_schedule() -> None:
    """Have exactly one schedule: the tick; all other times are in the ledger."""
    Schedule.objects.exclude(name=TICK).delete()
    extra = list(Schedule.objects.filter(name=TICK).order_by("pk").values_list("pk", flat=True))[1:]
    Schedule.objects.filter(pk__in=extra).delete()
    Schedule.objects.get_or_create(name=TICK, defaults={"func": TICK, "schedule_type": Schedule.MINUTES, "minutes": 1})


def end_group(child: subprocess.Popen[bytes]) -> None:
    """Nothing of the cluster outlives its main process as an orphan."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
