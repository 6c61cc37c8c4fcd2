"""A deadlock brought about on purpose: another transaction holds what an act needs second, and wants what it took first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection, transaction

from tests.threads import at_once
from tests.waiting import PATIENCE, until

T = TypeVar("T")

WAITING_FOR_ME = "select count(*) from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))"
OTHERS_HERE = """
select count(*) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
"""


def crossed(act: Callable[[], T], *, second: Callable[[], object], first: Callable[[], object]) -> T:
    """What `act` gives, after a deadlock with a transaction that locks `second`, waits for it, and locks `first`.

    The other transaction never looks for deadlocks itself, so it is `act` that PostgreSQL ends. `act` looks once, and late
    enough for the other to wait for it by then, on a machine with much to do too.
    """
    holds = threading.Event()

    def other() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local deadlock_timeout = '600s'")
            second()
            holds.set()
            until(lambda: count_of(WAITING_FOR_ME), what="the act waits for the other transaction")
            first()

    def ours() -> T:
        with connection.cursor() as cursor:
            cursor.execute("set deadlock_timeout = '3s'")
        assert holds.wait(PATIENCE)
        return act()

    return at_once(ours, other)[0]  # type: ignore[return-value]  # the first of the two


def count_of(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def deadlocks() -> int:
    """How many deadlocks this database has had; a connection tells of its own when it ends, so the others have to."""
    until(lambda: not count_of(OTHERS_HERE), what="the end of all other connections")
    return count_of("select deadlocks from pg_stat_database where datname = current_database()")
