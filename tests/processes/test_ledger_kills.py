"""The ledger under SIGKILL: whatever process dies wherever, each item is done exactly once in the end."""

from __future__ import annotations

import signal
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from hunter.remote.clock import database_now
from hunter.remote.models import Slot
from hunter.work.asking import ask
from hunter.work.claims import DEATHS_BEFORE_ALONE, DEATHS_BEFORE_POISON
from hunter.work.models import Attempt, ErrorRecord, Item
from tests.hunter.work import toy
from tests.hunter.work.toy import LANE, TOY
from tests.processes.running import KILLED, LONGEST_RUN, is_asleep, run, started
from tests.waiting import until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.usefixtures("toys"),
]

KEYS = [f"{number:02}" for number in range(12)]


def drain(**changes: str):
    return run("drain", LANE.value, **changes)


def let_leases_run_out() -> None:
    """What the dead process held is free: its time is over."""
    with connection.cursor() as cursor:
        cursor.execute("update work_item set due_at = clock_timestamp() where lease is not null")
        cursor.execute("update remote_slot set held_until = clock_timestamp() where holder is not null")


@pytest.mark.proves("R1.8", "R1.9", "R1.10")
@pytest.mark.fault(1, 2, 3)
@pytest.mark.parametrize(
    ("passes", "slots"),
    [pytest.param(1, 8, id="of the first block"), pytest.param(3, 1, id="of the third, one after the other")],
)
@pytest.mark.parametrize(
    ("place", "settled_before"),
    [
        pytest.param("toy.before_claim_commit", 1, id="with the claim written and not committed"),
        pytest.param("toy.after_claim_commit", 1, id="with the claim committed and nothing begun"),
        pytest.param("toy.before_settle", 1, id="with acts that ended and are not settled"),
        pytest.param("toy.before_settle_commit", 1, id="with the settle written and not committed"),
        pytest.param("toy.after_settle_commit", 0, id="with the settle committed"),
    ],
)
def test_a_drainer_killed_at_any_point_leaves_each_item_done_exactly_once(place, settled_before, passes, slots):
    ask(TOY, KEYS)

    killed = drain(HUNTER_CRASH_AT=f"{place}:{passes}", CONCURRENCY_OUTGOING=str(slots))

    assert killed.returncode == KILLED, killed.stderr
    if slots == 1:
        assert len(toy.done()) == passes - settled_before
    let_leases_run_out()

    survivor = drain()

    assert survivor.returncode == 0, survivor.stderr
    assert toy.done() == KEYS
    assert Item.objects.filter(served=1, lease=None, due_at=None, dead_at=None, attempts=0).count() == len(KEYS)
    assert not ErrorRecord.objects.exists()
    assert not Slot.objects.filter(holder__isnull=False).exists()


@pytest.mark.proves("R1.10")
@pytest.mark.fault(1)
def test_what_a_dead_drainer_held_is_taken_up_again_without_a_person():
    """No hand in it: the lease ends by the database's clock."""
    ask(TOY, KEYS)
    drain(HUNTER_CRASH_AT="toy.before_settle", LEASE_SECONDS="1")

    until(lambda: drain(LEASE_SECONDS="1").returncode == 0 and toy.done() == KEYS, what="all toys are made")

    assert Attempt.objects.filter(outcome="lost").exists()
    assert not Item.objects.exclude(served=1, died=0, lease=None).exists()


@pytest.mark.fault(5, 6)
@pytest.mark.proves("R1.10")
@pytest.mark.parametrize(
    "place", ["toy.after_claim_commit", "toy.before_settle"], ids=["before its act", "after its act"]
)
def test_a_process_that_slept_past_its_lease_settles_nothing(place):
    ask(TOY, ["a"])
    with started("drain", LANE.value, "--json", HUNTER_STOP_AT=place, LEASE_SECONDS="600") as sleeper:
        until(lambda: is_asleep(sleeper.pid), what="the process sleeps")
        let_leases_run_out()

        assert drain().returncode == 0
        assert toy.done() == ["a"]
        served = Item.objects.values().get()
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(timeout=LONGEST_RUN) == 0

    assert toy.done() == ["a"]
    assert Item.objects.values().get() == served


@pytest.mark.fault(7)
@pytest.mark.proves("R1.6", "R1.10")
def test_an_item_that_kills_every_process_ends_alone_as_a_dead_letter_and_takes_nobody_with_it():
    ask(TOY, [*KEYS[:4], "deadly"])
    deaths = 0
    while drain(TOY_DEADLY="deadly").returncode == KILLED:
        deaths += 1
        if deaths == DEATHS_BEFORE_ALONE + 1:  # those between the first and the last are like each other
            Item.objects.filter(key="deadly").update(died=DEATHS_BEFORE_POISON - 2)
        let_leases_run_out()
        assert deaths <= DEATHS_BEFORE_POISON

    deadly = Item.objects.get(key="deadly")
    assert deadly.died == DEATHS_BEFORE_POISON
    assert deadly.dead_at is not None
    assert toy.done() == KEYS[:4]
    assert not Item.objects.exclude(key="deadly").filter(died__gt=DEATHS_BEFORE_ALONE).exists()
    assert ErrorRecord.objects.get().key == "deadly"


def test_a_lease_of_another_process_is_not_renewed():
    ask(TOY, ["a"])
    slow = {"TOY_ACT": "sleep", "TOY_SECONDS": "1.5", "LEASE_SECONDS": "1"}
    with started("drain", LANE.value, HUNTER_STOP_AT="toy.after_claim_commit", **slow) as sleeper:
        until(lambda: is_asleep(sleeper.pid), what="the process sleeps")
        other = uuid.uuid4()
        until_when = database_now() + timedelta(hours=1)
        Item.objects.update(lease=other, due_at=until_when)
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(timeout=LONGEST_RUN) == 0

    assert (Item.objects.get().lease, Item.objects.get().due_at) == (other, until_when)
    assert toy.done() == []
