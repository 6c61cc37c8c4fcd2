from __future__ import annotations

import asyncio
import threading
import time
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction

from hunter.remote import limits
from hunter.remote.errors import Deferred
from hunter.remote.gate import PurseGate, direct_gate
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane, Slot
from tests.outage import out_of_reach
from tests.threads import at_once
from tests.waiting import PATIENCE, until

LANE = LaneName.OUTGOING


def soon() -> float:
    return time.monotonic() + 0.05


def late() -> float:
    return time.monotonic() + PATIENCE


@pytest.fixture
def stirred() -> threading.Event:
    return threading.Event()


@pytest.fixture
def gate(stirred) -> PurseGate:
    return PurseGate(LANE, stir=stirred.set)


def started(gate: PurseGate, results: list[str], name: str) -> threading.Thread:
    """A thread that waits at the gate and then writes what became of it."""

    def go() -> None:
        try:
            gate.pass_(deadline=late())
            results.append(name)
        except Deferred as sent_back:
            results.append(f"{name}: {sent_back.message}")

    before = gate.waiting()
    thread = threading.Thread(target=go)
    thread.start()
    until(lambda: gate.waiting() == before + 1, what="the thread waits at the gate")
    return thread


def test_a_call_that_gets_no_leave_in_time_is_deferred(gate, stirred):
    with pytest.raises(Deferred, match="gave no leave for a call in time"):
        gate.pass_(deadline=soon())

    assert stirred.is_set()
    assert gate.waiting() == 0


def test_grants_go_to_those_who_wait_first_come_first_served(gate):
    results: list[str] = []
    threads = [started(gate, results, name) for name in "abc"]

    gate.grant(2)
    until(lambda: len(results) == 2)
    gate.grant(1)
    for thread in threads:
        thread.join()

    assert sorted(results[:2]) == ["a", "b"]
    assert results[2] == "c"


def test_a_grant_is_not_kept_for_later(gate):
    gate.grant(5)

    with pytest.raises(Deferred):
        gate.pass_(deadline=soon())


def test_one_that_gave_up_waiting_takes_no_grant_from_the_next(gate):
    with pytest.raises(Deferred):
        gate.pass_(deadline=time.monotonic())
    results: list[str] = []
    thread = started(gate, results, "next")

    gate.grant(1)
    thread.join()

    assert results == ["next"]


def test_a_closed_gate_sends_back_who_waits_and_who_comes_until_it_is_opened(gate):
    results: list[str] = []
    thread = started(gate, results, "waits")

    gate.close("Paused.")
    thread.join()
    with pytest.raises(Deferred, match="Paused"):
        gate.pass_(deadline=late())
    gate.open()
    with pytest.raises(Deferred, match="in time"):
        gate.pass_(deadline=soon())

    assert results == ["waits: Paused."]


def test_an_event_loop_waits_at_the_same_gate(gate):
    async def three_calls():
        calls = [asyncio.create_task(gate.pass_async(deadline=late())) for _ in range(2)]
        calls.append(asyncio.create_task(gate.pass_async(deadline=soon())))
        while gate.waiting() < 3:  # noqa: ASYNC110  the gate tells nobody who waits
            await asyncio.sleep(0)
        gate.grant(2)
        return await asyncio.gather(*calls, return_exceptions=True)

    first, second, third = asyncio.run(three_calls())

    assert (first, second) == (None, None)
    assert isinstance(third, Deferred)


@pytest.mark.proves("R2.1")
def test_exactly_as_many_pass_as_are_granted_whoever_gives_up_meanwhile(gate):
    passed, deferred = [], []

    def hasty(number: int) -> None:
        try:
            gate.pass_(deadline=time.monotonic() + number % 7 / 1000)
            passed.append(number)
        except Deferred:
            deferred.append(number)

    threads = [threading.Thread(target=hasty, args=[number]) for number in range(60)]
    for thread in threads:
        thread.start()
    granted = 0
    while any(thread.is_alive() for thread in threads):
        gate.grant(1)
        granted += 1
    for thread in threads:
        thread.join()

    assert len(passed) + len(deferred) == 60
    assert len(passed) <= granted


# --- a process that is no drainer -------------------------------------------------------------------------------


@pytest.fixture
def lane(settings, db) -> LaneName:
    settings.LANE_LIMITS = {LANE.value: "0.001,2"}
    settings.LANE_CONCURRENCY = {LANE.value: "1"}
    limits.ensure_lane(LANE)
    Lane.objects.filter(name=LANE.value).update(tokens=2)
    return LANE


def test_a_page_or_a_command_takes_a_slot_for_its_own_time_and_buys_each_call(lane):
    with direct_gate(lane, wait=timedelta(0)) as gate:
        assert Slot.objects.filter(lane=lane.value, holder__isnull=False).count() == 1
        gate.pass_(deadline=soon())
        gate.pass_(deadline=soon())
        with pytest.raises(Deferred, match="busy or paused"):
            gate.pass_(deadline=soon())

    assert not Slot.objects.filter(lane=lane.value, holder__isnull=False).exists()


def test_where_all_slots_are_taken_a_page_is_told_so(lane):
    limits.take_slots(lane, holder=uuid.uuid4(), count=1, hold=timedelta(minutes=1))

    with pytest.raises(Deferred, match="busy; try again"), direct_gate(lane, wait=timedelta(seconds=0.1)):
        pass


@pytest.mark.proves("R2.1", "R2.3")
@pytest.mark.django_db(transaction=True)
def test_two_processes_never_hold_the_one_slot_of_a_lane_at_once(settings):
    settings.LANE_CONCURRENCY = {LANE.value: "1"}
    settings.LANE_LIMITS = {LANE.value: "1000,1000"}
    inside, most, lock = [0], [0], threading.Lock()

    def work() -> None:
        for _ in range(5):
            with direct_gate(LANE, wait=timedelta(seconds=PATIENCE)) as gate:
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                gate.pass_(deadline=late())
                with lock:
                    inside[0] -= 1

    at_once(work, work, work)

    assert most[0] == 1


@pytest.mark.proves("R2.2")
@pytest.mark.fault(26)
@pytest.mark.django_db(transaction=True)
def test_without_the_database_no_call_goes_out_uncounted(settings):
    settings.LANE_LIMITS = {LANE.value: "1000,1000"}
    with direct_gate(LANE, wait=timedelta(0)) as gate:
        out_of_reach()

        with pytest.raises(Deferred, match="can't be reached"):
            gate.pass_(deadline=late())

        connection.close()
        gate.pass_(deadline=late())


@pytest.mark.proves("R3.7")
@pytest.mark.django_db(transaction=True)
def test_no_call_goes_out_while_a_transaction_is_open():
    with (
        direct_gate(LANE, wait=timedelta(0)) as gate,
        transaction.atomic(),
        pytest.raises(RuntimeError, match="durable"),
    ):
        gate.pass_(deadline=late())
