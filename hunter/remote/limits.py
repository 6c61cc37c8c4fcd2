"""Purse, slots and pause of a lane, shared by all processes through single statements (R2.1–R2.4, R2.6).

Each runs in a transaction of its own: inside a longer one it would lock the lane's row for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from hunter.remote.lanes import LaneName, figures
from hunter.remote.wording import storable

LONGEST_PAUSE = timedelta(hours=1)
PROBE_TAKES = timedelta(seconds=2)  # an act may need several calls, one after the other

SAVE_FIGURES = """
insert into remote_lane as l (name, rate, burst, slots_per_drainer, tokens, pause_reason, held, held_reason)
values (%(name)s, %(rate)s, %(burst)s, %(share)s, %(burst)s, '', false, '')
on conflict (name) do update set rate = excluded.rate, burst = excluded.burst, slots_per_drainer = excluded.slots_per_drainer
where (l.rate, l.burst, l.slots_per_drainer) is distinct from (excluded.rate, excluded.burst, excluded.slots_per_drainer)
"""
ADD_SLOTS = """
insert into remote_slot (lane_id, number) select %(name)s, n from generate_series(1, %(slots)s) n on conflict do nothing
"""
DROP_SLOTS = """
delete from remote_slot where lane_id = %(name)s and number > %(slots)s
and (holder is null or held_until <= clock_timestamp())
"""
# A pause by machine is at most an hour, so a longer one is a clock that jumped, and is passed over.
# In probation one grant is sold at a time (ledger: breaker).
BUY = """
with l as (
    select name, clock_timestamp() as at,
           least(burst, tokens + rate * greatest(0, extract(epoch from clock_timestamp() - filled_at))) as have,
           case when not probation then %(count)s
                when probe_until > clock_timestamp() and probe_until <= clock_timestamp() + %(probe_takes)s then 0
                else least(%(count)s, 1) end as may
    from remote_lane
    where name = %(lane)s and not held
      and (paused_until is null or paused_until <= clock_timestamp()
           or paused_until > clock_timestamp() + %(longest_pause)s)
    for update)
update remote_lane set tokens = have - least(may, floor(have)), filled_at = at,
    probe_until = case when probation and least(may, floor(have)) > 0 then at + %(probe_takes)s else probe_until end
from l where remote_lane.name = l.name returning least(may, floor(have))::int
"""
TAKE_SLOTS = """
with free as (
    select id from remote_slot
    where lane_id = %(lane)s and (holder is null or held_until <= clock_timestamp())
    order by number limit %(count)s for update skip locked)
update remote_slot s set holder = %(holder)s, held_until = clock_timestamp() + %(hold)s from free where s.id = free.id
"""
RENEW_SLOTS = """
update remote_slot set held_until = clock_timestamp() + %(hold)s where lane_id = %(lane)s and holder = %(holder)s
"""
GIVE_BACK_SLOTS = "update remote_slot set holder = null, held_until = null where holder = %(holder)s"
GIVE_BACK_SOME = """
with idle as (
    select id from remote_slot where lane_id = %(lane)s and holder = %(holder)s
    order by number desc limit %(count)s for update)
update remote_slot s set holder = null, held_until = null from idle where s.id = idle.id
"""
PAUSE = """
update remote_lane set tokens = 0, filled_at = clock_timestamp(),
    paused_until = case when paused_until > clock_timestamp() + %(longest_pause)s then clock_timestamp() + %(wait)s
                        else greatest(paused_until, clock_timestamp() + %(wait)s) end,
    pause_reason = %(reason)s
where name = %(lane)s
"""
END_PAUSE = """
update remote_lane set paused_until = null, pause_reason = '', failures = 0, failed_item = null, failed_several = false,
    probation = false, pauses = 0, probe_until = null
where name = %s
"""


@dataclass(frozen=True, slots=True)
class Purchase:
    """How many grants were bought; `closed` when the lane is paused or held and sells none."""

    granted: int
    closed: bool


def ensure_lane(lane: LaneName) -> None:
    """Bring the lane's row and slots in line with its figures; writes only where they differ."""
    wanted = figures(lane)
    values = {
        "name": lane.value, "rate": wanted.rate, "burst": wanted.burst,
        "slots": wanted.slots, "share": wanted.slots_per_drainer,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SAVE_FIGURES, values)
        cursor.execute("select count(*), coalesce(max(number), 0) from remote_slot where lane_id = %(name)s", values)
        if cursor.fetchone() != (wanted.slots, wanted.slots):
            cursor.execute(ADD_SLOTS, values)
            cursor.execute(DROP_SLOTS, values)


def buy(lane: LaneName, *, count: int) -> Purchase:
    """Buy up to `count` grants, each good for one call that goes out at once."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "lane": lane.value,
            "count": count,
            "longest_pause": LONGEST_PAUSE,
            "probe_takes": PROBE_TAKES,
        }
        cursor.execute(BUY, values)
        row = cursor.fetchone()
    return Purchase(granted=row[0] if row else 0, closed=row is None)


def take_slots(lane: LaneName, *, holder: UUID, count: int, hold: timedelta) -> int:
    """Take up to `count` free slots until `hold` from now; how many there were."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"lane": lane.value, "holder": holder, "count": count, "hold": hold}
        cursor.execute(TAKE_SLOTS, values)
        return int(cursor.rowcount)


def renew_slots(lane: LaneName, *, holder: UUID, hold: timedelta) -> int:
    """Keep the holder's slots until `hold` from now; how many are still its own."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"lane": lane.value, "holder": holder, "hold": hold}
        cursor.execute(RENEW_SLOTS, values)
        return int(cursor.rowcount)


def give_back_slots(holder: UUID) -> None:
    """Free all slots of the holder, in whichever lane."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK_SLOTS, {"holder": holder})


def give_back_some(lane: LaneName, *, holder: UUID, count: int) -> None:
    """Free so many of the holder's slots in that lane."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK_SOME, {"lane": lane.value, "holder": holder, "count": count})


def pause(lane: LaneName, *, wait: timedelta, reason: str) -> None:
    """Stop the lane for everybody; a longer pause that already holds stays (R2.6)."""
    values: dict[str, Any] = {
        "lane": lane.value,
        "wait": min(wait, LONGEST_PAUSE),
        "reason": storable(reason, longest=300),
        "longest_pause": LONGEST_PAUSE,
    }
    with connection.cursor() as cursor:
        cursor.execute(PAUSE, values)


def end_pause(lane: LaneName) -> None:
    """Let the lane go on at once, with nothing held against its service."""
    with connection.cursor() as cursor:
        cursor.execute(END_PAUSE, [lane.value])
