"""A process that wants a shared answer; it computes it by its process id, once the test lets it."""

from __future__ import annotations

import os
import sys
import threading
from datetime import timedelta
from pathlib import Path

import django


def wait_for(path: Path) -> None:
    while not path.exists():
        threading.Event().wait(0.02)


def wants_the_answer(name: str, folder: Path) -> None:
    from hunter.remote.single_flight import once  # noqa: PLC0415  Django has to be set up first

    def compute() -> str:
        (folder / f"computes-{os.getpid()}").touch()
        wait_for(folder / "go-on")
        return f"by {os.getpid()}"

    (folder / f"ready-{os.getpid()}").touch()
    wait_for(folder / "ask")
    print(once(name, compute, holds=timedelta(minutes=5)), flush=True)  # noqa: T201  the test reads it


if __name__ == "__main__":
    django.setup()
    wants_the_answer(sys.argv[1], Path(sys.argv[2]))
