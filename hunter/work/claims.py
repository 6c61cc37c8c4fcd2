"""Claiming due items in blocks: each block has a random lease, each item is counted before it is tried (ledger: claim)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from hunter.remote.lanes import LaneName
from hunter.work import problems
from hunter.work.kinds import Claimed
from hunter.work.models import Priority

SHARE_FOR_LOWER = 8  # of each block one in eight is kept for the classes below, so that none starves
DEATHS_BEFORE_ALONE = 3  # an item whose holders keep dying must take nobody with it
DEATHS_BEFORE_POISON = 10

# Which classes have something due, by one row of the index for each: `exists` here is a scan of the whole table.
LOOK = """
select class from unnest(%(priorities)s) class, lateral (
    select from work_item
    where lane = %(lane)s and priority = class and due_at <= clock_timestamp() and kind = any(%(kinds)s)
    order by due_at limit 1) first
"""
PICK = """
select id, lease is not null, due_at from work_item
where lane = %(lane)s and priority = %(priority)s and due_at <= clock_timestamp() and kind = any(%(kinds)s)
  and died + (lease is not null)::int < %(alone_from)s and id <> all(%(picked)s)
order by due_at limit %(count)s for no key update skip locked
"""
# `died >= 2` is the index's condition: without it this walks through the whole backlog each time it is asked.
PICK_DEADLY = """
select id, lease is not null, due_at from work_item
where lane = %(lane)s and due_at <= clock_timestamp() and kind = any(%(kinds)s)
  and died >= 2 and died + (lease is not null)::int >= %(alone_from)s
order by due_at limit 1 for no key update skip locked
"""
# An old lease means that its holder died: the attempt it counted is given back, its death is counted instead.
TAKE = """
update work_item set lease = %(lease)s, due_at = clock_timestamp() + %(hold)s, taken = requested,
    attempts = case when lease is not null then greatest(attempts, 1) else attempts + 1 end,
    died = died + (lease is not null)::int
where id = any(%(ids)s) returning id, kind, key, attempts, correlation, asked_by, died
"""
NOTE_LOST = """
insert into work_attempt (item_id, number, began_at, ended_at, outcome, error_class, code, message, request_id, seconds)
select id, attempts, clock_timestamp(), clock_timestamp(), 'lost', '', '',
    'The process that worked on it ended without a word.', '', 0
from work_item where id = any(%(ids)s)
"""
BURY = """
update work_item set lease = null, due_at = null, dead_at = clock_timestamp() where id = any(%(ids)s)
"""


class _Picked(NamedTuple):
    """A due item that is locked for us; `lost`: its last holder died and left its lease behind."""

    item_id: int
    lost: bool
    due_at: datetime


def claim(  # noqa: PLR0913  one name for each thing a claim is about
    lane: LaneName, *, kinds: Sequence[str], count: int, lease: UUID, hold: timedelta, alone: bool, before: int = 0
) -> list[Claimed]:
    """Take up to `count` due items of these kinds for `hold`, in the caller's transaction.

    `alone`: nothing else runs in this process, so an item that has killed its holders may be tried.
    `before`: how many this process has claimed already; every eighth of all is kept for the lower classes.
    """
    if alone:
        deadly = _pick_deadly(lane, kinds=kinds)
        if deadly:
            return _take(deadly, lease=lease, hold=hold, alone=True)
    return _take(_pick(lane, kinds=kinds, count=count, before=before), lease=lease, hold=hold, alone=False)


def classes_in_order(*, count: int, before: int) -> list[tuple[int, int]]:
    """Which class is picked next, and up to how many of the block are taken then.

    From the top, then the kept eighth for the classes below, who take turns at its places, then from the top again.
    """
    kept = range(before // SHARE_FOR_LOWER, (before + count) // SHARE_FOR_LOWER)
    for_bulk = sum(turn % 2 for turn in kept)
    return [
        *((priority, count - len(kept)) for priority in Priority.values),
        (Priority.SCHEDULE.value, count - for_bulk),
        (Priority.BULK.value, count),
        *((priority, count) for priority in (Priority.SCHEDULE.value, *Priority.values)),
    ]


def _pick(lane: LaneName, *, kinds: Sequence[str], count: int, before: int) -> list[_Picked]:
    picked: list[_Picked] = []
    due = _classes_with_work(lane, kinds=kinds)
    order = [one for one in classes_in_order(count=count, before=before) if one[0] in due]
    for priority, turns in groupby(order, key=itemgetter(0)):
        room = max(up_to for _, up_to in turns) - len(picked)
        if priority in due and room > 0:
            found = _pick_class(lane, priority, kinds=kinds, room=room, picked=picked)
            picked += found
            if len(found) < room:  # nothing more of it, and no need to ask again
                due.remove(priority)
    return picked


def _classes_with_work(lane: LaneName, *, kinds: Sequence[str]) -> set[int]:
    values = {"lane": lane.value, "kinds": list(kinds), "priorities": Priority.values}
    with connection.cursor() as cursor:
        cursor.execute(LOOK, values)
        return {row[0] for row in cursor.fetchall()}


def _pick_class(
    lane: LaneName, priority: int, *, kinds: Sequence[str], room: int, picked: Sequence[_Picked]
) -> list[_Picked]:
    values = {
        "lane": lane.value, "priority": priority, "kinds": list(kinds), "count": room,
        "picked": [one.item_id for one in picked], "alone_from": DEATHS_BEFORE_ALONE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(PICK, values)
        return [_Picked(*row) for row in cursor.fetchall()]


def _pick_deadly(lane: LaneName, *, kinds: Sequence[str]) -> list[_Picked]:
    values = {"lane": lane.value, "kinds": list(kinds), "alone_from": DEATHS_BEFORE_ALONE}
    with connection.cursor() as cursor:
        cursor.execute(PICK_DEADLY, values)
        return [_Picked(*row) for row in cursor.fetchall()]


def _take(picked: Sequence[_Picked], *, lease: UUID, hold: timedelta, alone: bool) -> list[Claimed]:
    if not picked:
        return []
    lost = [one.item_id for one in picked if one.lost]
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"ids": [one.item_id for one in picked], "lease": lease, "hold": hold}
        cursor.execute(TAKE, values)
        rows = cursor.fetchall()
        if lost:
            cursor.execute(NOTE_LOST, {"ids": lost})
        poison = [row for row in rows if row[6] >= DEATHS_BEFORE_POISON]
        if poison:
            cursor.execute(BURY, {"ids": [row[0] for row in poison]})
    for row in poison:
        problems.record_poison(kind=row[1], key=row[2], deaths=row[6])
    due_at = {one.item_id: one.due_at for one in picked}
    return [
        Claimed(item_id, kind, key, attempt, correlation, asked_by, lease, alone, due_at[item_id])
        for item_id, kind, key, attempt, correlation, asked_by, died in rows
        if died < DEATHS_BEFORE_POISON
    ]
