"""The worker processes of one machine: started, watched, started anew when they hang, ended in order (R1.12)."""

from __future__ import annotations

import contextlib
import ctypes
import enum
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import Error, connections

from hunter.work import heartbeats
from hunter.work.signs_of_life import SignsOfLife
from hunter.work.stopping import VARIABLE, stop_file

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.2
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class End(enum.Enum):
    """How a cluster came to its end."""

    ASKED_FOR = enum.auto()
    BY_ITSELF = enum.auto()
    SILENT = enum.auto()


class Cluster:
    """django-q2's processes: one main process in a session of its own, and its children."""

    def __init__(self, *, say: Callable[[str], Any]) -> None:
        self._say = say
        self._name = heartbeats.this_process()
        self._asked_to_stop = False  # no event: its lock may be held when the signal comes
        self._pause = FIRST_PAUSE_SECONDS

    def run(self) -> bool:
        """Run until SIGTERM or SIGINT, True then, or until the main process ends by itself. Nothing of it is left over.

        One that hangs is ended whole and started anew, after a pause that doubles while none comes to life.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while (end := self._live()) is End.SILENT and not self._asked_to_stop:
            silence = settings.WORKERS_SILENCE_SECONDS
            self._say(f"The worker processes gave no sign of life for {silence} s. They were ended and start anew.")
            logger.warning("workers.restarted", extra={"cluster": self._name, "pause": self._pause})
            self._rest()
        return self._asked_to_stop or end is End.ASKED_FOR

    def _live(self) -> End:
        signs, stop = SignsOfLife(self._name), stop_file()
        connections.close_all()
        main = self._started(str(stop))
        end = End.SILENT
        try:
            while main.poll() is None and not self._asked_to_stop and not signs.is_silent():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    main.wait(LOOK_EVERY_SECONDS)
            if main.poll() is not None:
                end = End.BY_ITSELF
            elif self._asked_to_stop:
                end = End.ASKED_FOR
                stop.touch()
                main.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    main.wait(settings.WORKERS_STOP_SECONDS)
        finally:
            end_group(main)
            stop.unlink(missing_ok=True)
            self._note_end(end)
        if signs.heard:
            self._pause = FIRST_PAUSE_SECONDS
        return end

    def _started(self, stop: str) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C and a supervisor's signal to the whole group must reach the main process only.
        return subprocess.Popen(  # noqa: S603  ourselves
            [sys.executable, sys.argv[0], "qcluster"],
            start_new_session=True,
            env=os.environ | {VARIABLE: stop, heartbeats.VARIABLE: self._name},
            preexec_fn=end_with_parent,  # noqa: PLW1509  there are no threads yet
        )

    def _note_end(self, end: End) -> None:
        """Who ends in order is not missed; who hung or died is, until it is heard of again."""
        if end is End.ASKED_FOR:
            with contextlib.suppress(Error):
                heartbeats.forget(self._name)

    def _rest(self) -> None:
        looks = int(self._pause / LOOK_EVERY_SECONDS)
        for _ in range(looks):
            if not self._asked_to_stop:
                threading.Event().wait(LOOK_EVERY_SECONDS)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def _stop(self, *_: Any) -> None:
        self._asked_to_stop = True


def end_with_parent() -> None:
    """In the child: Linux sends it SIGTERM when this command is killed, so that no cluster goes on unattended."""
    ask_for_signal(signal.SIGTERM)


def end_children_with_parent() -> None:
    """In the cluster's main process: what it and its children fork is killed when its parent dies, however that dies.

    A worker without its sentinel would go on unguarded, beside the cluster that takes its place.
    """
    if os.environ.get(VARIABLE):
        os.register_at_fork(after_in_child=lambda: ask_for_signal(signal.SIGKILL))


def ask_for_signal(number: int) -> None:
    """Get this signal when the parent process dies; only Linux can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def end_group(main: subprocess.Popen[bytes]) -> None:
    """Nothing of the cluster outlives its main process as an orphan."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(main.pid, signal.SIGKILL)
    main.wait()
