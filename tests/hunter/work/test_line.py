"""The line in which items of one class wait: first come, first served, and what is begun is finished before the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hunter.work.asking import ask
from hunter.work.kinds import Again, Done, Outcome, Progress, Verdict
from hunter.work.models import Priority
from tests.hunter.work.toy import LANE, TOY, NoPlaceIsKept, Script

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R7.2")]


@pytest.fixture(autouse=True)
def _one_at_a_time(settings) -> None:
    settings.LANE_CONCURRENCY = {LANE.value: "1"}


def first(script: Script, key: str, verdict: Verdict) -> None:
    """Let the key's first act end with this verdict, and the second with success."""
    verdicts = iter([verdict, Done()])

    def settle(outcome: Outcome[str]) -> Verdict:
        return next(verdicts)

    script.settles[key] = settle


def test_the_next_act_of_what_is_under_way_goes_before_what_waits(script, drain):
    for key in "abc":
        first(script, key, Again())
    ask(TOY, "abc")

    drain()

    assert "".join(script.acted) == "aabbcc"


def test_a_piece_of_long_work_goes_behind_what_waits_so_that_it_holds_nobody_up(script, drain):
    for key in "ab":
        first(script, key, Progress())
    ask(TOY, "ab")

    drain()

    assert "".join(script.acted) == "abab"


def test_what_has_to_wait_loses_its_place(script, drain):
    first(script, "a", Again(wait=timedelta(milliseconds=50)))
    ask(TOY, "ab")

    drain()

    assert "".join(script.acted) == "aba"


def test_what_a_person_clicks_goes_before_the_next_act_of_what_is_under_way(script, drain):
    def asked_meanwhile(outcome: Outcome[str]) -> Verdict:
        script.settles.pop("a")
        ask(TOY, "c", priority=Priority.PERSON)
        return Again()

    script.settles["a"] = asked_meanwhile
    ask(TOY, "ab")

    drain(rng=NoPlaceIsKept())

    assert "".join(script.acted) == "acab"
