"""The breaker: failures of a service in a row pause its lane, and one call at a time tries whether it is well again."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hunter.remote import breaker, limits
from hunter.remote.breaker import Sign, Verdict
from hunter.remote.clock import database_now
from hunter.remote.lanes import ONE_SERVICE, LaneName
from hunter.remote.models import Lane

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R5.8", "R7.5")]

LANE = LaneName.DYNAMICS365


@pytest.fixture
def lane(db) -> LaneName:
    limits.ensure_lane(LANE)
    Lane.objects.filter(name=LANE.value).update(tokens=40, filled_at=database_now())
    return LANE


def row() -> Lane:
    return Lane.objects.get(name=LANE.value)


def failed(*items: int) -> list[Sign]:
    return [Sign(item, f"No answer for {item}.") for item in items]


def heed(*signs: Sign, lane: LaneName = LANE) -> Verdict:
    return breaker.heed(lane, signs, rng=Random(1))


def pause_left() -> timedelta:
    until = row().paused_until
    return until - database_now() if until else timedelta(0)


def the_pause_is_over() -> None:
    Lane.objects.filter(name=LANE.value).update(paused_until=database_now(), tokens=40)


def the_probe_has_had_its_time() -> None:
    Lane.objects.filter(name=LANE.value).update(probe_until=database_now() - timedelta(seconds=1))


def test_five_failures_in_a_row_pause_the_lane(lane):
    assert not heed(*failed(1, 2, 3, 4)).opened
    assert heed(*failed(5)) == Verdict(in_trouble=True, opened=True)

    assert limits.buy(lane, count=1).closed
    assert timedelta(seconds=10) < pause_left() <= timedelta(seconds=30)
    assert row().pause_reason == "No answer for 5."


def test_an_item_that_fails_alone_has_trouble_of_its_own(lane):
    assert not heed(*failed(*[7] * 50)).opened
    assert not limits.buy(lane, count=1).closed


def test_a_second_item_that_fails_makes_it_the_services_trouble(lane):
    heed(*failed(7, 7, 7, 7))

    assert heed(*failed(8)).opened


@pytest.mark.parametrize("at", range(1, 5))
def test_a_success_in_between_makes_them_no_failures_in_a_row(lane, at):
    signs = failed(1, 2, 3, 4, 5)
    signs.insert(at, Sign(9))

    assert not heed(*signs).opened
    assert row().failures == 5 - at


def test_the_count_goes_on_over_blocks_and_ends_with_a_success(lane):
    for item in range(4):
        heed(*failed(item))
    heed(Sign(9))

    assert not heed(*failed(1, 2, 3, 4)).opened


def test_calls_that_were_out_together_make_the_pause_no_longer(lane):
    heed(*failed(1, 2, 3, 4, 5))
    first = row().paused_until

    assert heed(*failed(*range(40))) == Verdict(in_trouble=True)
    assert row().paused_until == first


def test_in_probation_one_call_goes_out_at_a_time(lane):
    heed(*failed(1, 2, 3, 4, 5))
    the_pause_is_over()

    assert limits.buy(lane, count=30).granted == 1
    assert limits.buy(lane, count=30) == limits.Purchase(granted=0, closed=False)

    the_probe_has_had_its_time()
    assert limits.buy(lane, count=30).granted == 1


@pytest.mark.fault(30)
def test_a_probe_that_a_clock_has_put_out_of_reach_blocks_nothing(lane):
    heed(*failed(1, 2, 3, 4, 5))
    the_pause_is_over()
    Lane.objects.filter(name=LANE.value).update(probe_until=database_now() + timedelta(days=1))

    assert limits.buy(lane, count=1).granted == 1


def test_each_probe_that_fails_doubles_the_pause_up_to_an_hour(lane):
    heed(*failed(1, 2, 3, 4, 5))
    pauses = [pause_left().total_seconds()]
    for _ in range(9):
        the_pause_is_over()
        assert heed(*failed(1)).opened
        pauses.append(pause_left().total_seconds())

    for number, seconds in enumerate(pauses):
        longest = min(30 * 2**number, 3600)
        assert longest * 0.6 < seconds <= longest


def test_a_success_ends_probation_and_doubling(lane):
    heed(*failed(1, 2, 3, 4, 5))
    the_pause_is_over()
    heed(*failed(1))
    the_pause_is_over()

    heed(Sign(1))

    assert (row().probation, row().failures, row().pauses, row().probe_until) == (False, 0, 0, None)
    assert limits.buy(lane, count=30).granted == 30
    assert heed(*failed(1, 2, 3, 4, 5)).opened
    assert pause_left() <= timedelta(seconds=30)


def test_a_person_who_opens_the_lane_ends_probation(lane):
    heed(*failed(1, 2, 3, 4, 5))

    limits.end_pause(lane)
    Lane.objects.filter(name=LANE.value).update(tokens=40)

    assert limits.buy(lane, count=30).granted == 30


def test_a_pause_that_the_service_asked_for_is_not_cut_short(lane):
    limits.pause(lane, wait=timedelta(minutes=20), reason="Too many.")

    assert not heed(*failed(1, 2, 3, 4, 5)).opened
    assert pause_left() > timedelta(minutes=19)


def test_a_healthy_lane_is_not_written(lane, django_assert_num_queries):
    before = row().filled_at
    with connection.cursor() as cursor:
        cursor.execute("select xmin::text from remote_lane where name = %s", [LANE.value])
        version = cursor.fetchone()

        with django_assert_num_queries(1):
            heed(*[Sign(item) for item in range(100)])

        cursor.execute("select xmin::text from remote_lane where name = %s", [LANE.value])
        assert cursor.fetchone() == version
    assert row().filled_at == before


@pytest.mark.parametrize(
    ("signs", "of_a_lane_that_was_well", "of_a_failing_lane"),
    [
        pytest.param("F", {0}, set(), id="the first of a streak, and none after it"),
        pytest.param("FFF", {0}, set(), id="one of those that were out together"),
        pytest.param("WFF", {1}, {1}, id="a success vouches for the service"),
        pytest.param("FFW", {0}, set(), id="one that comes after it does not"),
        pytest.param("FWFFW", {0, 2}, {2}, id="each streak has its first"),
        pytest.param("FWFFFFF", {0}, set(), id="none of the streak that opens the pause"),
    ],
)
def test_a_streak_charges_its_first_failure_alone(lane, signs, of_a_lane_that_was_well, of_a_failing_lane):
    block = [Sign(number, "" if sign == "W" else "No answer.") for number, sign in enumerate(signs)]

    assert heed(*block).charged == of_a_lane_that_was_well
    limits.end_pause(lane)
    heed(Sign(100))
    heed(*failed(100))
    assert heed(*block).charged == of_a_failing_lane


def test_who_opens_the_lane_does_not_vouch_for_its_service(lane):
    heed(*failed(7))

    limits.end_pause(lane)

    assert heed(*failed(7)).charged == set()


def test_how_often_one_item_alone_failed_is_told(lane):
    assert [heed(*failed(7)).alone for _ in range(3)] == [1, 2, 3]
    assert heed(*failed(8)).alone == 0


def test_since_when_a_service_fails_stands_in_its_lane_until_a_success(lane):
    heed(*failed(7))
    since = row().failing_since
    heed(*failed(7))

    assert row().failing_since == since
    heed(Sign(7))
    assert row().failing_since is None


@pytest.mark.parametrize("name", sorted(set(LaneName) - ONE_SERVICE))
def test_a_lane_to_many_servers_is_not_closed_for_the_trouble_of_some(name):
    limits.ensure_lane(name)

    assert heed(*failed(*range(50)), lane=name) == Verdict()
    assert not limits.buy(name, count=1).closed


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    blocks=st.lists(st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=8), max_size=8),
    ends=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_it_opens_exactly_when_the_plain_rule_says_so(lane, blocks, ends):
    """The rule, sign by sign: five in a row of two items at least, or one in probation, unless the lane rests."""
    limits.end_pause(lane)
    heed(Sign(0))
    run: list[int] = []
    probation = rests = False
    for signs, pause_ends in zip(blocks, ends, strict=False):
        if rests and pause_ends:
            the_pause_is_over()
            rests = False
        opened = heed(*[Sign(item, "" if well else "No answer.") for item, well in signs]).opened

        for item, well in signs:
            run = [] if well else [*run, item]
            probation = probation and not well
        expected = bool(run) and not signs[-1][1] and not rests and (probation or (len(run) >= 5 and len(set(run)) > 1))
        assert opened == expected
        if expected:
            probation = rests = True
        assert row().probation == probation


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    blocks=st.lists(
        st.one_of(
            st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=8),
            st.sampled_from(["the pause ends", "a person opens it"]),
        ),
        max_size=12,
    )
)
def test_whatever_happens_a_streak_charges_at_most_one_and_a_failure_among_successes_always(lane, blocks):
    """Blocks are those of any number of drainers: the lane's row puts them in order."""
    limits.end_pause(lane)
    heed(Sign(0))
    well, charges = True, 0
    for block in blocks:
        if isinstance(block, str):
            the_pause_is_over() if block == "the pause ends" else limits.end_pause(lane)
            continue
        verdict = heed(*[Sign(item, "" if is_well else "No answer.") for item, is_well in block])

        for number, (_, is_well) in enumerate(block):
            charges = 0 if is_well else charges + (number in verdict.charged)
            assert charges <= 1
            assert number not in verdict.charged or well
            if not is_well and well and any(later for _, later in block[number:]):
                assert number in verdict.charged
            well = is_well
        assert row().failing_since is None if well else row().failing_since
