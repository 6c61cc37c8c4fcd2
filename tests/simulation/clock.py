"""The database's clock in the hand of a test: Hunter's own statements ask `clock_timestamp()`, and get what is set here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection

BEGAN = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
# A schema that is looked into before pg_catalog; gone with the test's transaction. Each look is a microsecond later than
# the one before, so that no two rows are due at the same moment and the order of claims is that of the history. A function
# in SQL would be read anew at each look.
INSTALL = """
create schema simulated;
create sequence simulated.looks;
create function simulated.clock_timestamp() returns timestamptz language plpgsql volatile as $$ begin
    return current_setting('hunter.simulated_now')::timestamptz + nextval('simulated.looks') * interval '1 microsecond';
end $$;
set local search_path = simulated, public, pg_catalog
"""
SET = "select set_config('hunter.simulated_now', %s, true), setval('simulated.looks', 1)"


def install() -> None:
    """From now on, until the transaction is rolled back, the database's clock goes on only when it is moved."""
    with connection.cursor() as cursor:
        cursor.execute(INSTALL)
    set_to(BEGAN)


def set_to(moment: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SET, [moment.isoformat()])


class Clock:
    """What time it is in one history."""

    def __init__(self) -> None:
        self.now = BEGAN
        set_to(self.now)

    def move(self, step: timedelta) -> None:
        """Forth, or back as after a correction."""
        self.now += step
        set_to(self.now)
