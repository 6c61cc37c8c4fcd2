"""A lead that the CRM keeps in several records: one is written for each act, and the next act goes on (decision 0011)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import JsonValue

from crm.interface import CrmRow
from crm.mapping.columns import Winner
from crm.mapping.merge import Taken, Why, still_taken
from crm.push.act import Found, Written
from crm.push.brief import Change, Create, Wanted, plan_push
from crm.push.pulled import Effect, pulled_row
from crm.push.record import Dispute, LeadRecord, LeadState, PushResult
from crm.push.settle import Next, settle
from tests.crm.conftest import NOW

OURS = "own"
PERSON = frozenset({"person.email", "person.name"})
NEW = LeadRecord(own_id=OURS, lead_id=OURS, domain="contoso.com", absent_at=NOW)
WINNERS = {"score": Winner.HUNTER, "person.email": Winner.NEWER, "person.name": Winner.NEWER}


def wanted(*, score: JsonValue = 1, email: JsonValue = "a@contoso.com", name: JsonValue = "Ada"):
    own = {"score": score, "person.email": email, "person.name": name}
    return Wanted({column: value for column, value in own.items() if value}, WINNERS, {"synced": "now"}, touch="score")


DONE = replace(
    NEW,
    etag="7",
    confirmed=wanted().own,
    seen=wanted().own,
    ever_confirmed=True,
    absent_at=None,
    state=LeadState.SYNCED,
)
ALONE = {"score": 1}


def written(record, wish, *, values=ALONE, owed=(), unheld=(), etag="8"):
    """The record after the write that is planned for it, answered so; and what is next."""
    plan = plan_push(record, wish, now=NOW)
    assert isinstance(plan.step, Create | Change)
    row = CrmRow(OURS, etag, values, owed=frozenset(owed), unheld=frozenset(unheld))
    return settle(plan.record, Written(row, plan.step), wish, now=NOW)


def body_of(record, wish):
    step = plan_push(record, wish, now=NOW).step
    assert isinstance(step, Create | Change)
    return {column: value for column, value in step.body.items() if column != "synced"}


@pytest.mark.proves("R1.8")
def test_what_a_create_left_goes_with_the_next_act_and_only_then_the_lead_counts_as_created():
    first = written(NEW, wanted(), owed=PERSON, unheld=PERSON)
    after = first.record

    assert (first.next, after.state, after.result, after.ever_confirmed) == (
        Next.AT_ONCE,
        LeadState.PENDING,
        None,
        False,
    )
    assert body_of(after, wanted()) == {"person.email": "a@contoso.com", "person.name": "Ada"}

    last = written(after, wanted(), values=wanted().own, etag="9")

    assert (last.next, last.record.result, last.record.ever_confirmed) == (Next.REST, PushResult.CREATED, True)
    assert last.record.confirmed == wanted().own


def test_a_lead_of_which_no_more_is_wanted_after_a_part_counts_as_created():
    after = written(NEW, wanted(), owed=PERSON, unheld=PERSON).record

    plan = plan_push(after, wanted(email=None, name=None), now=NOW)

    assert (plan.step, plan.record.result, plan.record.ever_confirmed) == (None, PushResult.CREATED, True)


def test_what_a_change_left_is_still_as_it_was_confirmed():
    wish = wanted(score=2, name="Ada B.")

    first = written(DONE, wish, values=wanted(score=2).own, owed=["person.name"])

    assert first.next is Next.AT_ONCE
    assert first.record.confirmed == wanted(score=2).own
    assert body_of(first.record, wish) == {"person.name": "Ada B."}


def test_a_record_that_was_made_anew_gets_what_was_not_asked_for_too():
    gone = written(DONE, wanted(score=2), values={"score": 2}, unheld=PERSON).record
    wish = wanted(score=2, email="b@contoso.com")

    made = written(gone, wish, values=wish.own, owed=["person.name"])

    assert made.next is Next.AT_ONCE
    assert body_of(made.record, wish) == {"person.name": "Ada"}


def test_a_column_that_is_owed_was_not_sent_back():
    disputed = replace(DONE, disputed={"score": Dispute(1), "person.name": Dispute(1)})

    after = written(disputed, wanted(email="b@contoso.com"), values=wanted().own, owed=PERSON).record

    assert {column: dispute.sent_back for column, dispute in after.disputed.items()} == {
        "score": True,
        "person.name": False,
    }


@pytest.mark.fault(21)
def test_what_no_record_holds_and_none_is_to_be_made_for_is_empty_until_hunters_own_changes():
    after = written(DONE, wanted(score=2), values={"score": 2}, unheld=PERSON)

    assert after.next is Next.REST
    assert {column: held.why for column, held in after.record.taken.items()} == dict.fromkeys(PERSON, Why.UNHELD)
    assert plan_push(after.record, wanted(score=2), now=NOW).step is None
    assert body_of(after.record, wanted(score=2, name="Ada B.")) == {"person.name": "Ada B."}


def test_a_value_that_stood_in_for_hunters_is_empty_too_once_its_record_is_gone():
    theirs = Taken("Theirs", "Ada", Winner.NEWER, Why.ONLY_THERE)
    record = replace(DONE, taken={"person.name": theirs}, confirmed=wanted(name="Theirs").own)

    after = written(record, wanted(score=2), values={"score": 2}, unheld=PERSON).record

    assert plan_push(after, wanted(score=2), now=NOW).step is None


@pytest.mark.fault(21)
@pytest.mark.parametrize("winner", Winner)
def test_a_record_that_people_deleted_is_noticed_by_a_pull_whoever_wins(winner):
    wish = replace(wanted(), winners=dict.fromkeys(WINNERS, winner))

    pulled = pulled_row(DONE, CrmRow(OURS, "8", ALONE, unheld=PERSON), wish, is_newer=str.__gt__)

    assert pulled.effect is Effect.APPLIED
    assert still_taken(wish.own, pulled.record.taken, wish.winners).keys() == PERSON
    assert plan_push(pulled.record, wish, now=NOW).step is None


@pytest.mark.proves("R3.3")
def test_a_record_that_a_write_of_ours_may_have_moved_counts_as_nobodys_deletion():
    lost = replace(DONE, sent=(wanted(email="b@contoso.com").own,))

    settled = settle(lost, Found((CrmRow(OURS, "8", ALONE, unheld=PERSON),)), wanted(email="b@contoso.com"), now=NOW)

    assert settled.record.taken == {}
    assert body_of(settled.record, wanted(email="b@contoso.com")) == {"person.email": "b@contoso.com"}


@pytest.mark.proves("R1.8")
@pytest.mark.fault(2)
def test_a_record_that_was_made_though_nobody_settled_it_gets_the_rest_too():
    gone = written(DONE, wanted(score=2), values={"score": 2}, unheld=PERSON).record
    wish = wanted(score=2, email="b@contoso.com")
    died = plan_push(gone, wish, now=NOW).record

    there = CrmRow(OURS, "9", {"score": 2, "person.email": "b@contoso.com", "person.name": None})
    looked = settle(died, Found((there,), conflict=True), wish, now=NOW)

    assert body_of(looked.record, wish) == {"person.email": "b@contoso.com", "person.name": "Ada"}


@pytest.mark.proves("R3.3")
def test_a_record_that_a_write_of_ours_let_go_counts_as_nobodys_deletion():
    wish = wanted(email="b@contoso.com")
    let_go = written(DONE, wish, values=ALONE, owed=PERSON, unheld=PERSON).record

    pulled = pulled_row(let_go, CrmRow(OURS, "9", ALONE, unheld=PERSON), wish, is_newer=str.__gt__)

    assert pulled.record.taken == {}
    assert body_of(pulled.record, wish) == {"person.email": "b@contoso.com", "person.name": "Ada"}


@pytest.mark.parametrize("winner", Winner)
def test_what_no_record_holds_is_hunters_again_once_its_own_changes_whoever_wins(winner):
    gone = Taken(None, "Ada", winner, Why.UNHELD)

    held = [still_taken({"person.name": own}, {"person.name": gone}, {"person.name": winner}) for own in ("Ada", "Bob")]

    assert [bool(one) for one in held] == [True, False]


def test_a_record_that_is_there_again_gives_back_what_it_holds():
    gone = written(DONE, wanted(score=2), values={"score": 2}, unheld=PERSON).record

    pulled = pulled_row(gone, CrmRow(OURS, "9", wanted(score=2).own), wanted(score=2), is_newer=str.__gt__)

    assert pulled.record.taken["person.email"].value == "a@contoso.com"
    assert plan_push(pulled.record, wanted(score=2), now=NOW).step is None
