"""A command that asks for work and waits for it: it drains in its own process, beside the workers there may be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer

LOOK_AGAIN_SECONDS = 0.2


def work_until(lanes: Sequence[LaneName], *, done: Callable[[], bool], budget: timedelta = timedelta(hours=12)) -> bool:
    """Drain the lanes until `done`; True when it came to that, False when nothing more will happen within the budget.

    Where other drainers hold all slots it waits for them. `done` is asked often and should be one small query.
    """
    ends_at, pause = time.monotonic() + budget.total_seconds(), threading.Event()
    while not done():
        left = ends_at - time.monotonic()
        if left <= 0:
            return False
        reports = [Drainer(lane, budget=timedelta(seconds=min(left, 60)), until=done).run() for lane in lanes]
        if not any(report.done or report.failed for report in reports):
            pause.wait(LOOK_AGAIN_SECONDS)
    return True
