"""Figures that many look at are worked out once, and served a little old meanwhile (R7.6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache

from hunter.ops.looked import look_again, looked

LONG, NO_TIME = timedelta(minutes=5), timedelta(0)


class Looks:
    """Counts how often somebody had to look."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        return self.count


@pytest.fixture
def look(db):
    cache.clear()
    return Looks()


@pytest.mark.proves("R7.6")
def test_what_was_just_seen_is_not_worked_out_again(look):
    first, second = looked("figures", every=LONG, look=look), looked("figures", every=LONG, look=look)

    assert (first.value, second.value, second.at) == (1, 1, first.at)


def test_what_is_too_old_is_worked_out_again(look):
    looked("figures", every=NO_TIME, look=look)

    assert looked("figures", every=NO_TIME, look=look).value == 2


@pytest.mark.proves("R7.6")
def test_while_one_looks_again_the_others_see_what_was_there_before(look):
    looked("figures", every=NO_TIME, look=look)

    def meanwhile() -> int:
        assert looked("figures", every=NO_TIME, look=look).value == 1
        return 7

    assert looked("figures", every=NO_TIME, look=meanwhile).value == 7
    assert look.count == 1


def test_somebody_who_changed_something_sees_it_at_once(look):
    looked("figures", every=LONG, look=look)

    look_again("figures")

    assert looked("figures", every=LONG, look=look).value == 2
