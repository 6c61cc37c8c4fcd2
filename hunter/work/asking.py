"""Asking for work: one statement for any number of keys, in the transaction that made the work necessary."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from hunter.work import doorbell
from hunter.work.kinds import Kind, Step, kind_named, kinds_of
from hunter.work.models import Priority

# Rows are locked in the order of `unnest`: sorted, two requesters can't deadlock (R3.6).
REQUEST = """
insert into work_item as i (kind, key, lane, priority, requested, taken, served, attempts, died, due_at, correlation, asked_by)
select %(kind)s, k, %(lane)s, %(priority)s, 1, 0, 0, 0, 0, clock_timestamp() + %(wait)s, gen_random_uuid(), %(asked_by)s
from unnest(%(keys)s::text[]) k group by k order by k
on conflict (kind, key) do update set
    requested = i.requested + 1, lane = excluded.lane,
    taken = case when i.dead_at is null then i.taken else i.requested end,  -- what it gave up is asked for no more
    served = case when i.dead_at is null then i.served else i.requested end,
    priority = case when i.due_at is null then excluded.priority else least(i.priority, excluded.priority) end,
    attempts = case when i.lease is null and (i.dead_at is not null or %(by_person)s) then 0 else i.attempts end,
    dead_at = null, died = case when %(by_person)s then 0 else i.died end,
    correlation = case when i.due_at is null then excluded.correlation else i.correlation end,
    asked_by = case when excluded.asked_by <> '' then excluded.asked_by else i.asked_by end,
    due_at = case when i.lease is not null then i.due_at
                  when i.due_at is null or i.attempts = 0 or %(by_person)s then least(i.due_at, excluded.due_at)
                  else i.due_at end
"""
# What runs is left alone: a call in the air must still be recorded. So is what somebody else is writing just now.
WITHDRAW = """
with mine as materialized (
    select id from work_item
    where kind = %(kind)s and key = any(%(keys)s) and lease is null and due_at is not null
    order by kind, key for no key update skip locked)
update work_item i set served = i.served + 1, taken = greatest(i.taken, i.served + 1),
    due_at = case when i.served + 1 < i.requested then i.due_at end,
    attempts = case when i.served + 1 < i.requested then i.attempts else 0 end
from mine where i.id = mine.id and i.served < i.requested returning i.key
"""
UNLESS_WAITING = "where i.dead_at is null and i.due_at is null"


def ask(
    kind: str,
    keys: Iterable[str],
    *,
    priority: Priority = Priority.SCHEDULE,
    asked_by: str = "",
    wait: timedelta = timedelta(0),
) -> int:
    """Ask for the work of `keys`; how many items were asked for.

    A person's request revives a dead letter and shortens a back-off; changed data revives it too, a back-off stays.
    Takes part in the caller's transaction; the lane is rung after its commit.
    """
    return _request(kind_named(kind), list(keys), priority=priority, asked_by=asked_by, wait=wait)


def sweep(kind: str, keys: Iterable[str], *, priority: Priority = Priority.BULK) -> int:
    """Ask for what may still be due, as a schedule does: never revives a dead letter, adds nothing to what waits."""
    return _request(kind_named(kind), list(keys), priority=priority, unless=UNLESS_WAITING)


def withdraw(kind: str, keys: Iterable[str]) -> set[str]:
    """Take back one request for each of `keys`; those for which it was. In the caller's transaction.

    An item rests once nobody else wants it; one that runs is not disturbed, its outcome is recorded.
    """
    values: dict[str, Any] = {"kind": kind_named(kind).name, "keys": list(keys)}
    with connection.cursor() as cursor:
        cursor.execute(WITHDRAW, values)
        return {row[0] for row in cursor.fetchall()}


def ask_step(step: Step, keys: Iterable[str], *, priority: Priority = Priority.SCHEDULE, asked_by: str = "") -> int:
    """Ask every kind that does the step (R1.13), in the order of their names: items are locked in (kind, key) order."""
    wanted, kinds = list(keys), sorted(kinds_of(step), key=lambda kind: kind.name)
    return sum(_request(kind, wanted, priority=priority, asked_by=asked_by) for kind in kinds)


def _request(
    kind: Kind,
    keys: list[str],
    *,
    priority: Priority,
    asked_by: str = "",
    wait: timedelta = timedelta(0),
    unless: str = "",
) -> int:
    if not keys:
        return 0
    values: dict[str, Any] = {
        "kind": kind.name, "lane": kind.lane.value, "priority": priority.value, "wait": wait,
        "keys": keys, "by_person": priority == Priority.PERSON, "asked_by": asked_by,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"{REQUEST} {unless}", values)
        asked = int(cursor.rowcount)
    transaction.on_commit(lambda: doorbell.ring(kind.lane), robust=True)
    return asked
