"""A toy kind of work in a lane of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection

from hunter.work import kinds
from hunter.work.drainer import BUDGET, Drainer
from hunter.work.models import Item
from hunter.work.shift import DrainReport
from tests.hunter.work import toy
from tests.hunter.work.toy import Script


@pytest.fixture
def lane_limits(settings) -> None:
    """Calls are not held back, except where a test is about that."""
    settings.LANE_LIMITS = {toy.LANE.value: "100000,100000"}


@pytest.fixture
def toy_table(request) -> Iterator[None]:
    """The toy's own table; it goes with the test."""
    transactional = any(mark.kwargs.get("transaction") for mark in request.node.iter_markers("django_db"))
    request.getfixturevalue("transactional_db" if transactional else "db")
    with connection.cursor() as cursor:
        cursor.execute(toy.CREATE)
    yield
    if transactional:
        with connection.cursor() as cursor:
            cursor.execute(toy.DROP)


@pytest.fixture
def make_toy(monkeypatch, lane_limits, toy_table) -> Callable[..., Script]:
    """Declare the toy kind, with changes to its declaration; gives the script that its drainers follow."""

    def make(handler: type[toy.ToyHandler] = toy.ToyHandler, **changes: Any) -> Script:
        script = Script()
        kind = toy.toy_kind(lambda: handler(script), **changes)
        monkeypatch.setitem(kinds._kinds, kind.name, kind)
        return script

    return make


@pytest.fixture
def script(make_toy) -> Script:
    """The toy kind as it is declared in tests."""
    script: Script = make_toy()
    return script


@pytest.fixture
def drain() -> Callable[..., DrainReport]:
    """One drainer in this process, until nothing is due any more; `rng`: what chance has in store for it."""

    def run(
        *, budget: timedelta = BUDGET, until: Callable[[], bool] = lambda: False, rng: Random | None = None
    ) -> DrainReport:
        return Drainer(toy.LANE, budget=budget, until=until, rng=rng).run()

    return run


@pytest.fixture
def item() -> Callable[[str], Item]:
    """The toy's item of a key, as it is in the database now."""
    return lambda key: Item.objects.get(kind=toy.TOY, key=key)
