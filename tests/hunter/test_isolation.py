"""Everything rests on READ COMMITTED, whatever the server's default is."""

from __future__ import annotations

import psycopg2
import pytest
from django.core import checks
from django.db import connection, transaction

from hunter.isolation import LEVEL, check_isolation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R3.4")]


def found() -> list[str]:
    return [str(one.id) for one in check_isolation(databases=["default"])]


def test_a_transaction_begins_at_the_level_that_is_stated():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("show transaction_isolation")
        assert cursor.fetchone() == (LEVEL,)


def test_it_is_set_in_the_database_so_that_no_servers_default_goes_before_it():
    with connection.cursor() as cursor:
        cursor.execute(
            "select setconfig from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase "
            "where d.datname = current_database() and s.setrole = 0"
        )
        assert [f"default_transaction_isolation={LEVEL}"] == [one for row in cursor.fetchall() for one in row[0]]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_another_level_of_the_session_is_a_fault_of_the_check(level):
    assert found() == []

    with connection.cursor() as cursor:
        cursor.execute(f"set local default_transaction_isolation = '{level}'")

    assert found() == ["hunter.E004"]


def test_the_check_runs_with_the_others_of_the_database():
    with connection.cursor() as cursor:
        cursor.execute("set local default_transaction_isolation = 'serializable'")

    assert "hunter.E004" in [one.id for one in checks.run_checks(tags=[checks.Tags.database], databases=["default"])]


def test_what_the_check_names_as_the_way_out_is_one():
    """Run in a transaction that is taken back: the statement is understood, and the role it names is there."""
    with connection.cursor() as cursor:
        cursor.execute("set local default_transaction_isolation = 'serializable'")
        way_out = check_isolation(databases=["default"])[0].hint or ""
        try:
            cursor.execute(way_out.split("run: ")[1])
        except psycopg2.Error as error:  # pragma: no cover
            pytest.fail(str(error))
