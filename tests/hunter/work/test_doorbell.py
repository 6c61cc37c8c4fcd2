from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django_q.models import OrmQ

from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.remote.models import Lane
from hunter.work import doorbell
from hunter.work.asking import ask, sweep
from hunter.work.drainer import Drainer
from hunter.work.kinds import Again, Done
from hunter.work.models import Heartbeat, Item
from hunter.work.tasks import drain_lane, mend_clock_leap, tick
from tests.hunter.work import toy
from tests.hunter.work.toy import LANE, TOY

pytestmark = pytest.mark.django_db


@pytest.fixture
def lane(db) -> Lane:
    limits.ensure_lane(LANE)
    return Lane.objects.get(name=LANE.value)


def unheard() -> int:
    return int(OrmQ.objects.count())


def test_a_lane_has_at_most_one_unheard_bell(lane):
    assert [doorbell.ring(LANE) for _ in range(3)] == [True, False, False]
    assert unheard() == 1


def test_a_bell_that_was_heard_can_be_rung_again(lane):
    doorbell.ring(LANE)
    doorbell.hear(LANE)

    assert doorbell.ring(LANE)


def test_a_bell_that_nobody_heard_for_a_minute_is_taken_for_lost(lane):
    Lane.objects.filter(pk=lane.pk).update(rung_at=database_now() - timedelta(seconds=61))

    assert doorbell.ring(LANE)


@pytest.mark.fault(30)
def test_a_bell_from_the_future_does_not_silence_the_lane(lane):
    Lane.objects.filter(pk=lane.pk).update(rung_at=database_now() + timedelta(hours=1))

    assert doorbell.ring(LANE)


def test_asking_rings_after_the_commit_and_not_before(script, lane, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        ask(TOY, ["a"])
        ask(TOY, ["b"])
        assert unheard() == 0

    assert unheard() == 1


def test_work_that_was_rolled_back_rings_nothing(script, lane, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                ask(TOY, ["a"])
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass

    assert (unheard(), Item.objects.count()) == (0, 0)


def test_answering_the_bell_drains_the_lane(script, lane):
    doorbell.ring(LANE)
    ask(TOY, ["a"])

    drain_lane(LANE.value)

    lane.refresh_from_db()
    assert lane.rung_at is None
    assert toy.done() == ["a"]


def test_a_drainer_whose_budget_ends_rings_for_the_rest(script, lane):
    ask(TOY, ["a"])

    Drainer(LANE, budget=timedelta(0)).run()

    assert unheard() == 1


@pytest.mark.parametrize("obstacle", ["pause", "hold", "future"])
def test_a_drainer_does_not_ring_for_what_nobody_can_do_now(script, lane, obstacle):
    ask(TOY, ["a"], wait=timedelta(minutes=5) if obstacle == "future" else timedelta(0))
    if obstacle == "pause":
        limits.pause(LANE, wait=timedelta(minutes=5), reason="trouble")
    Lane.objects.filter(pk=lane.pk).update(held=obstacle == "hold")

    Drainer(LANE, budget=timedelta(seconds=1)).run()

    assert unheard() == 0


def test_the_tick_rings_for_what_a_lost_bell_left_behind_and_gives_a_sign_of_life(script, lane):
    ask(TOY, ["a"], wait=timedelta(seconds=30))
    before = database_now()

    tick()

    assert Lane.objects.get(pk=LANE.value).rung_at is not None
    assert Heartbeat.objects.get(name="workers").at >= before


@pytest.mark.proves("R1.10")
def test_the_tick_rings_for_an_item_whose_holder_has_died(script, lane):
    ask(TOY, ["a"])
    Item.objects.update(lease=uuid.uuid4(), due_at=database_now() - timedelta(seconds=1))

    tick()

    assert Lane.objects.get(pk=LANE.value).rung_at is not None


def test_the_tick_leaves_a_lane_with_nothing_due_in_peace(script, lane):
    ask(TOY, ["a"], wait=timedelta(minutes=10))

    tick()

    assert Lane.objects.get(pk=LANE.value).rung_at is None


def test_standing_work_is_asked_for_once_and_comes_back_by_itself(make_toy, lane, item, drain):
    script = make_toy(standing_key="clock")
    script.settles["clock"] = lambda outcome: Done(next_due=timedelta(hours=1))

    tick()
    drain()
    tick()

    assert script.acted == ["clock"]
    assert item("clock").requested == 1


def test_a_sweep_that_asks_for_nothing_new_needs_no_second_request(script, lane, item):
    sweep(TOY, ["a"])
    sweep(TOY, ["a"])

    assert item("a").requested == 1


@pytest.mark.fault(30)
def test_a_clock_that_went_back_keeps_neither_leases_nor_waits_out_of_reach(script, lane, drain, item, settings):
    script.settles["waits"] = lambda outcome: Again(wait=timedelta(hours=1))
    ask(TOY, ["leased", "waits", "planned"])
    Item.objects.filter(key="leased").update(lease=uuid.uuid4(), due_at=database_now() + timedelta(hours=1))
    Item.objects.filter(key="waits").update(attempts=1, due_at=database_now() + timedelta(hours=2))
    Item.objects.filter(key="planned").update(due_at=database_now() + timedelta(hours=5))

    mend_clock_leap()

    assert item("leased").due_at <= database_now()
    assert item("waits").due_at <= database_now()
    assert item("planned").due_at > database_now()
