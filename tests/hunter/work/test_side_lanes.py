"""The slots of a lane beside the drainer's own: held while a conversation goes on, free for others afterwards (R2.1)."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from datetime import timedelta

import pytest
from django.db import connections

from hunter.remote import limits
from hunter.remote.errors import Deferred
from hunter.remote.lanes import LaneName
from hunter.remote.models import Slot
from hunter.work.side_lanes import SideGate
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)
LANE, SLOTS, HOLD = LaneName.RDAP, 2, timedelta(minutes=1)


@pytest.fixture
def gate(settings):
    settings.LANE_CONCURRENCY = {LANE.value: str(SLOTS)}
    limits.ensure_lane(LANE)
    return SideGate(LANE, holder=uuid.uuid4(), hold=HOLD, stir=threading.Event().set)


def held():
    return Slot.objects.filter(lane=LANE, holder__isnull=False).count()


async def conversation(gate, begun, end, *, wait=PATIENCE):
    async with gate.slot(deadline=time.monotonic() + wait):
        begun.append(1)
        await end.wait()


async def beside(work):
    """In a thread with a connection of its own, as the drainer's main thread is."""

    def run():
        try:
            return work()
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


async def beat(gate):
    """What the drainer's main thread does, and what then goes on."""
    await beside(gate.fill_slots)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@pytest.mark.proves("R2.1")
def test_no_more_talk_at_once_than_there_are_slots_and_those_who_end_let_others_in(gate):
    async def run():
        begun: list[int] = []
        end = asyncio.Event()
        talks = [asyncio.create_task(conversation(gate, begun, end)) for _ in range(3)]
        await asyncio.sleep(0)
        await beat(gate)
        first = len(begun)
        await beat(gate)
        still = len(begun)
        end.set()
        await asyncio.gather(*talks[:2])
        await beat(gate)
        between = await beside(held)
        await beat(gate)
        await talks[2]
        await beat(gate)
        return first, still, between, len(begun)

    assert asyncio.run(run()) == (SLOTS, SLOTS, 0, 3)
    assert held() == 0


@pytest.mark.proves("R2.1")
def test_a_slot_that_comes_too_late_is_not_lost(gate):
    async def run():
        begun: list[int] = []
        end = asyncio.Event()
        with pytest.raises(Deferred):
            await conversation(gate, begun, end, wait=0.0)
        late = asyncio.create_task(conversation(gate, begun, end))
        await asyncio.sleep(0)
        late.cancel()
        await beat(gate)
        await beat(gate)
        return begun

    assert asyncio.run(run()) == []
    assert held() == 0


def test_a_gate_that_closes_sends_back_who_waits_for_a_slot_and_counts_nothing(gate):
    async def run():
        begun: list[int] = []
        end = asyncio.Event()
        waits = asyncio.create_task(conversation(gate, begun, end))
        await asyncio.sleep(0)
        gate.close("Paused.")
        with pytest.raises(Deferred, match="Paused"):
            await waits
        gate.open()
        await beat(gate)
        return begun

    assert asyncio.run(run()) == []
    assert held() == 0
