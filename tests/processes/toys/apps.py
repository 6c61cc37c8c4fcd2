"""A toy kind of work in a process of its own: an act does what TOY_ACT says, a success is a row of `toy_done`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

from django.apps import AppConfig

from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName

LANE = LaneName.OUTGOING
LEAK = 8_000_000
KEPT: list[bytes] = []


def sleep_long(gates: Gates) -> str:
    """Sleep past the lease, as a paused machine does."""
    threading.Event().wait(float(os.environ["TOY_SECONDS"]))
    return "late"


def wait_for_file(gates: Gates) -> str:
    """Go on until the test has made the file TOY_FILE."""
    file, pause = Path(os.environ["TOY_FILE"]), threading.Event()
    while not file.exists():
        pause.wait(0.02)
    return "fine"


def leak(gates: Gates) -> str:
    """Keep so much memory for ever, as a library with a fault does."""
    KEPT.append(b"x" * LEAK)
    return "fine"


def call(gates: Gates) -> str:
    """One call to TOY_URL, with leave for it."""
    gates[LANE].pass_(deadline=time.monotonic() + 20)
    with urlopen(os.environ["TOY_URL"], timeout=10) as answer:  # noqa: S310  the test's own server
        answer.read()
    return "called"


def die(gates: Gates) -> str:
    """Kill the process, as the kernel does when memory is short."""
    os.kill(os.getpid(), 9)
    return "never"


class ToysConfig(AppConfig):
    name = "tests.processes.toys"
    label = "toys"

    def ready(self) -> None:
        from hunter.work.kinds import register  # noqa: PLC0415  models can be imported only now
        from tests.hunter.work.toy import Script, ToyHandler, succeed, toy_kind  # noqa: PLC0415

        acts: dict[str, Callable[[Gates], str]] = {
            "": succeed,
            "sleep": sleep_long,
            "wait": wait_for_file,
            "die": die,
            "leak": leak,
            "call": call,
        }
        deadly = os.environ.get("TOY_DEADLY", "")
        script = Script()
        if act := os.environ.get("TOY_ACT", ""):
            script.acts.default_factory = lambda: [acts[act]]
        if deadly:
            script.acts[deadly] = [die]
        longest = timedelta(seconds=float(os.environ.get("TOY_LONGEST", "30")))
        register(toy_kind(lambda: ToyHandler(script), longest_act=longest))
