"""Purse, slots and pause of a lane, shared by all processes through single statements (R2.1–R2.4, R2.6).

Each runs in a transaction of its own: inside a longer one it would lock the lane's row for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from hunter.remote.lanes import LaneFigures, LaneName, figures
from hunter.remote.wording import storable

LONGEST_PAUSE = timedelta(hours=1)
PROBE_TAKES = timedelta(seconds=2)  # an act may need several calls, one after the other

# What a person set goes before the environment's figures until it is taken back.
SAVE_FIGURES = """
insert into remote_lane as l (name, rate, burst, slot_count, slots_per_drainer, tokens, pause_reason, held, held_reason)
values (%(name)s, %(rate)s, %(burst)s, %(slots)s, %(share)s, %(burst)s, '', false, '')
on conflict (name) do update set rate = coalesce(l.own_rate, excluded.rate), burst = coalesce(l.own_burst, excluded.burst),
    slot_count = coalesce(l.own_slots, excluded.slot_count),
    slots_per_drainer = case when l.own_slots is null then excluded.slots_per_drainer
                             when l.own_slots >= 10 then l.own_slots - 2 else l.own_slots end
where (l.rate, l.burst, l.slot_count) is distinct from
      (coalesce(l.own_rate, excluded.rate), coalesce(l.own_burst, excluded.burst), coalesce(l.own_slots, excluded.slot_count))
   or (l.own_slots is null and l.slots_per_drainer <> excluded.slots_per_drainer)
"""
COUNT_SLOTS = """
select l.slot_count, count(s.id), coalesce(max(s.number), 0)
from remote_lane l left join remote_slot s on s.lane_id = l.name where l.name = %(name)s group by l.name
"""
ADD_SLOTS = """
insert into remote_slot (lane_id, number) select %(name)s, n from generate_series(1, %(slots)s) n on conflict do nothing
"""
DROP_SLOTS = """
delete from remote_slot where lane_id = %(name)s and number > %(slots)s
and (holder is null or held_until <= clock_timestamp())
"""
# What has been earned so far was earned at the old rate.
SET_OWN = """
update remote_lane set tokens = least(burst, tokens + rate * greatest(0, extract(epoch from clock_timestamp() - filled_at))),
    filled_at = clock_timestamp(), own_rate = %(rate)s, own_burst = %(burst)s, own_slots = %(slots)s,
    limited_by = %(by)s, limited_why = %(why)s
where name = %(name)s
"""
CURRENT = "select rate, burst, slot_count, slots_per_drainer from remote_lane where name = %(name)s"
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
      and number <= (select slot_count from remote_lane where name = %(lane)s)
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
GIVE_BACK_BEYOND = """
with mine as (
    select s.id, s.number, s.number > l.slot_count or row_number() over (order by s.number) > l.slots_per_drainer as beyond
    from remote_slot s join remote_lane l on l.name = s.lane_id where s.lane_id = %(lane)s and s.holder = %(holder)s),
idle as (select id from mine where beyond order by number desc limit %(count)s),
given as (update remote_slot s set holder = null, held_until = null from idle where s.id = idle.id returning s.id)
select (select count(*) from given), (select count(*) from mine where beyond)
"""
PAUSE = """
update remote_lane set tokens = 0, filled_at = clock_timestamp(),
    paused_until = case when paused_until > clock_timestamp() + %(longest_pause)s then clock_timestamp() + %(wait)s
                        else greatest(paused_until, clock_timestamp() + %(wait)s) end,
    pause_reason = case when pause_reason <> '' and paused_until > clock_timestamp() + %(wait)s
                             and paused_until <= clock_timestamp() + %(longest_pause)s then pause_reason
                        else %(reason)s end
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
    """Bring the lane's row and slots in line with its figures, a person's before the environment's; writes only where
    they differ."""
    wanted = figures(lane)
    values: dict[str, Any] = {
        "name": lane.value, "rate": wanted.rate, "burst": wanted.burst,
        "slots": wanted.slots, "share": wanted.slots_per_drainer,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SAVE_FIGURES, values)
        cursor.execute(COUNT_SLOTS, values)
        slots, number, highest = cursor.fetchone()
        if not number == highest == slots:
            cursor.execute(ADD_SLOTS, {"name": lane.value, "slots": slots})
            cursor.execute(DROP_SLOTS, {"name": lane.value, "slots": slots})


def current(lane: LaneName) -> LaneFigures:
    """The figures that hold now, for everybody: a person's where one set them."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENT, {"name": lane.value})
        row = cursor.fetchone()
    if row is None:
        return figures(lane)
    rate, burst, slots, share = row
    return LaneFigures(rate, burst, slots, share, figures(lane).title)


def set_own(lane: LaneName, *, rate: float | None, burst: int | None, slots: int | None, by: str, why: str) -> None:
    """Set a lane's figures by hand, None for the environment's; in the caller's transaction."""
    values: dict[str, Any] = {"name": lane.value, "rate": rate, "burst": burst, "slots": slots, "by": by, "why": why}
    with connection.cursor() as cursor:
        cursor.execute(SET_OWN, values)
    ensure_lane(lane)


def buy(lane: LaneName, *, count: int) -> Purchase:
    """Buy up to `count` grants, each good for one call that goes out at once.

    Refused inside a transaction: it would lock the lane for everybody, and stay open while the call is in the air (R3.7).
    """
    with transaction.atomic(durable=True, savepoint=False), connection.cursor() as cursor:
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


def give_back_beyond(lane: LaneName, *, holder: UUID, count: int) -> tuple[int, int]:
    """Free up to `count` of the holder's slots that are more than the lane has or than one drainer takes.

    How many were freed, and how many there were.
    """
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK_BEYOND, {"lane": lane.value, "holder": holder, "count": count})
        freed, beyond = cursor.fetchone()
    return freed, beyond


def pause(lane: LaneName, *, wait: timedelta, reason: str) -> None:
    """Stop the lane for everybody; a longer pause that already holds stays, with its reason (R2.6)."""
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
