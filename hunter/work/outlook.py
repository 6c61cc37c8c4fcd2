"""What lies ahead in a lane: whether it is open, and when something is due in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from hunter.remote.lanes import LaneName
from hunter.remote.limits import LONGEST_PAUSE
from hunter.work.models import Priority

STATE = """
select held, coalesce(extract(epoch from paused_until - clock_timestamp())::float, 0), pause_reason, probation,
    rate, burst, slot_count, slots_per_drainer
from remote_lane where name = %s
"""
# One row of the index for each class: the least due time of a long backlog would be a walk through all of it.
DUE_IN = """
select extract(epoch from min(first.due_at) - clock_timestamp())::float
from unnest(%(priorities)s) class, lateral (
    select due_at from work_item
    where lane = %(lane)s and priority = class and due_at is not null and lease is null and kind = any(%(kinds)s)
    order by due_at limit 1) first
"""


@dataclass(frozen=True, slots=True)
class LaneState:
    """Whether a lane is stopped by a person (`held`) or pauses for `paused_for` seconds more, and why.

    `share` is how many of its slots one drainer takes. `probing`: it is open for one call at a time, to see whether its
    service is well again.
    """

    held: bool = False
    paused_for: float = 0.0
    reason: str = ""
    probing: bool = False
    rate: float = 1.0
    burst: int = 1
    slots: int = 1
    share: int = 1

    @property
    def is_open(self) -> bool:
        return not self.held and self.paused_for <= 0


def lane_state(lane: LaneName) -> LaneState:
    """The lane's state now; a pause longer than a machine may ask for is a clock that jumped, and none."""
    with connection.cursor() as cursor:
        cursor.execute(STATE, [lane.value])
        row = cursor.fetchone()
    if row is None:
        return LaneState()
    held, paused_for, *rest = row
    return LaneState(held, paused_for if 0 < paused_for <= LONGEST_PAUSE.total_seconds() else 0.0, *rest)


def due_in(lane: LaneName, *, kinds: Sequence[str]) -> float | None:
    """Seconds until the first item of these kinds that nobody holds is due; 0 and less: now. None: never."""
    values = {"lane": lane.value, "kinds": list(kinds), "priorities": Priority.values}
    with connection.cursor() as cursor:
        cursor.execute(DUE_IN, values)
        seconds: float | None = cursor.fetchone()[0]
    return seconds
