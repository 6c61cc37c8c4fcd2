"""When a run of the schedule reads everything instead of what changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

NEVER = -1
MOST_TRIES = 3  # in a night; then what changed is read again until the next one


def last_turn(now: datetime, *, hour: int) -> datetime:
    """The latest moment at which it was so late."""
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def is_full_due(now: datetime, *, hour: int, good: datetime | None, begun: Collection[datetime]) -> bool:
    """Whether everything is due to be read: `good` is when the last full run that read to its end began.

    `begun` are the beginnings of the full runs that did not: a service that fails in the middle of each must not keep
    Hunter from reading what changed.
    """
    if hour == NEVER:
        return False
    turn = last_turn(now, hour=hour)
    if good is not None and good >= turn:
        return False
    return sum(one >= turn for one in begun) < MOST_TRIES
