"""The isolation level that everything rests on: READ COMMITTED, set in the database itself (R3.4).

Claims skip locked rows, upserts find what another transaction has just committed, and a purchase that waited for a lane's
row sees it as it is then. At a higher level each of these would end in a serialization failure. It is a setting of the
database and not of a session, so it holds behind a connection pooler, and it is checked, because a role's own would
go before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core import checks
from django.db import connections
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

LEVEL = "read committed"
SET_BY = ("remote", "0006_read_committed")
# A role that does not own the database may not set it: the check says so where it matters.
SET = f"""
do $$ begin
    execute format('alter database %I set default_transaction_isolation = %L', current_database(), '{LEVEL}');
exception when insufficient_privilege then null; end $$
"""
RESET = """
do $$ begin
    execute format('alter database %I reset default_transaction_isolation', current_database());
exception when insufficient_privilege then null; end $$
"""


def set_isolation() -> RunSQL:
    """The migration that sets it."""
    return RunSQL(SET, RESET)


@checks.register(checks.Tags.database)
def check_isolation(*, databases: Sequence[str] | None = None, **_: object) -> list[checks.CheckMessage]:
    """hunter.E004: sessions begin their transactions at the level that Hunter's statements are made for."""
    problems: list[checks.CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute("select current_setting('default_transaction_isolation'), current_user, current_database()")
            level, role, database = cursor.fetchone()
        if level != LEVEL and SET_BY in (MigrationLoader(connections[alias]).applied_migrations or {}):
            problems.append(
                checks.Error(
                    f"Transactions begin at {level}; Hunter's statements need {LEVEL}.",
                    hint=f'Have the owner run: alter role "{role}" in database "{database}" '
                    f"set default_transaction_isolation = '{LEVEL}';",
                    id="hunter.E004",
                )
            )
    return problems
