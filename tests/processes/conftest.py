"""The toy kind of work for processes: its table in the test's database, and its declaration in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from hunter.work import kinds
from tests.deadlock import OTHERS_HERE, count_of
from tests.hunter.work import toy
from tests.waiting import until


@pytest.fixture(autouse=True)
def _nothing_comes_after(request: pytest.FixtureRequest) -> Iterator[None]:
    """The database still does what a killed process has sent: that is over before the tables are emptied for the next test."""
    on_this_database = request.node.get_closest_marker("django_db") is not None
    if on_this_database:
        request.getfixturevalue("transactional_db")
    yield
    if on_this_database:
        until(lambda: not count_of(OTHERS_HERE), what="the end of all connections of the test's processes")


@pytest.fixture
def toys(transactional_db, monkeypatch) -> Iterator[None]:
    kind = toy.toy_kind(lambda: toy.ToyHandler(toy.Script()))
    monkeypatch.setitem(kinds._kinds, kind.name, kind)
    with connection.cursor() as cursor:
        cursor.execute(toy.CREATE)
    yield
    with connection.cursor() as cursor:
        cursor.execute(toy.DROP)
