"""Ledger, lane and push together: Hunter's own statements and decisions under a seeded scheduler.

A failing history prints its seed and its story. To play one again:  HUNTER_SEED=421 pytest tests/simulation
More histories than usual:                                           HUNTER_RUNS=10000 pytest -n auto tests/simulation

Taken away by hand, one at a time, and caught within sixty histories: the lease's comparison at the settle; a request made
while the act runs; the attempt given back after a lost lease; an expired lease as a due item; the record of what is given
up, and its end with the success; a dead letter that a person's wish revives; the attempt given back for a call that was not
made; in the purse's statement the pause, a person's hold, the rate, the probation's end; the pause that a 429 tells of;
the attempt given back for a 429, and for what follows a failure of the service; the policy's limit of attempts; the request
that outlives a dead letter.
The rules of the push itself are taken away in tests/crm/interleaving.
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace

import pytest

from crm.push_kind import push_kind
from crm.registry import crm_backend
from hunter.work import kinds
from tests.simulation import clock, tables
from tests.simulation.history import KIND, LANE, History
from tests.simulation.invariants import BURST, RATE
from tests.simulation.pushing import SimulatedPush

RUNS = int(os.environ.get("HUNTER_RUNS", "120"))
PARTS = 8  # so that several processes can share them


@pytest.fixture
def simulated(db, settings, monkeypatch, caplog):
    """The database's clock in our hand, and a push whose records and CRM are the history's."""
    settings.LANE_LIMITS = {LANE.value: f"{RATE},{BURST}"}
    settings.LANE_CONCURRENCY = {LANE.value: "4"}
    settings.LEASE_SECONDS = 180
    caplog.set_level(logging.ERROR, logger="hunter")
    tables.install()
    clock.install()
    playing: list[History] = []

    def handler() -> SimulatedPush:
        return playing[-1].handler()

    kind = replace(push_kind(crm_backend()), handler=handler)
    monkeypatch.setitem(kinds._kinds, KIND, kind)

    def play(seed: int, *, jumps: bool) -> tuple[list[str], list[str]]:
        playing[:] = [History.seeded(seed, jumps=jumps)]
        wrong = playing[-1].run()
        return wrong, playing[-1].story

    return play


def seeds(part: int) -> range | list[int]:
    if "HUNTER_SEED" in os.environ:
        return [int(os.environ["HUNTER_SEED"])] if part == 0 else []
    return range(part, RUNS, PARTS)


@pytest.mark.timeout(3600)
@pytest.mark.proves("R1.1", "R1.9", "R1.10", "R2.3", "R2.6", "R5.8", "R6.4")
@pytest.mark.fault(1, 2, 4, 5, 6, 14, 15, 17, 30)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_keeps_what_must_hold_and_comes_to_rest(simulated, part):
    for seed in seeds(part):
        wrong, story = simulated(seed, jumps=seed % 4 == 3)

        assert not wrong, "\n".join([f"HUNTER_SEED={seed}", *story, *wrong])


def test_a_seed_plays_the_same_history_again(simulated):
    assert simulated(7, jumps=False) == simulated(7, jumps=False)
