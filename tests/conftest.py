"""What all tests use."""

from __future__ import annotations

import contextlib
import fcntl
from pathlib import Path
from typing import IO

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

SERVER = Path(settings.DATABASES["default"]["HUNTER_FOLDER"])
RUNNING = pytest.StashKey[IO[str]]()


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


def pytest_configure(config: pytest.Config) -> None:
    """As long as a run goes on it holds a lock that it shares with all others on the same database server."""
    if not hasattr(config, "workerinput"):
        SERVER.parent.mkdir(parents=True, exist_ok=True)
        config.stash[RUNNING] = SERVER.with_suffix(".runs").open("w")
        fcntl.flock(config.stash[RUNNING], fcntl.LOCK_SH)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The throw-away database server goes with the last run that uses it (R6.1); one that begins meanwhile waits."""
    if RUNNING in config.stash:
        with config.stash[RUNNING] as running, contextlib.suppress(BlockingIOError):
            fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)
            EmbeddedServer(SERVER).discard()
