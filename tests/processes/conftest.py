"""The toy kind of work for processes: its table in the test's database, and its declaration in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from hunter.work import kinds
from tests.hunter.work import toy


@pytest.fixture
def toys(transactional_db, monkeypatch) -> Iterator[None]:
    kind = toy.toy_kind(lambda: toy.ToyHandler(toy.Script()))
    monkeypatch.setitem(kinds._kinds, kind.name, kind)
    with connection.cursor() as cursor:
        cursor.execute(toy.CREATE)
    yield
    with connection.cursor() as cursor:
        cursor.execute(toy.DROP)
