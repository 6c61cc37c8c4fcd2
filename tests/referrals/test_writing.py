"""What is written to a referral, decided without a database (contract 3: transitions; R3.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunter.sandbox.partner_center.patching import ChangeRefused, check_transition
from referrals.writing import TARGETS, Change, Known, Pair, StatusStep, Wish, decide, refusal

NEW, ACTIVE = Pair("New", "Pending"), Pair("Active", "Accepted")
WON, LOST, EXPIRED = Pair("Closed", "Won"), Pair("Closed", "Lost"), Pair("Closed", "Expired")
PAIRS = [NEW, Pair("New", "Received"), ACTIVE, WON, LOST, Pair("Closed", "Declined"), EXPIRED]


@pytest.mark.parametrize("now", PAIRS, ids=str)
@pytest.mark.parametrize("step", StatusStep)
def test_a_step_is_refused_exactly_where_partner_center_would_refuse_it(now, step):
    target = TARGETS[step]
    before, after = ({"status": pair.status, "substatus": pair.substatus} for pair in (now, target))
    try:
        check_transition(before, after)
        taken = now == target or now.status != "Closed"  # closed is final (contract 3)
    except ChangeRefused:
        taken = False

    assert (refusal(now, target) == "") is taken


def test_status_and_substatus_go_into_one_request():
    change = Change("lead-1", ACTIVE)

    assert change.operations == [
        {"op": "replace", "path": "/status", "value": "Active"},
        {"op": "replace", "path": "/substatus", "value": "Accepted"},
        {"op": "replace", "path": "/externalReferenceId", "value": "lead-1"},
    ]


def test_what_is_there_already_is_not_written():
    decision = decide(Known(ACTIVE, "lead-1"), Wish("lead-1", ACTIVE, NEW))

    assert (decision.change, decision.conflict, decision.kept) == (None, "", "")


def test_a_reference_that_somebody_else_has_put_there_stays():
    decision = decide(Known(NEW, "CRM-4711"), Wish("lead-1"))

    assert (decision.change, decision.kept) == (None, "CRM-4711")


def test_our_own_reference_is_replaced_by_a_newer_one():
    decision = decide(Known(NEW, "lead-1"), Wish("lead-2"), own_references={"lead-1"})

    assert decision.change == Change("lead-2")


def test_a_closed_referral_is_left_alone():
    assert decide(Known(WON, ""), Wish("lead-1")).change is None


def test_a_newer_status_of_somebody_else_is_never_written_over():
    decision = decide(Known(ACTIVE, ""), Wish(pair=LOST, seen=NEW))

    assert decision.change is None
    assert "Closed · Lost" in decision.conflict
    assert "Active · Accepted" in decision.conflict


def test_a_status_that_hunter_itself_may_have_written_is_no_conflict():
    decision = decide(Known(ACTIVE, ""), Wish(pair=WON, seen=NEW), own_pairs={ACTIVE})

    assert decision.change == Change(pair=WON)


@given(now=st.sampled_from(PAIRS), seen=st.sampled_from(PAIRS), step=st.sampled_from(StatusStep))
@pytest.mark.proves("R3.3")
def test_a_status_is_only_ever_written_over_the_one_that_the_person_saw(now, seen, step):
    decision = decide(Known(now, ""), Wish(pair=TARGETS[step], seen=seen))

    if decision.change is not None:
        assert now == seen
        assert refusal(now, TARGETS[step]) == ""
