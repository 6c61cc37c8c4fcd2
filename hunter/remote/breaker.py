"""The breaker of a lane: failures of its service in a row open a pause, after which one call at a time tries (R5.8, R7.5).

No second machine beside the pause: it is the lane's pause with `probation` set, told and ended as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from django.db import connection

from hunter.remote.lanes import ONE_SERVICE, LaneName
from hunter.remote.limits import LONGEST_PAUSE
from hunter.remote.wording import storable

FAILURES_BEFORE_PAUSE = 5  # in a row, and of two items at least: one that fails alone has trouble of its own
FIRST_PAUSE = timedelta(seconds=30)
MOST_DOUBLINGS = 7
JITTER = 1 / 6

WELL = """
update remote_lane set failures = 0, failed_item = null, failed_several = false, probation = false, pauses = 0,
    probe_until = null
where name = %(lane)s and (failures > 0 or probation or pauses > 0)
"""
# Calls that were out together fail together: while the lane rests already, none of them makes the rest longer.
FAILED = """
with was as (
    select name, clock_timestamp() as at, least(failures, 1000000) + %(count)s as failures,
        coalesce(failed_item, %(first)s) as failed_item, probation, pauses,
        failed_several or coalesce(failed_item, %(first)s) <> any(%(items)s::bigint[]) as several,
        coalesce(paused_until > clock_timestamp() and paused_until <= clock_timestamp() + %(longest_pause)s, false) as rests
    from remote_lane where name = %(lane)s for update),
now as (select *, not rests and (probation or (failures >= %(limit)s and several)) as opens from was)
update remote_lane l set failures = now.failures, failed_item = now.failed_item, failed_several = now.several,
    probation = now.probation or opens, pauses = least(now.pauses + opens::int, 1000),
    probe_until = case when opens then null else l.probe_until end,
    tokens = case when opens then 0 else l.tokens end, filled_at = case when opens then at else l.filled_at end,
    paused_until = case when opens then at + least(%(first_pause)s * (1 << least(now.pauses, %(doublings)s)),
        %(longest_pause)s) * %(jitter)s else l.paused_until end,
    pause_reason = case when opens then %(reason)s else l.pause_reason end
from now where l.name = now.name returning l.probation, opens
"""


@dataclass(frozen=True, slots=True)
class Sign:
    """What one call told of the service: that it is well (`trouble` empty), or how it failed over which item."""

    item_id: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the lane is in trouble now, and whether it has become so (or again) by these signs."""

    in_trouble: bool = False
    opened: bool = False


def heed(lane: LaneName, signs: Sequence[Sign], *, rng: Random) -> Verdict:
    """Count what calls told of a lane's service, oldest first, with one update at most; a success ends all trouble.

    In a transaction of its own: inside a longer one it would lock the lane's row for everybody.
    """
    if lane not in ONE_SERVICE or not signs:
        return Verdict()
    last_well = max((number for number, sign in enumerate(signs) if not sign.trouble), default=-1)
    failed = signs[last_well + 1 :]
    with connection.cursor() as cursor:
        if last_well >= 0:
            cursor.execute(WELL, {"lane": lane.value})
        if not failed:
            return Verdict()
        values: dict[str, Any] = {
            "lane": lane.value, "count": len(failed), "first": failed[0].item_id,
            "items": [sign.item_id for sign in failed], "limit": FAILURES_BEFORE_PAUSE, "first_pause": FIRST_PAUSE,
            "doublings": MOST_DOUBLINGS, "jitter": rng.uniform(1 - JITTER, 1), "longest_pause": LONGEST_PAUSE,
            "reason": storable(failed[-1].trouble, longest=300),
        }  # fmt: skip
        cursor.execute(FAILED, values)
        row = cursor.fetchone()
    return Verdict(in_trouble=row[0], opened=row[1]) if row else Verdict()
