"""When the schedule reads everything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.checks import run_checks

from referrals.schedule import NEVER, is_full_due, last_turn


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "hour", "good", "begun", "due"),
    [
        pytest.param(at(4, 3, 5), 3, at(3, 3, 1), [], True, id="the hour has come"),
        pytest.param(at(4, 2, 55), 3, at(3, 3, 1), [], False, id="not yet"),
        pytest.param(at(4, 9), 3, at(4, 3, 1), [], False, id="it was done tonight"),
        pytest.param(at(4, 9), 3, at(3, 8), [], True, id="Hunter slept at the hour: as soon as it is awake"),
        pytest.param(at(4, 9), 3, None, [], True, id="it was never done"),
        pytest.param(at(4, 4), 3, at(3, 3), [at(4, 3, 1), at(4, 3, 20)], True, id="two failed tonight"),
        pytest.param(
            at(4, 4), 3, at(3, 3), [at(4, 3, 1), at(4, 3, 20), at(4, 3, 40)], False, id="three: tomorrow again"
        ),
        pytest.param(
            at(4, 4), 3, at(3, 3), [at(3, 3), at(3, 4), at(3, 5)], True, id="yesterday's failures don't count"
        ),
        pytest.param(at(4, 4), NEVER, None, [], False, id="switched off"),
    ],
)
def test_everything_is_due(now, hour, good, begun, due):
    assert is_full_due(now, hour=hour, good=good, begun=begun) is due


def test_the_last_turn_is_today_or_yesterday():
    assert last_turn(at(4, 3), hour=3) == at(4, 3)
    assert last_turn(at(4, 2, 59), hour=3) == at(3, 3)


@pytest.mark.parametrize(
    ("name", "value", "ident"),
    [
        ("PARTNER_CENTER_FULL_SYNC_HOUR", 24, "referrals.E002"),
        ("PARTNER_CENTER_FULL_SYNC_HOUR", -2, "referrals.E002"),
        ("PARTNER_CENTER_MOST_VANISHED", 101, "referrals.E003"),
        ("PARTNER_CENTER_MOST_VANISHED", -1, "referrals.E003"),
    ],
)
def test_a_setting_that_means_nothing_is_told(settings, name, value, ident):
    setattr(settings, name, value)

    assert ident in {one.id for one in run_checks()}
