"""What two connections do to each other."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django_q.models import OrmQ

from hunter.remote.models import Lane
from hunter.transactions import retried
from hunter.work import claims, doorbell
from hunter.work.asking import ask
from hunter.work.models import ErrorRecord, Item, Priority
from hunter.work.retrying import retry_errors
from hunter.work.waiting import work_until
from tests.deadlock import crossed
from tests.factories.work import ErrorFactory
from tests.hunter.work import toy
from tests.hunter.work.toy import LANE, TOY
from tests.threads import at_once
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.django_db(transaction=True)

HOLD = timedelta(minutes=3)
KEYS = [str(number) for number in range(10)]


def claim(count: int) -> set[str]:
    with transaction.atomic():
        block = claims.claim(LANE, kinds=[TOY], count=count, lease=uuid.uuid4(), hold=HOLD, alone=False)
    return {one.key for one in block}


def beside(work):
    """Run it in a thread with a connection of its own; gives a future."""

    def run():
        try:
            return work()
        finally:
            connections.close_all()

    return ThreadPoolExecutor(1).submit(run)


def somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.proves("R3.6", "R7.4")
def test_two_claims_at_once_take_different_items_and_do_not_wait_for_each_other(script):
    ask(TOY, KEYS)

    with transaction.atomic():
        mine = {one.key for one in claims.claim(LANE, kinds=[TOY], count=4, lease=uuid.uuid4(), hold=HOLD, alone=False)}
        theirs = beside(lambda: claim(10)).result(timeout=PATIENCE)

    assert len(mine) == 4
    assert theirs == set(KEYS) - mine


def test_of_many_claims_at_once_each_item_is_in_one(script):
    ask(TOY, KEYS)

    blocks = at_once(*[lambda: claim(3)] * 6)

    assert sorted(key for block in blocks for key in block) == sorted(KEYS)


def test_a_request_waits_for_a_claim_and_is_not_lost(script, item):
    ask(TOY, ["a"])

    with transaction.atomic():
        claims.claim(LANE, kinds=[TOY], count=1, lease=uuid.uuid4(), hold=HOLD, alone=False)
        request = beside(lambda: ask(TOY, ["a"]))
        until(somebody_waits_for_us)
    request.result(timeout=PATIENCE)

    assert (item("a").taken, item("a").requested) == (1, 2)


@pytest.mark.proves("R1.10")
def test_a_bell_is_not_heard_before_its_ringing_is_there(script):
    """Else the mark stays with nobody to hear it, and the lane is silent for a minute."""
    with transaction.atomic():
        doorbell.ring(LANE)
        hearing = beside(lambda: doorbell.hear(LANE))
        until(somebody_waits_for_us)
    hearing.result(timeout=PATIENCE)

    assert Lane.objects.get(name=LANE.value).rung_at is None
    assert OrmQ.objects.count() == 1


def test_ringers_at_once_are_one_bell(script):
    rung = at_once(*[lambda: doorbell.ring(LANE)] * 6)

    assert rung.count(True) == OrmQ.objects.count() == 1


@pytest.mark.proves("R3.6")
@pytest.mark.fault(29)
def test_of_two_that_lock_the_same_rows_the_other_way_round_both_get_through(script):
    ask(TOY, ["a", "b"])
    tries: list[str] = []

    def lock_in_order(*keys: str):
        @retried
        def work() -> None:
            with transaction.atomic():
                for key in keys:
                    Item.objects.filter(key=key).update(asked_by=keys[0])
                    if len(tries) < 2:
                        tries.append(key)
                        until(lambda: len(tries) == 2)

        return work

    at_once(lock_in_order("a", "b"), lock_in_order("b", "a"))

    assert len(set(Item.objects.values_list("asked_by", flat=True))) == 1


def test_a_command_works_a_lane_off_until_it_is_done(script):
    ask(TOY, KEYS)

    assert work_until([LANE], done=lambda: len(toy.done()) == len(KEYS))
    assert toy.done() == KEYS


def test_a_command_gives_up_when_its_time_is_used(script):
    assert not work_until([LANE], done=lambda: False, budget=timedelta(seconds=0.3))


@pytest.mark.proves("R3.6")
def test_a_retry_that_deadlocks_with_a_settle_is_done_all_the_same(script):
    error = ErrorFactory(kind=TOY, key="a")
    ask(TOY, ["a"])

    counts = crossed(
        lambda: retry_errors([error], by=None),
        second=lambda: ErrorRecord.objects.select_for_update().get(),
        first=lambda: Item.objects.select_for_update().get(key="a"),
    )

    assert counts.queued == 1
    assert Item.objects.get(key="a").priority == Priority.PERSON
