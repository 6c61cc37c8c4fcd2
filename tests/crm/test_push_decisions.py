"""The decisions of a push one by one: what is planned, what an act does, what a settle makes of it (ledger: push)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import JsonValue

from crm.interface import CrmRow, Refused, Standing
from crm.mapping.columns import Winner
from crm.push import act as acts
from crm.push.act import Absent, DomainElsewhere, Failed, Found, Gone, LookAlikes, NotDone, Unknown, Written
from crm.push.brief import Change, Create, Look, Wanted, plan_push
from crm.push.record import Dispute, LeadRecord, LeadState, LookAlike, PushResult
from crm.push.settle import Next, conflict_wait, settle
from hunter.errors import HunterError
from tests.crm.conftest import NOW

OURS, THEIRS, MASTER = "own", "foreign", "master"
NEW = LeadRecord(own_id=OURS, lead_id=OURS, domain="contoso.com")
DONE = replace(
    NEW,
    etag="7",
    confirmed={"score": 1, "phone": "1"},
    seen={"score": 1, "phone": "1"},
    ever_confirmed=True,
    state=LeadState.SYNCED,
)
LOST = HunterError("lost")
ALIKE = (LookAlike(THEIRS, "Contoso GmbH"),)


def wanted(*, score=1, phone="1"):
    winners = {"score": Winner.HUNTER, "phone": Winner.NEWER}
    return Wanted({"score": score, "phone": phone}, winners, {"synced": "now"}, touch="score")


def row(lead_id=OURS, *, etag="8", standing=Standing.OPEN, master_id="", score: JsonValue = 1, phone: JsonValue = "1"):
    return CrmRow(lead_id, etag, {"score": score, "phone": phone}, standing, master_id, domain="contoso.com")


def look_alike(lead_id=THEIRS, *, name="Contoso GmbH", standing=Standing.OPEN):
    return CrmRow(lead_id, "1", {}, standing, site="contoso.com", name=name)


def plan(record, **own):
    return plan_push(record, wanted(**own), now=NOW)


class TestPlan:
    @pytest.mark.parametrize(
        ("record", "step"),
        [
            pytest.param(NEW, Look, id="nothing known: look first"),
            pytest.param(replace(NEW, absent_at=NOW - timedelta(seconds=59)), Create, id="absent a minute ago: create"),
            pytest.param(replace(NEW, absent_at=NOW - timedelta(seconds=61)), Look, id="absent long ago: look again"),
            pytest.param(replace(NEW, absent_at=NOW + timedelta(hours=1)), Look, id="absent in the future: look again"),
            pytest.param(replace(NEW, sent=({"score": 0},)), Create, id="a create is unknown: repeat it, never adopt"),
            pytest.param(replace(NEW, lead_id=THEIRS, sent=({"score": 0},)), Look, id="adopted, eTag unknown: look"),
            pytest.param(replace(DONE, etag="", confirmed=None, sent=({},)), Look, id="once confirmed: look"),
            pytest.param(replace(NEW, etag="7"), Change, id="found and never confirmed: change"),
            pytest.param(replace(DONE, confirmed={"score": 2, "phone": "1"}), Change, id="a column differs"),
            pytest.param(replace(DONE, sent=({"score": 1, "phone": "1"},)), Change, id="nothing differs, but unknown"),
            pytest.param(DONE, type(None), id="in step"),
            pytest.param(replace(DONE, etag=""), Look, id="nothing differs, but a person or a pull has it looked at"),
            pytest.param(replace(DONE, look_alikes=ALIKE), Look, id="in step, and a look-alike waits"),
            pytest.param(replace(DONE, etag="", look_alikes=ALIKE), Look, id="the same, pushed again by a person"),
            pytest.param(replace(NEW, state=LeadState.GONE), type(None), id="gone: a person decides"),
            pytest.param(replace(NEW, state=LeadState.CLOSED), type(None), id="closed"),
            pytest.param(replace(NEW, state=LeadState.REVIEW), type(None), id="several"),
        ],
    )
    def test_the_step(self, record, step):
        assert type(plan(record).step) is step

    @pytest.mark.proves("R1.8")
    def test_what_will_be_sent_is_in_the_record_before_it_is_sent(self):
        planned = plan(DONE, score=2)

        assert planned.record.sent == ({"score": 2, "phone": "1"},)
        assert planned.record.state is LeadState.PENDING

    def test_a_look_sends_nothing(self):
        assert plan(NEW).record.sent == ()

    def test_a_change_sends_what_differs_and_the_bookkeeping(self):
        assert plan(DONE, score=2).step.body == {"score": 2, "synced": "now"}

    def test_a_change_repairs_what_an_unknown_write_may_have_changed(self):
        assert plan(replace(DONE, sent=({"score": 1, "phone": "5"},))).step.body == {"phone": "1", "synced": "now"}

    def test_a_disputed_column_goes_along_until_it_was_sent_back(self):
        disputed = replace(DONE, disputed={"phone": Dispute(1)})
        sent_back = replace(DONE, disputed={"phone": Dispute(1, sent_back=True)})

        assert plan(disputed, score=2).step.body == {"score": 2, "phone": "1", "synced": "now"}
        assert plan(sent_back, score=2).step.body == {"score": 2, "synced": "now"}

    def test_without_bookkeeping_another_column_moves_the_etag(self):
        bare = replace(wanted(), bookkeeping={})

        step = plan_push(replace(DONE, sent=({"score": 1, "phone": "1"},)), bare, now=NOW).step

        assert isinstance(step, Change)
        assert step.body == {"score": 1}


LOOK = plan(NEW).step
CREATE = Create(OURS, {"score": 1}, {"score": 1}, LOOK.where)
CHANGE = Change(OURS, "7", {"score": 1}, {"score": 1})


class TestAct:
    @pytest.mark.parametrize(
        ("step", "answers", "outcome"),
        [
            pytest.param(LOOK, [[]], Absent, id="a look finds nothing"),
            pytest.param(replace(LOOK, known=True), [[]], Gone, id="a look for a known lead finds nothing"),
            pytest.param(LOOK, [[row()]], Found, id="a look finds one"),
            pytest.param(LOOK, [Failed(LOST)], NotDone, id="a look fails"),
            pytest.param(LOOK, [[look_alike()]], LookAlikes, id="a look finds what looks alike"),
            pytest.param(LOOK, [[look_alike(), row()]], Found, id="a look finds one, and what looks alike"),
            pytest.param(replace(LOOK, known=True), [[look_alike()]], Gone, id="what looks alike is not the known one"),
            pytest.param(CREATE, [row(), []], Written, id="created"),
            pytest.param(CREATE, [row(), [look_alike()]], Written, id="created beside one that looks alike"),
            pytest.param(CREATE, [row(), Failed(LOST)], Written, id="created, and the look after it is lost"),
            pytest.param(CREATE, [replace(row(), owed=frozenset({"phone"}))], Written, id="created in part"),
            pytest.param(CREATE, [Refused.ID_TAKEN, row()], Found, id="our earlier create had arrived"),
            pytest.param(CREATE, [Refused.DOMAIN_TAKEN, [row(THEIRS)]], Found, id="another lead has the domain"),
            pytest.param(CREATE, [Refused.ID_TAKEN, None], Unknown, id="taken and not there"),
            pytest.param(CREATE, [Refused.ID_TAKEN, Failed(LOST)], NotDone, id="taken and not readable"),
            pytest.param(CREATE, [Failed(LOST, unknown=True), None], Unknown, id="lost, and not there yet"),
            pytest.param(CREATE, [Failed(LOST, unknown=True), Failed(LOST)], Unknown, id="lost, and not readable"),
            pytest.param(CREATE, [Failed(LOST, unknown=True), row()], Found, id="lost, and there"),
            pytest.param(CREATE, [Failed(LOST)], NotDone, id="refused"),
            pytest.param(CHANGE, [row()], Written, id="changed"),
            pytest.param(
                replace(CHANGE, look_after=LOOK.where), [row(), []], Written, id="confirmed for the first time"
            ),
            pytest.param(CHANGE, [Refused.STALE, row()], Found, id="somebody was faster"),
            pytest.param(CHANGE, [Refused.MISSING], Gone, id="the lead is gone"),
            pytest.param(CHANGE, [Refused.DOMAIN_TAKEN], DomainElsewhere, id="another lead holds the domain"),
        ],
    )
    def test_the_outcome(self, step, answers, outcome):
        assert type(walked(step, answers)[0]) is outcome

    @pytest.mark.parametrize("step", [CREATE, CHANGE])
    @pytest.mark.parametrize("first", [Refused.STALE, Refused.ID_TAKEN, Failed(LOST, unknown=True)])
    def test_an_act_makes_at_most_one_write(self, step, first):
        calls = walked(step, [first, row()])[1]

        assert len([call for call in calls if isinstance(call, Create | Change)]) == 1


def walked(step, answers):
    """The outcome of the act when the CRM answers so, and the calls it made."""
    walk, calls = acts.act(step), []
    call = next(walk)
    try:
        for answer in answers:
            calls.append(call)
            call = walk.send(answer)
    except StopIteration as end:
        return end.value, calls
    raise AssertionError("the act wants more answers")


class TestSettle:
    def test_a_confirmed_write_forgets_what_was_sent(self):
        planned = plan(replace(DONE, conflicts=3, disputed={"score": Dispute(1)}), score=2)

        settled = settle(planned.record, Written(row(score=2), planned.step), wanted(score=2), now=NOW)

        assert settled.next is Next.REST
        assert (settled.record.sent, settled.record.confirmed) == ((), {"score": 2, "phone": "1"})
        assert (settled.record.etag, settled.record.state) == ("8", LeadState.SYNCED)
        assert (settled.record.conflicts, settled.record.disputed["score"].sent_back) == (0, True)

    @pytest.mark.parametrize(
        ("record", "step", "result"),
        [
            pytest.param(NEW, CREATE, PushResult.CREATED, id="a create"),
            pytest.param(replace(NEW, etag="7"), CHANGE, PushResult.CREATED, id="a create whose answer was lost"),
            pytest.param(
                replace(NEW, etag="7", lead_id=THEIRS),
                replace(CHANGE, lead_id=THEIRS),
                PushResult.ADOPTED,
                id="a lead that was there",
            ),
            pytest.param(DONE, CHANGE, PushResult.UPDATED, id="a change"),
        ],
    )
    def test_what_a_confirmed_write_counts_as(self, record, step, result):
        assert settle(record, Written(row(), step), wanted(), now=NOW).record.result is result

    @pytest.mark.proves("R4.7")
    @pytest.mark.parametrize("state", [LeadState.REVIEW, LeadState.GONE, LeadState.CLOSED])
    def test_a_lead_that_a_pull_laid_to_rest_during_the_write_goes_on_to_rest(self, state):
        resting = replace(DONE, state=state, words="why")

        settled = settle(resting, Written(row(score=2), replace(CHANGE, payload={"score": 2})), wanted(), now=NOW)

        assert (settled.next, settled.record.state, settled.record.words) == (Next.REST, state, "why")
        assert (settled.record.confirmed, settled.record.sent) == ({"score": 2}, ())

    @pytest.mark.proves("R4.7")
    def test_a_lead_that_a_pull_saw_merged_during_the_write_is_still_followed(self):
        moved = replace(DONE, lead_id=MASTER, etag="", confirmed=None, seen=None, state=LeadState.PENDING)

        settled = settle(moved, Written(row(), CHANGE), wanted(), now=NOW)
        step = plan_push(settled.record, wanted(), now=NOW).step

        assert (settled.next, settled.record.lead_id) == (Next.AT_ONCE, MASTER)
        assert isinstance(step, Look)

    @pytest.mark.proves("R4.3")
    def test_what_was_once_sent_is_read_off_the_lead_where_the_confirmation_is_in_doubt(self):
        doubted = replace(DONE, confirmed=None, seen={"score": 1, "phone": None})

        assert doubted.once_sent() == {"score"}
        assert replace(doubted, ever_confirmed=False).once_sent() == frozenset()

    @pytest.mark.parametrize(
        ("outcome", "next_"),
        [
            pytest.param(Absent(), Next.AT_ONCE, id="absent: create at once"),
            pytest.param(Found((row(),)), Next.AT_ONCE, id="found: write at once"),
            pytest.param(Found((row(),), lost=LOST), Next.LATER, id="found after a lost answer: the back-off stays"),
            pytest.param(Unknown(LOST), Next.LATER, id="unknown"),
            pytest.param(Gone(), Next.REST, id="gone"),
            pytest.param(NotDone(LOST), Next.BY_ERROR, id="not done"),
        ],
    )
    def test_what_is_next(self, outcome, next_):
        assert settle(DONE, outcome, wanted(), now=NOW).next is next_

    def test_finding_our_own_value_is_no_confirmation(self):
        unknown = replace(DONE, sent=({"score": 2, "phone": "1"},))

        settled = settle(unknown, Found((row(score=2),), lost=LOST), wanted(score=2), now=NOW)

        assert settled.record.sent == unknown.sent
        assert settled.record.confirmed == DONE.confirmed

    def test_a_persons_change_in_the_crm_comes_back_and_is_not_written_over(self):
        settled = settle(DONE, Found((row(phone="9"),), conflict=True), wanted(score=2), now=NOW)
        again = plan_push(settled.record, wanted(score=2), now=NOW)

        assert isinstance(again.step, Change)
        assert again.step.payload["phone"] == "9"
        assert again.step.body == {"score": 2, "synced": "now"}

    def test_a_column_of_hunters_that_comes_back_twice_is_a_conflict(self):
        once = settle(DONE, Found((row(score=5),)), wanted(), now=NOW).record
        twice = settle(replace(once, seen=DONE.seen), Found((row(score=6),)), wanted(), now=NOW).record

        assert (once.disputed["score"].times, twice.disputed["score"].times) == (1, 2)

    def test_the_tenth_conflict_in_a_row_is_a_dead_letter(self):
        settled = settle(replace(DONE, conflicts=9), Found((row(),), conflict=True), wanted(), now=NOW)

        assert settled.next is Next.GIVE_UP
        assert settled.record.conflicts == 0

    @pytest.mark.parametrize(("conflicts", "seconds"), [(1, 0), (2, 2), (3, 4), (9, 60)])
    def test_conflicts_are_waited_out_from_the_second_on(self, conflicts, seconds):
        assert conflict_wait(conflicts) == timedelta(seconds=seconds)

    @pytest.mark.fault(21)
    @pytest.mark.parametrize(
        ("rows", "state"),
        [
            pytest.param([row(THEIRS)], LeadState.PENDING, id="one open lead: adopted"),
            pytest.param([row(), row(THEIRS)], LeadState.REVIEW, id="ours and another"),
            pytest.param([row(THEIRS), row("third", standing=Standing.CLOSED)], LeadState.REVIEW, id="open and closed"),
            pytest.param(
                [row(), row("third", standing=Standing.CLOSED)], LeadState.PENDING, id="ours and a closed one"
            ),
            pytest.param([row(standing=Standing.CLOSED)], LeadState.CLOSED, id="qualified or disqualified"),
            pytest.param([row(standing=Standing.MERGED, master_id=MASTER)], LeadState.PENDING, id="merged: followed"),
            pytest.param([row(standing=Standing.MERGED)], LeadState.REVIEW, id="merged into nothing"),
        ],
    )
    def test_which_lead_it_is(self, rows, state):
        assert settle(NEW, Found(tuple(rows)), wanted(), now=NOW).record.state is state

    def test_a_merged_lead_is_followed_five_times_and_no_further(self):
        record = DONE
        for hop in range(6):
            merged = row(record.lead_id, standing=Standing.MERGED, master_id=f"master-{hop}")
            record = settle(record, Found((merged,)), wanted(), now=NOW).record

        assert record.state is LeadState.REVIEW
        assert record.lead_id == "master-4"
