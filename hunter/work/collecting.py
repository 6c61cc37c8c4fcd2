"""How often Python looks for circles of objects that nobody needs any more."""

from __future__ import annotations

import gc

# Of young objects, then how many such looks before the older ones, and the oldest, are looked at too.
YOUNG, MIDDLE, OLD = 50_000, 20, 100


def collect_rarely() -> None:
    """For a process of many short acts: they leave hardly a circle behind, and looking for one at every 700 new objects,
    as Python does unasked, is a quarter of what a scan costs. Memory stays bounded: it is looked for all the same.
    """
    gc.set_threshold(YOUNG, MIDDLE, OLD)
