"""A person changes the limit of a lane while a drainer works it: it follows, without a restart."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

import pytest

from hunter.remote import limits
from hunter.remote.models import Slot
from hunter.work.asking import ask
from hunter.work.kinds import Done
from hunter.work.models import Priority
from tests.hunter.work import toy
from tests.hunter.work.toy import LANE, TOY, AsyncToyHandler
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db


def set_by_hand(*, rate: float = 100_000.0, burst: int = 100_000, slots: int = 4) -> Done:
    limits.ensure_lane(LANE)
    limits.set_own(LANE, rate=rate, burst=burst, slots=slots, by="anna", why="a test")
    return Done()


def ask_then(keys, **figures) -> Done:
    """In the settle of the first item: new figures, and work that they are for."""
    set_by_hand(**figures)
    ask(TOY, keys)
    return Done()


@pytest.mark.proves("R2.3")
def test_a_drainer_follows_slots_that_become_fewer(script, drain):
    set_by_hand(slots=6)
    lock, open_now, most = threading.Lock(), [0], [0]
    keys, two_at_once = [f"{number:02}" for number in range(20)], threading.Barrier(2, timeout=PATIENCE)

    def act(gates):
        with lock:
            open_now[0] += 1
            most[0] = max(most[0], open_now[0])
        two_at_once.wait()
        with lock:
            open_now[0] -= 1

    for key in keys:
        script.acts[key] = [act]
    script.settles["first"] = lambda outcome: ask_then(keys, slots=2)
    ask(TOY, ["first"])

    drain()

    assert toy.done() == [*keys, "first"]
    assert most[0] == 2
    assert not Slot.objects.filter(lane=LANE.value, holder__isnull=False).exists()


def test_a_drainer_follows_slots_that_become_more(script, drain):
    set_by_hand(slots=1)
    together = threading.Barrier(5, timeout=PATIENCE)
    keys = [f"at once {number}" for number in range(5)]
    for key in keys:
        script.acts[key] = [lambda gates: together.wait()]
    script.settles["first"] = lambda outcome: ask_then(keys, slots=5)
    ask(TOY, ["first"])

    report = drain()

    assert report.done == 6


def test_a_drainer_follows_a_rate_that_is_raised(make_toy, drain):
    set_by_hand(rate=0.001, burst=1, slots=4)
    script = make_toy(AsyncToyHandler)
    script.acts = defaultdict(lambda: [lambda gates: gates[LANE].pass_async(deadline=time.monotonic() + PATIENCE)])
    script.settles["a"] = lambda outcome: set_by_hand(rate=1000.0, burst=100)
    ask(TOY, ["a"], priority=Priority.PERSON)
    ask(TOY, ["b", "c", "d"])

    report = drain()

    assert report.done == 4
