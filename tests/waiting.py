"""Waiting for what other processes do, without guessing how long it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LOOK_EVERY_SECONDS = 0.02
PATIENCE = 120.0  # seconds that only a test which fails uses up; a machine with much to do takes its time


def until(condition: Callable[[], T], *, seconds: float = PATIENCE, what: str = "") -> T:
    """The condition's first true value. Fails when there is none within `seconds`."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(
                f"{what or getattr(condition, '__name__', 'the condition')} did not come true in {seconds} s"
            )
        pause.wait(LOOK_EVERY_SECONDS)
