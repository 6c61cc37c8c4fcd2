"""Claiming due items in blocks: each block has a random lease, each item is counted before it is tried (ledger: claim)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from hunter.remote.lanes import LaneName
from hunter.work import problems
from hunter.work.kinds import Claimed
from hunter.work.models import Priority

SHARE_FOR_LOWER = 8  # of each block one in eight is kept for the classes below, so that none starves
DEATHS_BEFORE_ALONE = 3  # an item whose holders keep dying must take nobody with it
DEATHS_BEFORE_POISON = 10

PICK = """
select id from work_item
where lane = %(lane)s and priority = %(priority)s and due_at <= clock_timestamp() and kind = any(%(kinds)s)
  and died + (lease is not null)::int < %(alone_from)s and id <> all(%(picked)s)
order by due_at limit %(count)s for no key update skip locked
"""
# `died >= 2` is the index's condition: without it this walks through the whole backlog each time it is asked.
PICK_DEADLY = """
select id from work_item
where lane = %(lane)s and due_at <= clock_timestamp() and kind = any(%(kinds)s)
  and died >= 2 and died + (lease is not null)::int >= %(alone_from)s
order by due_at limit 1 for no key update skip locked
"""
# An old lease means that its holder died: the attempt it counted is given back, its death is counted instead.
TAKE = """
with old as (select id, lease is not null as lost, due_at from work_item where id = any(%(ids)s))
update work_item i set lease = %(lease)s, due_at = clock_timestamp() + %(hold)s, taken = requested,
    attempts = case when old.lost then greatest(i.attempts, 1) else i.attempts + 1 end,
    died = case when old.lost then i.died + 1 else i.died end
from old where i.id = old.id
returning i.id, i.kind, i.key, i.attempts, i.correlation, i.asked_by, i.died, old.lost, old.due_at
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


def _pick(lane: LaneName, *, kinds: Sequence[str], count: int, before: int) -> list[int]:
    picked: list[int] = []
    for priority, up_to in classes_in_order(count=count, before=before):
        picked += _pick_class(lane, priority, kinds=kinds, room=up_to - len(picked), picked=picked)
    return picked


def _pick_class(lane: LaneName, priority: int, *, kinds: Sequence[str], room: int, picked: Sequence[int]) -> list[int]:
    if room <= 0:
        return []
    values = {
        "lane": lane.value, "priority": priority, "kinds": list(kinds), "count": room, "picked": list(picked),
        "alone_from": DEATHS_BEFORE_ALONE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(PICK, values)
        return [row[0] for row in cursor.fetchall()]


def _pick_deadly(lane: LaneName, *, kinds: Sequence[str]) -> list[int]:
    values = {"lane": lane.value, "kinds": list(kinds), "alone_from": DEATHS_BEFORE_ALONE}
    with connection.cursor() as cursor:
        cursor.execute(PICK_DEADLY, values)
        return [row[0] for row in cursor.fetchall()]


def _take(ids: list[int], *, lease: UUID, hold: timedelta, alone: bool) -> list[Claimed]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"ids": ids, "lease": lease, "hold": hold}
        cursor.execute(TAKE, values)
        rows = cursor.fetchall()
        lost = [row[0] for row in rows if row[7]]
        if lost:
            cursor.execute(NOTE_LOST, {"ids": lost})
        poison = [row for row in rows if row[6] >= DEATHS_BEFORE_POISON]
        if poison:
            cursor.execute(BURY, {"ids": [row[0] for row in poison]})
    for row in poison:
        problems.record_poison(kind=row[1], key=row[2], deaths=row[6])
    buried = {row[0] for row in poison}
    return [
        Claimed(
            row[0],
            kind=row[1],
            key=row[2],
            attempt=row[3],
            correlation=row[4],
            asked_by=row[5],
            lease=lease,
            alone=alone,
            due_at=row[8],
        )
        for row in rows
        if row[0] not in buried
    ]
