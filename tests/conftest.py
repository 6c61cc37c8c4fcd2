"""What all tests use."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psycopg2
import pytest
from django.apps import apps
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from hunter.postgres.server import EmbeddedServer

# No limit of Hypothesis on time: a machine that stands still for a second is no fault of what is tested.
hypothesis_settings.register_profile(
    "hunter", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("hunter")

OTHERS = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A transactional test empties all tables; the rows that migrations brought are put back before the next (R6.1)."""
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark is not None and mark.kwargs.get("transaction"):
            item.add_marker(pytest.mark.django_db(**dict(mark.kwargs) | {"serialized_rollback": True}), append=False)


def row_counts() -> dict[str, int]:
    """How many rows each table holds."""
    return {model._meta.db_table: model._default_manager.count() for model in apps.get_models()}


def left_behind(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """The rows that were not there before, by table."""
    extra = {table: count - before.get(table, 0) for table, count in after.items()}
    return {table: count for table, count in extra.items() if count > 0}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Whatever the tests did, in any order: in the end no row is left that migrations did not bring (R6.1)."""
    with django_db_blocker.unblock():
        before = row_counts()
    yield
    with django_db_blocker.unblock():
        assert left_behind(before, row_counts()) == {}


def pytest_unconfigure(config: pytest.Config) -> None:
    """The throw-away database server goes with the last run that uses it (R6.1)."""
    folder = Path(settings.DATABASES["default"]["HUNTER_FOLDER"])
    if hasattr(config, "workerinput") or not folder.exists() or used_by_others():
        return
    EmbeddedServer(folder).discard()


def used_by_others() -> bool:
    """Whether another run is still connected to the same server."""
    default = settings.DATABASES["default"]
    with contextlib.suppress(psycopg2.OperationalError):
        connection = psycopg2.connect(host=default["HOST"], user=default["USER"], dbname="postgres")
        try:
            with connection.cursor() as cursor:
                cursor.execute(OTHERS)
                return bool(cursor.fetchone()[0])
        finally:
            connection.close()
    return False
