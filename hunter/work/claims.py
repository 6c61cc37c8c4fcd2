"""Claiming due items in blocks: each block has a random lease, each item is counted before it is tried (ledger: claim)."""

from __future__ import annotations

from datetime import timedelta
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
where lane = %(lane)s and priority = %(priority)s and due_at <= clock_timestamp()
  and died < %(alone_from)s and id <> all(%(picked)s)
order by due_at limit %(count)s for no key update skip locked
"""
PICK_DEADLY = """
select id from work_item where lane = %(lane)s and due_at <= clock_timestamp() and died >= %(alone_from)s
order by due_at limit 1 for no key update skip locked
"""
# An old lease means that its holder died: the attempt it counted is given back, its death is counted instead.
TAKE = """
with old as (select id, lease is not null as lost from work_item where id = any(%(ids)s))
update work_item i set lease = %(lease)s, due_at = clock_timestamp() + %(hold)s, taken = requested,
    attempts = case when old.lost then greatest(i.attempts, 1) else i.attempts + 1 end,
    died = case when old.lost then i.died + 1 else i.died end
from old where i.id = old.id
returning i.id, i.kind, i.key, i.attempts, i.correlation, i.asked_by, i.died, old.lost
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


def claim(lane: LaneName, *, count: int, lease: UUID, hold: timedelta, alone: bool) -> list[Claimed]:
    """Take up to `count` due items for `hold`, in the caller's transaction.

    `alone`: nothing else runs in this process, so an item that has killed its holders may be tried.
    """
    if alone:
        deadly = _pick_deadly(lane)
        if deadly:
            return _take(deadly, lease=lease, hold=hold)
    return _take(_pick(lane, count=count), lease=lease, hold=hold)


def _pick(lane: LaneName, *, count: int) -> list[int]:
    kept = count // SHARE_FOR_LOWER
    picked: list[int] = []
    for priority in Priority.values:
        room = count - len(picked) - (kept if priority < Priority.BULK else 0)
        picked += _pick_class(lane, priority, room=room, picked=picked)
    for priority in Priority.values:
        picked += _pick_class(lane, priority, room=count - len(picked), picked=picked)
    return picked


def _pick_class(lane: LaneName, priority: int, *, room: int, picked: list[int]) -> list[int]:
    if room <= 0:
        return []
    values = {
        "lane": lane.value, "priority": priority, "count": room, "picked": picked, "alone_from": DEATHS_BEFORE_ALONE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(PICK, values)
        return [row[0] for row in cursor.fetchall()]


def _pick_deadly(lane: LaneName) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(PICK_DEADLY, {"lane": lane.value, "alone_from": DEATHS_BEFORE_ALONE})
        return [row[0] for row in cursor.fetchall()]


def _take(ids: list[int], *, lease: UUID, hold: timedelta) -> list[Claimed]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"ids": ids, "lease": lease, "hold": hold})
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
        Claimed(row[0], kind=row[1], key=row[2], attempt=row[3], correlation=row[4], asked_by=row[5], lease=lease)
        for row in rows
        if row[0] not in buried
    ]
