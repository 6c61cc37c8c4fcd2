"""Many processes on one ledger: they part the work, and nobody deadlocks."""

from __future__ import annotations

import signal
from random import Random

import pytest
from django.db import transaction

from hunter.remote.models import Slot
from hunter.work.asking import ask
from hunter.work.models import Item, Priority
from tests.deadlock import deadlocks
from tests.hunter.work import toy
from tests.hunter.work.toy import LANE, TOY
from tests.processes.running import LONGEST_RUN, is_asleep, run, started
from tests.threads import at_once
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.usefixtures("toys")]

KEYS = [f"{number:03}" for number in range(60)]


@pytest.mark.proves("R7.4", "R1.10")
@pytest.mark.fault(6)
def test_two_drainers_part_the_slots_and_the_work():
    ask(TOY, KEYS)
    together = {"CONCURRENCY_OUTGOING": "12", "LEASE_SECONDS": "600"}
    with started("drain", LANE.value, HUNTER_STOP_AT="toy.after_claim_commit", **together) as first:
        until(lambda: is_asleep(first.pid), what="the first sleeps with its block")
        held = set(Item.objects.filter(lease__isnull=False).values_list("key", flat=True))
        taken = Slot.objects.filter(lane=LANE.value, holder__isnull=False).count()

        second = run("drain", LANE.value, **together)

        assert (len(held), taken) == (10, 10)
        assert second.returncode == 0, second.stderr
        assert set(toy.done()) == set(KEYS) - held
        first.send_signal(signal.SIGCONT)
        assert first.wait(timeout=LONGEST_RUN) == 0

    assert toy.done() == KEYS


@pytest.mark.proves("R3.6", "R1.9")
@pytest.mark.fault(29)
def test_requesters_and_drainers_on_the_same_items_never_deadlock_and_lose_nothing():
    before = deadlocks()
    rounds = 40

    def requester(seed: int) -> None:
        chance = Random(seed)
        for _ in range(rounds):
            wanted = chance.sample(KEYS, 30)
            with transaction.atomic():
                ask(TOY, wanted, priority=chance.choice(list(Priority)))

    with started("drain", LANE.value, "--budget", "60") as one, started("drain", LANE.value, "--budget", "60") as other:
        at_once(*[lambda seed=seed: requester(seed) for seed in range(3)])
        assert (one.wait(timeout=LONGEST_RUN), other.wait(timeout=LONGEST_RUN)) == (0, 0)

    last = run("drain", LANE.value)

    assert last.returncode == 0, last.stderr
    assert deadlocks() == before
    assert Item.objects.count() == len(KEYS)
    assert not Item.objects.exclude(lease=None, due_at=None, dead_at=None, died=0).exists()
    assert all(one.requested == one.served for one in Item.objects.all())
