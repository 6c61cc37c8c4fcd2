"""The breaker of a lane: failures of its service in a row open a pause, after which one call at a time tries (R5.8, R7.5).

No second machine beside the pause: it is the lane's pause with `probation` set, told and ended as any other. A streak of
failures charges one attempt at most, that of its first: the others met a service that nothing has vouched for since.
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
    probe_until = null, failing_since = null
where name = %(lane)s and (failing_since is not null or failures > 0 or probation or pauses > 0)
"""
IS_FAILING = "select failing_since is not null from remote_lane where name = %(lane)s"
# Calls that were out together fail together: while the lane rests already, none of them makes the rest longer.
FAILED = """
with was as (
    select name, clock_timestamp() as at, least(failures, 1000000) + %(count)s as failures,
        coalesce(failed_item, %(first)s) as failed_item, failing_since, probation, pauses,
        failed_several or coalesce(failed_item, %(first)s) <> any(%(items)s::bigint[]) as several,
        coalesce(paused_until > clock_timestamp() and paused_until <= clock_timestamp() + %(longest_pause)s, false) as rests
    from remote_lane where name = %(lane)s for update),
now as (select *, not rests and (probation or (failures >= %(limit)s and several)) as opens from was)
update remote_lane l set failures = now.failures, failed_item = now.failed_item, failed_several = now.several,
    failing_since = coalesce(now.failing_since, at), probation = now.probation or opens,
    pauses = least(now.pauses + opens::int, 1000),
    probe_until = case when opens then null else l.probe_until end,
    tokens = case when opens then 0 else l.tokens end, filled_at = case when opens then at else l.filled_at end,
    paused_until = case when opens then at + least(%(first_pause)s * (1 << least(now.pauses, %(doublings)s)),
        %(longest_pause)s) * %(jitter)s else l.paused_until end,
    pause_reason = case when opens then %(reason)s else l.pause_reason end
from now where l.name = now.name
returning l.probation, opens, now.failing_since is not null, case when several then 0 else now.failures end
"""


@dataclass(frozen=True, slots=True)
class Sign:
    """What one call told of the service: that it is well (`trouble` empty), or how it failed over which item."""

    item_id: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the lane is in trouble now, and whether it has become so (or again) by these signs.

    `charged`: which of the signs are failures that may be the item's own. `alone`: how many failures in a row there are now,
    where all of them are one item's.
    """

    in_trouble: bool = False
    opened: bool = False
    charged: frozenset[int] = frozenset()
    alone: int = 0


def heed(lane: LaneName, signs: Sequence[Sign], *, rng: Random) -> Verdict:
    """Count what calls told of a lane's service, oldest first; a success ends all trouble.

    A lane that is well is not written. In transactions of its own: inside a longer one it would lock the lane's row for
    everybody.
    """
    if lane not in ONE_SERVICE or not signs:
        return Verdict()
    last_well = max((number for number, sign in enumerate(signs) if not sign.trouble), default=-1)
    was_failing = False
    with connection.cursor() as cursor:
        if last_well >= 0:
            was_failing = bool(signs[0].trouble) and _is_failing(lane, cursor)
            cursor.execute(WELL, {"lane": lane.value})
        failed = signs[last_well + 1 :]
        if not failed:
            return Verdict(charged=_firsts(signs, was_failing=was_failing))
        cursor.execute(FAILED, _values(lane, failed, rng=rng))
        in_trouble, opened, failing, alone = cursor.fetchone() or (False, False, False, 0)
    charged = _firsts(signs, was_failing=was_failing if last_well >= 0 else failing)
    if in_trouble:
        charged = frozenset(number for number in charged if number < last_well)
    return Verdict(in_trouble, opened, charged, alone)


def _firsts(signs: Sequence[Sign], *, was_failing: bool) -> frozenset[int]:
    """The failures that begin a streak: the service had shown itself well just before."""
    before = [was_failing, *(bool(sign.trouble) for sign in signs)]
    return frozenset(number for number, sign in enumerate(signs) if sign.trouble and not before[number])


def _is_failing(lane: LaneName, cursor: Any) -> bool:
    cursor.execute(IS_FAILING, {"lane": lane.value})
    row = cursor.fetchone()
    return bool(row and row[0])


def _values(lane: LaneName, failed: Sequence[Sign], *, rng: Random) -> dict[str, Any]:
    return {
        "lane": lane.value, "count": len(failed), "first": failed[0].item_id,
        "items": [sign.item_id for sign in failed], "limit": FAILURES_BEFORE_PAUSE, "first_pause": FIRST_PAUSE,
        "doublings": MOST_DOUBLINGS, "jitter": rng.uniform(1 - JITTER, 1), "longest_pause": LONGEST_PAUSE,
        "reason": storable(failed[-1].trouble, longest=300),
    }  # fmt: skip
