from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunter.work.backoff import asked_wait, next_wait, own_wait
from hunter.work.kinds import all_kinds
from hunter.work.policies import POLICIES, RetryPolicy

HOUR = timedelta(hours=1)
PLAIN = RetryPolicy(attempts=9, first_wait=timedelta(seconds=10), jitter=0)

policies = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 30_000),
    first_wait=st.timedeltas(timedelta(milliseconds=1), timedelta(hours=2)),
    cap=st.timedeltas(timedelta(seconds=1), HOUR),
    jitter=st.floats(0, 0.5),
)


@pytest.mark.proves("R1.3")
@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [
        pytest.param(1, 10, id="the first failure waits the first wait"),
        pytest.param(2, 20, id="each further one twice as long"),
        pytest.param(4, 80, id="and so on"),
        pytest.param(10, 3600, id="up to the cap"),
        pytest.param(30_000, 3600, id="for ever"),
    ],
)
def test_the_wait_after_a_failure(attempt, seconds):
    assert next_wait(PLAIN, attempt=attempt, rng=Random(1)) == timedelta(seconds=seconds)


@pytest.mark.proves("R1.3", "R6.4")
@given(policy=policies, attempt=st.integers(0, 100_000), seed=st.integers())
def test_no_wait_is_longer_than_the_cap_or_an_hour(policy, attempt, seed):
    wait = next_wait(policy, attempt=attempt, rng=Random(seed))

    assert timedelta(0) < wait <= policy.cap <= HOUR


@pytest.mark.proves("R1.4", "R6.4")
@given(policy=policies, attempt=st.integers(1, 20), seed=st.integers())
def test_a_wait_is_shortened_by_at_most_the_jitter(policy, attempt, seed):
    full = min(policy.cap, policy.first_wait * 2 ** (attempt - 1))

    wait = next_wait(policy, attempt=attempt, rng=Random(seed))

    assert full * (1 - policy.jitter) - timedelta(microseconds=1) <= wait <= full


@pytest.mark.proves("R1.3", "R6.4")
@given(policy=policies, attempt=st.integers(1, 100_000))
def test_a_later_wait_is_never_bound_below_an_earlier_one(policy, attempt):
    shortest, longest = bounds(policy, attempt=attempt)
    next_shortest, next_longest = bounds(policy, attempt=attempt + 1)

    assert shortest <= next_shortest
    assert longest <= next_longest


@pytest.mark.proves("R1.3", "R1.4", "R1.5")
@pytest.mark.parametrize(
    ("kind", "waits"),
    [
        pytest.param("push_dynamics365", [60, 120, 240], id="a push: three on top of the first"),
        pytest.param("webhook", [60, 120, 240], id="a message that came in"),
        pytest.param("deliver_alert", [60, 120, 240], id="a message that goes out"),
    ],
)
def test_the_waits_of_what_has_them_stated(kind, waits):
    policy = POLICIES[kind]
    known = [bounds(policy, attempt=attempt) for attempt in range(1, policy.attempts)]

    assert [longest for _, longest in known] == [timedelta(seconds=wait) for wait in waits]
    assert all(longest - shortest <= longest / 6 + timedelta(microseconds=1) for shortest, longest in known)


def bounds(policy: RetryPolicy, *, attempt: int) -> tuple[timedelta, timedelta]:
    """The shortest and the longest wait that chance may give."""
    return next_wait(policy, attempt=attempt, rng=Always(0.0)), next_wait(policy, attempt=attempt, rng=Always(1.0))


class Always(Random):
    """Chance that always says the same."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share

    def random(self) -> float:
        return self._share


@pytest.mark.proves("R1.4")
@pytest.mark.parametrize("seconds", [1, 30, 3000, 3600])
def test_no_two_items_come_back_at_the_same_moment(seconds):
    rng = Random(7)
    policy = RetryPolicy(attempts=3, first_wait=timedelta(seconds=seconds))

    assert len({next_wait(policy, attempt=1, rng=rng) for _ in range(50)}) == 50
    assert len({asked_wait(timedelta(seconds=seconds), rng=rng) for _ in range(50)}) == 50
    assert len({own_wait(timedelta(seconds=seconds), rng=rng) for _ in range(50)}) == 50


@pytest.mark.proves("R1.4", "R2.5", "R6.4")
@given(wait=st.timedeltas(timedelta(seconds=1), timedelta(days=10)), seed=st.integers())
def test_a_wait_that_was_asked_for_is_kept_within_the_hour(wait, seed):
    waited = asked_wait(wait, rng=Random(seed))

    assert min(wait, HOUR - timedelta(minutes=1)) <= waited <= min(wait * 7 / 6, HOUR) + timedelta(microseconds=1)


@pytest.mark.proves("R1.5", "R1.7")
def test_every_kind_of_work_has_its_policy_in_the_one_table():
    assert {kind.name: kind.policy for kind in all_kinds()}.items() <= POLICIES.items()


@pytest.mark.proves("R1.3", "R1.4", "R1.5")
@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_policy_is_capped_at_an_hour_and_has_jitter(name):
    policy = POLICIES[name]

    assert policy.attempts >= 1
    assert timedelta(0) < policy.first_wait <= policy.cap <= HOUR
    assert 0 < policy.jitter <= 0.5
