"""The memory of a worker is bounded (R1.12): a drainer ends when its process has grown too large, and the process goes."""

from __future__ import annotations

import resource
import sys

from django.conf import settings

LEAST_ROOM_MB = 50.0  # for a process that is large before it has done anything: it gets on all the same


def most_resident_mb() -> float:
    """The most memory this process has had, in megabytes; django-q2 measures by the same figure."""
    unit = 1 if sys.platform == "darwin" else 1000  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1_000_000


class MemoryBound:
    """Whether this process has grown past `WORKERS_MAX_MB` since the bound was made."""

    def __init__(self) -> None:
        self._most = max(float(settings.WORKERS_MAX_MB), most_resident_mb() + LEAST_ROOM_MB)

    def is_reached(self) -> bool:
        return most_resident_mb() >= self._most
