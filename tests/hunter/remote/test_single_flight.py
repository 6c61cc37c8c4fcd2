"""What is kept of a shared answer, for how long, and what is not (R7.6)."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.models import SharedAnswer
from hunter.remote.single_flight import JITTER, forget, once

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R7.6")]

FIVE_MINUTES = timedelta(minutes=5)


def answers(*texts):
    """Computes these, one after the other, and fails when it is asked once more."""
    rest = iter(texts)
    return lambda: next(rest)


def test_it_is_computed_once_while_it_holds():
    compute = answers("one")

    assert [once("a", compute, holds=FIVE_MINUTES) for _ in range(3)] == ["one"] * 3


def test_its_end_is_up_to_a_sixth_sooner_than_asked_for_and_not_the_same_for_all():
    rng = Random(1)
    for number in range(50):
        once(f"a {number}", answers("one"), holds=FIVE_MINUTES, rng=rng)

    left = [row.fresh_until - database_now() for row in SharedAnswer.objects.all() if row.fresh_until]

    assert FIVE_MINUTES * (1 - JITTER) - timedelta(seconds=60) < min(left)
    assert max(left) < FIVE_MINUTES
    assert max(left) - min(left) > timedelta(seconds=30)


def test_what_failed_is_not_kept_and_keeps_nobody_waiting():
    def fails() -> str:
        raise HunterError("No.")

    with pytest.raises(HunterError):
        once("a", fails, holds=FIVE_MINUTES)

    assert SharedAnswer.objects.get().claim is None
    assert once("a", answers("one"), holds=FIVE_MINUTES) == "one"


def test_what_is_forgotten_while_it_is_computed_is_not_kept():
    def compute() -> str:
        forget("a")
        return "of before"

    assert once("a", compute, holds=FIVE_MINUTES) == "of before"
    assert once("a", answers("of after"), holds=FIVE_MINUTES) == "of after"


def test_what_nobody_wants_any_more_is_cleared_away_with_the_next_one_that_is_kept():
    once("a", answers("one"), holds=FIVE_MINUTES)
    SharedAnswer.objects.update(stale_until=database_now() - timedelta(days=2))

    once("b", answers("one"), holds=FIVE_MINUTES)

    assert list(SharedAnswer.objects.values_list("name", flat=True)) == ["b"]


def test_only_what_begins_so_is_forgotten():
    for name in ("a 1", "a 2", "b 1"):
        once(name, answers("one"), holds=FIVE_MINUTES)

    forget("a ")

    assert list(SharedAnswer.objects.values_list("name", flat=True)) == ["b 1"]
