"""A command of Hunter as a process that a test can kill, put to sleep and wake."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.processes.running import LONGEST_RUN, ROOT
from tests.waiting import until

MOST_WORDS = 2000


class HunterProcess:
    """One `manage.py …`; what it says goes into files, so that it never waits for a reader."""

    def __init__(self, arguments: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        self._log = log
        self._answer = log.with_suffix(".out")
        with log.open("w") as words, self._answer.open("w") as answer:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments], cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL,
                stdout=answer, stderr=words, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def words(self) -> str:
        """What it said last, for the message of a failed test."""
        return (self._answer.read_text() + self._log.read_text())[-MOST_WORDS:]

    @property
    def answer(self) -> dict[str, Any]:
        """Its standard output as one JSON object."""
        told: dict[str, Any] = json.loads(self._answer.read_text())
        return told

    def wait(self, *, seconds: float = LONGEST_RUN) -> int:
        """Its exit status."""
        return self._process.wait(seconds)

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def wait_until_stopped(self) -> None:
        """Until it sleeps at the place that HUNTER_STOP_AT names."""
        until(lambda: self._is_stopped() or self._process.poll() is not None, what="the process's sleep")
        assert self._process.poll() is None, self.words

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Ask it to end in order."""
        self._process.send_signal(signal.SIGTERM)

    def family(self) -> list[psutil.Process]:
        """The process and all that it has started, and they."""
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.pid)
            return [first, *first.children(recursive=True)]
        return []

    def kill(self) -> None:
        """End it and all that it has started, whatever they do."""
        for one in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self._process.wait()

    def _is_stopped(self) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            return bool(psutil.Process(self.pid).status() == psutil.STATUS_STOPPED)
        return False
