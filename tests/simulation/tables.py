"""The tables that a history writes: made for the test, emptied before each history, looked at only when they were written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

WRITTEN = ("work_item", "work_attempt", "work_errorrecord", "remote_slot", "remote_lane")
# A temporary table stands before the one whose name it has. Emptied it is empty at once; of deleted rows an open
# transaction keeps the remains, and each history would be slower than the one before.
INSTALL = [
    *(f"create temporary table {name} (like public.{name} including all) on commit drop" for name in WRITTEN),
    "create temporary table simulated_record (domain text primary key, version int not null) on commit drop",
]
# What only makes a search in many rows faster has to be emptied as well, and finds nothing faster in three.
DROP_INDEXES = """
do $$ declare needless regclass; begin
    for needless in select indexrelid from pg_index join pg_class on pg_class.oid = indrelid
        where relpersistence = 't' and not indisunique loop
        execute format('drop index %s', needless);
    end loop;
end $$
"""
EMPTY = f"truncate simulated_record, {', '.join(WRITTEN)}"

ITEMS = "select id, key, lease, due_at, dead_at, requested, taken, served, attempts from work_item order by key"


def install() -> None:
    """Until the transaction is rolled back, all that a history writes goes into tables of its own."""
    with connection.cursor() as cursor:
        cursor.execute(";".join([*INSTALL, DROP_INDEXES]))


def empty() -> None:
    """No row is left of the history before, nor a bell to be rung after a commit that never comes."""
    connection.run_on_commit.clear()
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)


class ItemRow(NamedTuple):
    """An item as it is now."""

    item_id: int
    key: str
    lease: UUID | None
    due_at: datetime | None
    dead_at: datetime | None
    requested: int
    taken: int
    served: int
    attempts: int


def items() -> dict[int, ItemRow]:
    """All items there are, by id."""
    with connection.cursor() as cursor:
        cursor.execute(ITEMS)
        return {row[0]: ItemRow(*row) for row in cursor.fetchall()}


class Writes:
    """Whether the ledger's items were written, as a wrapper of Django's around each statement."""

    def __init__(self) -> None:
        self._seen = True

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self._seen = self._seen or ("work_item" in sql and not sql.startswith("SELECT"))
        return execute(sql, params, many, context)

    def since_last_asked(self) -> bool:
        seen, self._seen = self._seen, False
        return seen
