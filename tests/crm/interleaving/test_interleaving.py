"""The decisions of a push against a CRM that loses answers, workers that die, and people on both sides.

A failing run prints its seed and its story. To play one again:  HUNTER_SEED=421 pytest tests/crm/interleaving
More runs than usual:                                            HUNTER_RUNS=100000 pytest tests/crm/interleaving
"""

from __future__ import annotations

import os

import pytest

from tests.crm.interleaving.protocols import REAL, WITHOUT_A_RULE, Protocol
from tests.crm.interleaving.world import replayed

RUNS = int(os.environ.get("HUNTER_RUNS", "3000"))
MOST_RUNS_TO_A_CATCH = 20_000
SEEDS = [int(os.environ["HUNTER_SEED"])] if "HUNTER_SEED" in os.environ else range(RUNS)


@pytest.mark.proves("R1.1")
@pytest.mark.parametrize(
    "loses_commits",
    [
        pytest.param(False, id="one lead and the newest values when commits hold"),
        pytest.param(True, id="one lead also when the last commits are lost"),
    ],
)
def test_any_interleaving_leaves_one_lead_and_no_older_value(loses_commits):
    for seed in SEEDS:
        faults, story = replayed(seed, REAL, loses_commits=loses_commits)

        assert not faults, "\n".join([f"HUNTER_SEED={seed}", *story, *faults])


@pytest.mark.proves("R6.7")
@pytest.mark.parametrize("protocol", WITHOUT_A_RULE, ids=lambda protocol: protocol.name)
def test_the_loss_of_a_rule_is_caught(protocol: Protocol):
    caught = (
        seed
        for seed in range(MOST_RUNS_TO_A_CATCH)
        if replayed(seed, protocol, loses_commits=protocol.needs_lost_commits)[0]
    )

    assert next(caught, None) is not None


@pytest.mark.proves("R6.4")
def test_a_seed_plays_the_same_run_again():
    assert replayed(7, REAL, loses_commits=False) == replayed(7, REAL, loses_commits=False)
