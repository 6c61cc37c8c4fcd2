"""The time that all simulated services share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock


@dataclass(slots=True)
class Clock:
    """Gives the time in UTC: the machine's, or a fixed one that only moves when told to."""

    fixed_at: datetime | None = None
    _moved: timedelta = timedelta()
    _lock: Lock = field(default_factory=Lock, repr=False)

    def now(self) -> datetime:
        start = self.fixed_at if self.fixed_at is not None else datetime.now(UTC)
        return start + self._moved

    def advance(self, by: timedelta) -> None:
        with self._lock:
            self._moved += by
