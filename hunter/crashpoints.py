"""Named places where a test may let the process die, as the kernel or a power cut would (architecture §1)."""

from __future__ import annotations

import os
import signal

_passes: dict[str, int] = {}


def crash_point(name: str) -> None:
    """Do nothing; with HUNTER_CRASH_AT=<name> SIGKILL this process, with <name>:<n> at the n-th pass."""
    wanted = os.environ.get("HUNTER_CRASH_AT")
    if not wanted:
        return

    place, _, count = wanted.partition(":")
    if place != name:
        return

    _passes[name] = _passes.get(name, 0) + 1
    if _passes[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
