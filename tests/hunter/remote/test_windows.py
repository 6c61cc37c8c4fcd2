"""No window ever holds more calls than allowed, whatever happens to the lane meanwhile: the real statements, seen by time.

Time is let pass, and the database's clock made to jump, by moving all that the lane's row has of it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hunter.remote import breaker, limits
from hunter.remote.breaker import Sign
from hunter.remote.lanes import WINDOWS, LaneName
from hunter.remote.limits import PROBE_TAKES
from hunter.remote.models import Lane

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R2.3", "R2.4", "R6.4")]

LANE = LaneName.DYNAMICS365
LIMIT = WINDOWS[LANE]
MOVE = """
update remote_lane set filled_at = filled_at - %(by)s, paused_until = paused_until - %(by)s, probe_until = probe_until - %(by)s
where name = %(name)s
"""

waits = st.builds(lambda seconds: ("wait", seconds), st.floats(0, 400))
purchases = st.builds(lambda count: ("buy", count), st.integers(1, 200))
jumps_back = st.builds(lambda seconds: ("jump", -seconds), st.floats(0, 7200))
pauses = st.builds(lambda seconds: ("pause", seconds), st.integers(1, 120))
holds = st.builds(lambda held: ("hold", held), st.booleans())
failures = st.builds(lambda count: ("fail", count), st.integers(1, 6))
limits_by_hand = st.builds(
    lambda rate, burst: ("limit", (rate, burst)), st.floats(0.5, 19.5), st.integers(1, 40)
)  # with 50 at once, each within what Dataverse takes
others = st.one_of(
    jumps_back, pauses, holds, failures, limits_by_hand, st.just(("well", None)), st.just(("resume", None))
)
histories = st.lists(st.one_of(waits, purchases, waits, purchases, others), min_size=1, max_size=40)


@dataclass
class History:
    """What happened, by the service's own time: how many calls were granted when, and how long nothing may be."""

    began: float = field(default_factory=time.monotonic)
    passed: float = 0.0
    sold: list[tuple[float, float, int]] = field(default_factory=list)
    closed_until: float = 0.0

    @property
    def now(self) -> float:
        """Time that was let pass, and what the statements took themselves."""
        return self.passed + time.monotonic() - self.began


def move(seconds: float) -> None:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"by": timedelta(seconds=seconds), "name": LANE.value}
        cursor.execute(MOVE, values)


def happen(history: History, what: str, value: Any) -> None:
    if what == "wait":
        move(value)
        history.passed += value
    elif what == "jump":
        move(value)
    elif what == "pause":
        limits.pause(LANE, wait=timedelta(seconds=value), reason="Too many.")
    elif what == "hold":
        Lane.objects.filter(name=LANE.value).update(held=value)
    elif what == "fail":
        breaker.heed(LANE, [Sign(number, "No answer.") for number in range(value)], rng=Random(1))
    elif what == "well":
        breaker.heed(LANE, [Sign(1)], rng=Random(1))
    elif what == "resume":
        limits.end_pause(LANE)
    elif what == "limit":
        rate, burst = value
        limits.set_own(LANE, rate=rate, burst=burst, slots=50, by="anna", why="a test")
    else:
        before = history.now
        granted = limits.buy(LANE, count=value).granted
        history.sold.append((before, history.now, granted))


def fresh_lane() -> None:
    Lane.objects.filter(name=LANE.value).delete()
    limits.ensure_lane(LANE)


@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=histories)
@example(steps=[("buy", 40), ("jump", -3600.0), ("buy", 40)])
@example(steps=[("buy", 40), ("fail", 5), ("resume", None), ("buy", 40)])
def test_no_window_of_the_service_holds_more_than_it_takes(db, steps):
    fresh_lane()
    history = History()

    for what, value in steps:
        happen(history, what, value)

    for first, (begin, _, _) in enumerate(history.sold):
        for last in range(first, len(history.sold)):
            end = history.sold[last][1]
            inside = sum(granted for _, _, granted in history.sold[first : last + 1])
            assert inside <= 19.5 * (end - begin) + 40 + 1e-6, "rate and burst"
            if end - begin <= LIMIT.seconds:
                assert inside + 50 + 19.5 <= LIMIT.calls, (
                    "the window of the service, with what is out and a second's grants"
                )


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(waits, purchases), min_size=1, max_size=30))
@example(steps=[("buy", 40), ("wait", 1.0), ("buy", 40), ("wait", 0.5), ("buy", 40)])
def test_a_lane_that_nothing_befalls_sells_all_that_it_may(db, steps):
    """Else a purse that never sells would pass as well."""
    fresh_lane()
    history, begun, ended = History(), 0.0, 0.0
    least = most = 40.0  # what may be left; the statement before this one ran at some time between these two
    for what, value in steps:
        happen(history, what, value)
        if what == "buy":
            before, after, granted = history.sold[-1]
            least = min(40.0, least + 19.5 * max(0.0, before - ended))
            most = min(40.0, most + 19.5 * (after - begun))
            assert min(value, int(least) - 1) <= granted <= min(value, int(most) + 1), "but for a call, by two clocks"
            least, most, begun, ended = max(0.0, least - granted), most - granted, before, after


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(st.builds(lambda seconds: ("wait", seconds), st.floats(0, 5)), purchases), max_size=20))
def test_in_probation_no_two_calls_go_out_within_the_time_of_a_probe(db, steps):
    fresh_lane()
    history = History()
    happen(history, "fail", 5)
    Lane.objects.filter(name=LANE.value).update(paused_until=None)

    for what, value in steps:
        happen(history, what, value)

    moments = [(before, after) for before, after, granted in history.sold if granted]
    assert all(granted <= 1 for _, _, granted in history.sold)
    for (before, _), (_, after) in pairwise(moments):
        assert after - before >= PROBE_TAKES.total_seconds() - 1e-3


@pytest.mark.parametrize(("what", "value"), [("pause", 60), ("hold", True), ("fail", 5)])
def test_a_closed_lane_sells_nothing_whatever_time_passes_within_it(db, what, value):
    fresh_lane()
    history = History()
    happen(history, what, value)
    for _ in range(20):
        happen(history, "wait", 1)
        happen(history, "buy", 5)

    assert sum(granted for _, _, granted in history.sold) == 0
