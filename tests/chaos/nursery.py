"""Where the drainers of a run come from: a process that has loaded Hunter once and forks a `manage.py …` for each line.

Loading takes a second of processor time; a run of a thousand kills would spend most of its time on it.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import django
import psutil
from django.core.management import call_command, execute_from_command_line

from tests.processes.running import ROOT

FAILED = 70


class Forked:
    """A command of Hunter that the nursery has begun."""

    def __init__(self, pid: int) -> None:
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.NoSuchProcess):  # it may have ended already
            self._process = psutil.Process(pid)

    def has_ended(self) -> bool:
        return self._process is None or not self._process.is_running()

    def end(self) -> None:
        """Ask it to end in order."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def family(self) -> list[psutil.Process]:
        """The process, while it lives."""
        return [] if self._process is None or self.has_ended() else [self._process]

    def _send(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._process.send_signal(number)


class Nursery:
    """Asks the loaded process for another one; it ends with this one."""

    def __init__(self, env: Mapping[str, str], *, log: Path) -> None:
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery", str(log)],
            cwd=ROOT, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def begin(self, *command: str) -> Forked:
        """A new process that does this command of `manage.py`."""
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("unreachable: both are pipes")
        self._process.stdin.write(" ".join(command) + "\n")
        self._process.stdin.flush()
        return Forked(int(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def main() -> None:
    """In the loaded process: a line is a command, the answer is the number of the process that does it."""
    django.setup()
    call_command("check", stdout=io.StringIO())  # loads what each of them would load by itself
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended; the kernel buries them
    log = Path(sys.argv[1])
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            become(line.split(), log=log)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def become(command: list[str], *, log: Path) -> None:
    """In the forked process: be the command, and end with it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    with log.open("a") as words:
        for number in (1, 2):
            os.dup2(words.fileno(), number)
    status = FAILED
    try:
        execute_from_command_line(["manage.py", *command])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else FAILED
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
