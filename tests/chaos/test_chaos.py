"""The short form of the chaos suite: the same run as `make chaos`, with few items."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest

from tests.chaos.plan import FAULTS, Plan, Trouble
from tests.processes.running import ROOT

SHORT = ("--items", "80", "--kills", "4", "--seed", "11")
LONGEST_SECONDS = 900  # on a busy machine; half a minute on one that is not


@pytest.mark.processes
@pytest.mark.timeout(LONGEST_SECONDS + 20)
@pytest.mark.proves("R1.1", "R1.9", "R1.10", "R6.3")
@pytest.mark.fault(1, 2, 3, 4, 6, 7, 10, 11, 14, 17, 26)
def test_the_books_balance_after_kills_restarts_storms_and_lost_answers():
    run = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *SHORT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )

    assert run.returncode == 0, run.stderr + run.stdout
    told = json.loads(run.stdout.splitlines()[-1])
    assert (told["items"], told["wrong"]) == (80, 0)
    assert told["killed"] > 0
    assert told["events"] == Plan.drawn(seed=11, items=80, kills=4).counts()


@pytest.mark.proves("R6.4")
def test_a_seed_gives_the_same_plan_and_another_seed_another():
    plans = [Plan.drawn(seed=seed, items=1000, kills=100) for seed in (7, 7, 8)]

    assert plans[0] == plans[1] != plans[2]


def test_a_plan_kills_as_often_as_asked_and_brings_each_trouble_and_each_fault():
    plan = Plan.drawn(seed=3, items=1000, kills=100)

    counts = Counter(event.name for event in plan.events)
    assert counts[Trouble.KILL] == 100
    assert set(counts) == {*Trouble, *FAULTS} - {Trouble.FAULT}
    assert [event.at for event in plan.events] == sorted(event.at for event in plan.events)
