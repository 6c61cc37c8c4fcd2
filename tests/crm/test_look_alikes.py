"""Leads that only a website ties to a company: a person decides, and nothing is written before (f.7; ledger: push)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm.interface import CrmRow, Standing
from crm.push.act import Failed, Found, LookAlikes, Written
from crm.push.brief import Change, Create, Look, look_for, plan_push
from crm.push.look_alikes import look_alikes_of, taken_over, told_apart, words_for
from crm.push.pulled import Effect
from crm.push.record import LeadState, LookAlike, PushResult
from crm.push.settle import Next, settle
from tests.crm.conftest import NOW
from tests.crm.test_pulled import pulled
from tests.crm.test_push_decisions import (
    CHANGE,
    CREATE,
    DONE,
    LOST,
    NEW,
    OURS,
    THEIRS,
    look_alike,
    row,
    walked,
    wanted,
)

pytestmark = pytest.mark.proves("R1.1", "R4.7")


def settled(record, outcome):
    return settle(record, outcome, wanted(), now=NOW)


def held(record=NEW):
    return settled(record, LookAlikes((look_alike(),))).record


@pytest.mark.parametrize(
    ("record", "asks"),
    [
        pytest.param(NEW, True, id="no lead yet"),
        pytest.param(DONE, False, id="once confirmed"),
        pytest.param(replace(NEW, lead_id=THEIRS), False, id="adopted"),
        pytest.param(replace(DONE, look_alikes=(LookAlike(THEIRS, ""),)), True, id="some wait for a decision"),
    ],
)
def test_which_look_asks_for_look_alikes(record, asks):
    assert look_for(record).where.look_alikes is asks


def test_a_look_alike_holds_the_push_for_a_person_and_is_named():
    after = settled(NEW, LookAlikes((look_alike(), look_alike("third", name=""))))

    assert (after.next, after.record.state, after.record.result) == (Next.REST, LeadState.REVIEW, PushResult.REVIEW)
    assert after.record.look_alikes == (LookAlike(THEIRS, "Contoso GmbH"), LookAlike("third", ""))
    assert "Contoso GmbH" in after.record.words
    assert (after.record.lead_id, after.record.sent) == (OURS, ())
    assert plan_push(after.record, wanted(), now=NOW).step is None


def test_one_that_was_told_apart_is_passed_over_and_the_lead_is_made():
    apart = told_apart(held())

    look = plan_push(apart, wanted(), now=NOW)
    after = settled(look.record, LookAlikes((look_alike(),)))

    assert isinstance(look.step, Look)
    assert isinstance(plan_push(after.record, wanted(), now=NOW).step, Create)


def test_what_was_told_apart_before_stays_told_apart():
    again = told_apart(replace(told_apart(held()), look_alikes=(LookAlike("third", ""),)))

    assert again.kept_apart == {THEIRS, "third"}


@pytest.mark.parametrize("decide", [lambda record: taken_over(record, THEIRS), told_apart], ids=["one", "none"])
def test_whatever_a_person_decides_the_lead_is_looked_at_anew(decide):
    waits = replace(held(), etag="5", absent_at=NOW, hops=2, result=PushResult.REVIEW)

    after = decide(waits)

    assert (after.state, after.look_alikes, after.words, after.result) == (LeadState.PENDING, (), "", None)
    assert (after.etag, after.absent_at, after.hops) == ("", None, 0)


def test_the_companys_own_leads_are_none_and_the_others_stand_in_one_order():
    adopted = replace(DONE, lead_id=THEIRS)

    found = look_alikes_of(adopted, [look_alike("third"), look_alike(OURS), look_alike("fourth"), look_alike(THEIRS)])

    assert [one.lead_id for one in found] == ["fourth", "third"]


@pytest.mark.parametrize(
    ("count", "beside", "way_out"),
    [(1, False, "Take it over"), (2, False, "Take one of them over"), (1, True, "Merge it into this one")],
)
def test_the_words_say_what_can_be_done(count, beside, way_out):
    assert way_out in words_for([LookAlike(THEIRS, "Contoso GmbH")] * count, beside=beside)


def test_another_one_that_nobody_has_seen_holds_it_again():
    after = settled(told_apart(held()), LookAlikes((look_alike(), look_alike("third"))))

    assert [one.lead_id for one in after.record.look_alikes] == ["third"]


def test_one_that_was_taken_over_is_looked_at_first_and_then_written_under_its_etag():
    taken = taken_over(held(), THEIRS)

    look = plan_push(taken, wanted(), now=NOW)
    read = settled(look.record, Found((replace(look_alike(), etag="5"),)))
    change = plan_push(read.record, wanted(), now=NOW).step

    assert isinstance(look.step, Look)
    assert isinstance(change, Change)
    assert (change.lead_id, change.etag, change.look_after) == (THEIRS, "5", None)
    assert settled(read.record, Written(replace(row(THEIRS)), change)).record.result is PushResult.ADOPTED


@pytest.mark.parametrize(
    ("record", "step"),
    [
        pytest.param(NEW, CREATE, id="a create"),
        pytest.param(replace(NEW, etag="7"), replace(CHANGE, look_after=CREATE.where), id="one whose answer was lost"),
    ],
)
@pytest.mark.parametrize("other", [look_alike(), row(THEIRS)], ids=["one that looks alike", "one with the same domain"])
def test_a_lead_that_a_person_made_meanwhile_is_shown_beside_the_one_that_was_confirmed(record, step, other):
    after = settled(record, Written(row(), step, (other,)))

    assert (after.next, after.record.state, after.record.result) == (Next.REST, LeadState.REVIEW, PushResult.REVIEW)
    assert (after.record.confirmed, after.record.sent, after.record.ever_confirmed) == ({"score": 1}, (), True)
    assert THEIRS in after.record.words


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(CREATE, id="a create"),
        pytest.param(replace(CHANGE, look_after=CREATE.where), id="one whose answer was lost"),
    ],
)
def test_the_first_write_that_is_confirmed_is_followed_by_a_look(step):
    there = look_alike()

    assert walked(step, [row(), [row(), there]])[0] == Written(row(), step, (there,))
    assert walked(step, [row(), Failed(LOST)])[0] == Written(row(), step)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(look_alike(standing=Standing.CLOSED), id="a closed one that looks alike"),
        pytest.param(row(THEIRS, standing=Standing.MERGED), id="one that was merged"),
    ],
)
def test_one_that_is_not_open_holds_nothing(other):
    assert settled(NEW, Written(row(), CREATE, (other,))).record.state is LeadState.SYNCED


def test_pushed_again_a_lead_whose_double_is_still_there_waits_again():
    again = replace(DONE, etag="", look_alikes=(LookAlike(THEIRS, ""),), state=LeadState.PENDING)

    still = settled(again, Found((row(),), alike=(look_alike(),)))
    merged = settled(again, Found((row(),)))

    assert (still.next, still.record.state) == (Next.REST, LeadState.REVIEW)
    assert (merged.next, merged.record.look_alikes) == (Next.AT_ONCE, ())


def test_a_lead_with_the_domain_is_adopted_whatever_looks_alike():
    after = settled(NEW, Found((row(THEIRS),), alike=(look_alike("third"),)))

    assert (after.next, after.record.lead_id) == (Next.AT_ONCE, THEIRS)


class TestPull:
    def test_one_that_comes_beside_a_lead_of_ours_is_a_persons_decision(self):
        after = pulled(DONE, look_alike())

        assert (after.effect, after.record.state) == (Effect.CONFLICT, LeadState.REVIEW)
        assert after.record.look_alikes == (LookAlike(THEIRS, "Contoso GmbH"),)

    def test_a_second_one_is_put_to_the_first(self):
        after = pulled(pulled(DONE, look_alike()).record, look_alike("third"))

        assert [one.lead_id for one in after.record.look_alikes] == [THEIRS, "third"]

    @pytest.mark.parametrize(
        "record",
        [
            pytest.param(NEW, id="no lead yet: its first look finds it"),
            pytest.param(replace(NEW, sent=({"score": 1},)), id="a create on its way"),
            pytest.param(replace(DONE, kept_apart=frozenset({THEIRS})), id="told apart"),
            pytest.param(replace(DONE, state=LeadState.CLOSED), id="ours is closed"),
            pytest.param(replace(DONE, state=LeadState.GONE), id="ours is gone"),
            pytest.param(pulled(DONE, look_alike()).record, id="it waits already"),
        ],
    )
    def test_where_it_changes_nothing(self, record):
        after = pulled(record, look_alike())

        assert (after.effect, after.record) == (Effect.IGNORED, record)

    def test_what_it_found_during_a_write_still_holds(self):
        waiting = replace(pulled(DONE, look_alike()).record, sent=({"score": 1, "phone": "1"},))

        after = settled(waiting, Written(row(), CHANGE))

        assert (after.record.state, after.record.look_alikes) == (LeadState.REVIEW, waiting.look_alikes)


def test_a_row_with_a_domain_looks_like_no_other_companys_lead():
    assert not CrmRow(THEIRS, "1", {}, domain="other.com", site="contoso.com").is_look_alike
