"""`manage.py workers`: all worker processes, until SIGTERM."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from typing import Any

from django.db import connections
from django_q.models import Schedule

from hunter.commands import PlainCommand
from hunter.work.stopping import VARIABLE, stop_file
from hunter.work.tasks import tick

TICK = "hunter.work.tasks.tick"
GRACE_SECONDS = 330  # a drainer's budget, the longest call and a settle; SIGKILL after it is safe because of leases
LOOK_EVERY_SECONDS = 0.2
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class Command(PlainCommand):
    help = "Run all worker processes; SIGTERM or Ctrl-C ends them in order. Ends when they end."

    def handle(self, *args: Any, **options: Any) -> None:
        keep_schedule()
        tick()
        connections.close_all()
        if not Cluster().run():
            self.stderr.write(
                "The worker processes ended by themselves. Look for the cause above, then start them again."
            )
            sys.exit(1)


class Cluster:
    """django-q2's processes: one main process in a session of its own, and its children."""

    def __init__(self) -> None:
        self._asked_to_stop = False  # no event: its lock may be held when the signal comes

    def run(self) -> bool:
        """Run until SIGTERM or SIGINT, True then, or until the main process ends by itself. Nothing of it is left over."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        stop = stop_file()
        # A session of its own: Ctrl-C and a supervisor's signal to the whole group must reach the main process only.
        main = subprocess.Popen(  # noqa: S603  ourselves
            [sys.executable, sys.argv[0], "qcluster"],
            start_new_session=True,
            env=os.environ | {VARIABLE: str(stop)},
            preexec_fn=end_with_parent,  # noqa: PLW1509  there are no threads yet
        )
        try:
            while main.poll() is None and not self._asked_to_stop:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    main.wait(LOOK_EVERY_SECONDS)
            if main.poll() is None:
                stop.touch()
                main.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    main.wait(GRACE_SECONDS)
        finally:
            end_group(main)
            stop.unlink(missing_ok=True)
        return self._asked_to_stop

    def _stop(self, *_: Any) -> None:
        self._asked_to_stop = True


def end_with_parent() -> None:
    """In the child: Linux sends it SIGTERM when this command is killed, so that no cluster goes on unattended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def keep_schedule() -> None:
    """Have exactly one schedule: the tick; all other times are in the ledger."""
    Schedule.objects.exclude(name=TICK).delete()
    extra = list(Schedule.objects.filter(name=TICK).order_by("pk").values_list("pk", flat=True))[1:]
    Schedule.objects.filter(pk__in=extra).delete()
    Schedule.objects.get_or_create(name=TICK, defaults={"func": TICK, "schedule_type": Schedule.MINUTES, "minutes": 1})


def end_group(main: subprocess.Popen[bytes]) -> None:
    """Nothing of the cluster outlives its main process as an orphan."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(main.pid, signal.SIGKILL)
    main.wait()
