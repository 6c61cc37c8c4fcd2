from __future__ import annotations

import time
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName, figures
from hunter.remote.models import Lane, Slot
from tests.threads import at_once

pytestmark = pytest.mark.django_db

LANE = LaneName.OUTGOING
RATE, BURST = 0.1, 20  # so slow that the time a test takes makes no difference
HOLD = timedelta(minutes=3)


@pytest.fixture
def lane(settings, db) -> LaneName:
    settings.LANE_LIMITS = {LANE.value: f"{RATE},{BURST}"}
    settings.LANE_CONCURRENCY = {LANE.value: "6"}
    limits.ensure_lane(LANE)
    set_lane(tokens=BURST, filled_at=database_now())
    return LANE


def set_lane(**changes) -> None:
    Lane.objects.filter(name=LANE.value).update(**changes)


def let_pass(seconds: float) -> None:
    """As if the last purchase lay further back; below zero: as if the clock had jumped back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update remote_lane set filled_at = filled_at - make_interval(secs => %s) where name = %s",
            [seconds, LANE.value],
        )


def pause_left() -> timedelta:
    until = Lane.objects.get(name=LANE.value).paused_until
    assert until is not None
    return until - database_now()


# --- the purse --------------------------------------------------------------------------------------------------


def test_a_full_purse_sells_its_burst_at_once_and_then_what_the_rate_brings(lane):
    assert limits.buy(lane, count=100).granted == BURST
    assert limits.buy(lane, count=100).granted == 0

    let_pass(100)

    assert limits.buy(lane, count=100).granted == 100 * RATE


def test_a_purse_never_holds_more_than_its_burst(lane):
    let_pass(3600)

    assert limits.buy(lane, count=1000).granted == BURST


def test_what_is_not_bought_stays_in_the_purse(lane):
    assert limits.buy(lane, count=5).granted == 5
    assert limits.buy(lane, count=100).granted == BURST - 5


@pytest.mark.fault(30)
def test_a_clock_that_jumps_back_gives_nothing_away_and_blocks_nothing(lane):
    limits.buy(lane, count=BURST)
    let_pass(-3600)

    assert limits.buy(lane, count=1).granted == 0
    let_pass(50)
    assert limits.buy(lane, count=100).granted == 50 * RATE


@pytest.mark.proves("R2.3", "R2.4", "R6.4")
@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.floats(-50, 200), st.integers(1, 60)), min_size=1, max_size=15))
def test_no_window_holds_more_than_rate_and_burst_allow(lane, steps):
    set_lane(tokens=BURST, filled_at=database_now())
    began = time.monotonic()
    moment, sold = 0.0, []
    for wait, count in steps:
        let_pass(wait)
        moment += max(wait, 0)
        sold.append((moment, limits.buy(lane, count=count).granted))
    real_time = time.monotonic() - began

    for first in range(len(sold)):
        for last in range(first, len(sold)):
            window = sold[last][0] - sold[first][0] + real_time
            assert sum(count for _, count in sold[first : last + 1]) <= RATE * window + BURST + 1e-6


@pytest.mark.proves("R2.1", "R2.3", "R2.4")
@pytest.mark.django_db(transaction=True)
def test_no_window_holds_more_than_allowed_when_many_buy_at_once(settings):
    rate, burst, seconds = 200.0, 30, 1.0
    settings.LANE_LIMITS = {LANE.value: f"{rate},{burst}"}
    limits.ensure_lane(LANE)
    set_lane(tokens=burst)

    def buyer() -> list[tuple[float, float, int]]:
        bought: list[tuple[float, float, int]] = []
        until = time.monotonic() + seconds
        while (before := time.monotonic()) < until or len(bought) < burst:
            granted = limits.buy(LANE, count=3).granted
            bought.append((before, time.monotonic(), granted))
        return bought

    sold = sorted(one for bought in at_once(*[buyer] * 6) for one in bought if one[2])

    assert sum(granted for _, _, granted in sold) >= burst
    for first in range(0, len(sold), 7):
        begin = sold[first][0]
        for end in sorted({after for _, after, _ in sold})[::7]:
            inside = sum(granted for before, after, granted in sold if before >= begin and after <= end)
            assert inside <= rate * max(end - begin, 0) + burst + 1e-6


def test_the_figures_of_dynamics_keep_every_window_of_300_seconds_within_6000_calls():
    wanted = figures(LaneName.DYNAMICS365)

    assert wanted.rate * 301 + wanted.burst + wanted.slots <= 6_000
    assert wanted.slots <= 52


# --- pause and hold -----------------------------------------------------------------------------------------------


@pytest.mark.proves("R2.6")
def test_a_paused_lane_sells_nothing_until_the_pause_is_over(lane):
    limits.pause(lane, wait=timedelta(seconds=30), reason="Too many.")
    assert limits.buy(lane, count=1) == limits.Purchase(granted=0, closed=True)

    limits.end_pause(lane)
    let_pass(10)

    assert limits.buy(lane, count=1) == limits.Purchase(granted=1, closed=False)


def test_a_pause_empties_the_purse_so_that_nothing_bursts_afterwards(lane):
    limits.pause(lane, wait=timedelta(0), reason="Too many.")

    assert limits.buy(lane, count=100).granted == 0


def test_the_longer_of_two_pauses_holds(lane):
    limits.pause(lane, wait=timedelta(minutes=10), reason="long")
    limits.pause(lane, wait=timedelta(seconds=1), reason="short")

    assert pause_left() > timedelta(minutes=9)
    assert Lane.objects.get(pk=lane.value).pause_reason == "long", "why it rests is told, not who asked meanwhile"


@pytest.mark.proves("R2.5")
def test_no_machine_pauses_a_lane_for_more_than_an_hour(lane):
    limits.pause(lane, wait=timedelta(days=10), reason="long")

    assert pause_left() <= timedelta(hours=1)


@pytest.mark.fault(30)
def test_a_pause_that_a_clock_has_put_out_of_reach_is_none(lane):
    set_lane(paused_until=database_now() + timedelta(days=1))

    assert limits.buy(lane, count=1).granted == 1
    limits.pause(lane, wait=timedelta(seconds=5), reason="real")
    assert limits.buy(lane, count=1).closed
    assert pause_left() < timedelta(seconds=6)


def test_a_held_lane_sells_nothing(lane):
    set_lane(held=True)

    assert limits.buy(lane, count=1).closed


# --- slots ------------------------------------------------------------------------------------------------------


@pytest.mark.proves("R2.3")
def test_no_more_slots_are_taken_than_there_are(lane):
    one, other = uuid.uuid4(), uuid.uuid4()

    assert limits.take_slots(lane, holder=one, count=4, hold=HOLD) == 4
    assert limits.take_slots(lane, holder=other, count=4, hold=HOLD) == 2
    assert limits.take_slots(lane, holder=other, count=4, hold=HOLD) == 0

    limits.give_back_slots(one)
    assert limits.take_slots(lane, holder=other, count=4, hold=HOLD) == 4


@pytest.mark.proves("R1.10")
def test_the_slots_of_a_dead_holder_come_free_and_are_his_no_more(lane):
    dead, living = uuid.uuid4(), uuid.uuid4()
    limits.take_slots(lane, holder=dead, count=6, hold=HOLD)
    Slot.objects.update(held_until=database_now() - timedelta(seconds=1))

    assert limits.take_slots(lane, holder=living, count=6, hold=HOLD) == 6
    assert limits.renew_slots(lane, holder=dead, hold=HOLD) == 0
    assert limits.renew_slots(lane, holder=living, hold=HOLD) == 6


@pytest.mark.proves("R2.1", "R7.4")
@pytest.mark.django_db(transaction=True)
def test_takers_at_once_part_the_slots_between_them(settings):
    settings.LANE_CONCURRENCY = {LANE.value: "10"}
    limits.ensure_lane(LANE)
    holders = [uuid.uuid4() for _ in range(6)]

    taken = at_once(*[lambda one=one: limits.take_slots(LANE, holder=one, count=4, hold=HOLD) for one in holders])

    assert sum(taken) == 10
    assert Slot.objects.filter(lane=LANE.value, holder__isnull=False).count() == 10


# --- figures ----------------------------------------------------------------------------------------------------


def test_changed_figures_change_the_lane_and_its_slots(lane, settings):
    settings.LANE_LIMITS = {LANE.value: "3,4"}
    settings.LANE_CONCURRENCY = {LANE.value: "2"}
    limits.ensure_lane(lane)

    row = Lane.objects.get(name=lane.value)
    assert (row.rate, row.burst, row.slots.count()) == (3, 4, 2)
    assert limits.buy(lane, count=100).granted == 4


def test_a_slot_that_the_lane_has_no_more_is_taken_by_nobody(lane, settings):
    holder = uuid.uuid4()
    limits.take_slots(lane, holder=holder, count=6, hold=HOLD)
    limits.set_own(lane, rate=1, burst=1, slots=2, by="anna", why="slow")
    Slot.objects.filter(lane=lane.value, number=6).update(holder=None, held_until=None)

    assert limits.take_slots(lane, holder=uuid.uuid4(), count=6, hold=HOLD) == 0
    assert limits.give_back_beyond(lane, holder=holder, count=2) == (2, 3)
    assert limits.give_back_beyond(lane, holder=holder, count=9) == (1, 1)
    assert limits.renew_slots(lane, holder=holder, hold=HOLD) == 2


def test_what_a_person_set_goes_before_the_settings_until_it_is_taken_back(lane, settings):
    limits.set_own(lane, rate=3, burst=4, slots=12, by="anna", why="slow")
    settings.LANE_LIMITS = {LANE.value: "7,8"}
    settings.LANE_CONCURRENCY = {LANE.value: "2"}
    limits.ensure_lane(lane)
    by_hand = limits.current(lane)

    limits.set_own(lane, rate=None, burst=None, slots=None, by="", why="")

    assert (by_hand.rate, by_hand.burst, by_hand.slots, by_hand.slots_per_drainer) == (3, 4, 12, 10)
    assert limits.current(lane) == figures(lane)
    assert Slot.objects.filter(lane=lane.value).count() == 2


@pytest.mark.proves("R2.3")
def test_a_higher_rate_earns_nothing_for_the_time_before_it(lane):
    limits.buy(lane, count=BURST)
    let_pass(50)

    limits.set_own(lane, rate=1000, burst=BURST, slots=6, by="anna", why="faster")

    earned = Lane.objects.get(name=lane.value).tokens
    assert 50 * RATE <= earned < 50 * RATE + 1


def test_a_slot_in_use_is_not_taken_away(lane, settings):
    limits.take_slots(lane, holder=uuid.uuid4(), count=6, hold=HOLD)
    settings.LANE_CONCURRENCY = {LANE.value: "2"}

    limits.ensure_lane(lane)

    assert Slot.objects.filter(lane=lane.value).count() == 6


def test_a_lane_that_is_as_it_is_wanted_is_not_written(lane, django_assert_num_queries):
    with django_assert_num_queries(4):  # two, and a savepoint around them
        limits.ensure_lane(lane)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        pytest.param("LANE_LIMITS", "fast", "LIMIT_OUTGOING is 'fast'; it takes calls a second", id="no number"),
        pytest.param(
            "LANE_LIMITS", "0,1", "LIMIT_OUTGOING is '0,1'; both numbers must be above 0", id="no calls at all"
        ),
        pytest.param("LANE_LIMITS", "nan", "LIMIT_OUTGOING is 'nan'", id="not a number"),
        pytest.param("LANE_LIMITS", "inf,1", "LIMIT_OUTGOING is 'inf,1'", id="without end"),
        pytest.param("LANE_CONCURRENCY", "0", "CONCURRENCY_OUTGOING is '0'; it takes a whole number", id="no slot"),
        pytest.param("LANE_CONCURRENCY", "many", "CONCURRENCY_OUTGOING is 'many'", id="no number of slots"),
    ],
)
def test_figures_that_make_no_sense_are_refused_by_the_name_of_their_variable(settings, variable, value, words):
    setattr(settings, variable, {LANE.value: value})

    with pytest.raises(HunterError) as caught:
        figures(LANE)

    assert caught.value.message.startswith(words)


@pytest.mark.proves("R2.7")
def test_no_setting_lets_two_processes_renew_a_token_at_once(settings):
    settings.LANE_CONCURRENCY = {"entra": "2"}

    with pytest.raises(HunterError, match="the right to renew"):
        figures(LaneName.ENTRA)
