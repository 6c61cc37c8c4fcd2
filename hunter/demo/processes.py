"""The processes of the demo: begun in order, ended in the opposite order, none left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hunter.errors import HunterError

ROOT = Path(__file__).resolve().parent.parent.parent
END_SECONDS = 20


@dataclass(slots=True)
class Processes:
    """What the demo has started; `stop` ends all of it, whatever happened."""

    logs: Path
    _started: list[tuple[str, subprocess.Popen[str]]] = field(default_factory=list)

    def start(self, name: str, arguments: Sequence[str], *, env: Mapping[str, str]) -> None:
        """Start a process whose words go into `<name>.log`."""
        with (self.logs / f"{name}.log").open("w") as log:
            self._begin(name, arguments, env=env, stdout=log, stderr=log)

    def start_announced(self, name: str, arguments: Sequence[str], *, env: Mapping[str, str]) -> dict[str, Any]:
        """Start a process that says in one line of JSON how it can be reached. Raises HunterError when it does not."""
        with (self.logs / f"{name}.log").open("w") as log:
            process = self._begin(name, arguments, env=env, stdout=subprocess.PIPE, stderr=log)
        line = process.stdout.readline() if process.stdout else ""
        try:
            announced: dict[str, Any] = json.loads(line)
        except ValueError:
            raise HunterError(f"The {name} did not start: {self.last_words(name)}") from None
        return announced

    def ended(self) -> str:
        """The name of a process that ended although it should not have, or nothing."""
        return next((name for name, process in self._started if process.poll() is not None), "")

    def last_words(self, name: str) -> str:
        """The end of a process's log."""
        lines = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()
        return " ".join(lines[-3:]) or "it said nothing."

    def stop(self) -> None:
        """End what was started, the last one first; what does not end in time is killed."""
        for _, process in reversed(self._started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdout:
                process.stdout.close()
        self._started.clear()

    def _begin(
        self, name: str, arguments: Sequence[str], *, env: Mapping[str, str], stdout: Any, stderr: Any
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603  our own programs
            [sys.executable, *arguments], cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=stderr, text=True, start_new_session=True,
        )  # fmt: skip
        self._started.append((name, process))
        return process
