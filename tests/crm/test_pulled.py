"""What a change made in the CRM does to the record, case by case (R4.7; ledger: push)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm.dynamics365.changes import is_newer
from crm.interface import Standing
from crm.push.pulled import Effect, pulled_deletion, pulled_row
from crm.push.record import Dispute, LeadState
from tests.crm.test_push_decisions import DONE, NEW, OURS, THEIRS, row, wanted

pytestmark = pytest.mark.proves("R4.7")


def pulled(record, there, **own):
    return pulled_row(record, there, wanted(**own), is_newer=lambda one, other: int(one) > int(other))


def test_our_own_write_that_comes_back_is_ignored():
    assert pulled(DONE, row(etag="7")).effect is Effect.IGNORED


def test_a_page_that_is_older_than_our_last_write_is_ignored():
    after = pulled(DONE, row(etag="6", phone="old"))

    assert (after.effect, after.record) == (Effect.IGNORED, DONE)


def test_a_value_that_the_crm_wins_is_taken_and_makes_no_push_due():
    after = pulled(DONE, row(phone="2"))

    assert after.effect is Effect.APPLIED
    assert after.record.taken["phone"].value == "2"
    assert (after.record.etag, after.record.confirmed["phone"], after.push) == ("8", "2", False)


def test_a_value_of_ours_that_may_still_arrive_is_no_change_of_theirs():
    after = pulled(replace(DONE, sent=({"score": 1, "phone": "2"},)), row(phone="2"), phone="3")

    assert (after.effect, dict(after.record.taken)) == (Effect.IGNORED, {})


def test_a_column_that_hunter_wins_is_disputed_and_the_second_time_a_conflict():
    first = pulled(DONE, row(score=9))
    again = pulled(replace(first.record, disputed={"score": Dispute(1, sent_back=True)}), row(etag="9", score=8))

    assert (first.effect, first.push) == (Effect.APPLIED, False)
    assert (again.effect, again.record.disputed["score"].times) == (Effect.CONFLICT, 2)


def test_a_lead_that_was_closed_there_rests():
    after = pulled(DONE, row(standing=Standing.CLOSED))

    assert (after.effect, after.record.state) == (Effect.APPLIED, LeadState.CLOSED)


def test_a_lead_that_was_opened_again_is_looked_at():
    closed = pulled(DONE, row(standing=Standing.CLOSED)).record

    after = pulled(closed, row(etag="9"))

    assert (after.push, after.record.state, after.record.etag) == (True, LeadState.PENDING, "")


def test_a_merged_lead_is_followed_to_its_master():
    after = pulled(DONE, row(standing=Standing.MERGED, master_id="master"))

    assert (after.push, after.record.lead_id, after.record.confirmed) == (True, "master", None)


def test_a_deleted_lead_leaves_a_tombstone():
    assert pulled_deletion(DONE, OURS).record.state is LeadState.GONE


@pytest.mark.parametrize(
    "record", [NEW, replace(DONE, state=LeadState.GONE)], ids=["never confirmed", "known to be gone"]
)
def test_a_deletion_of_what_we_do_not_hold_is_ignored(record):
    assert pulled_deletion(record, OURS).effect is Effect.IGNORED


def test_a_tombstoned_lead_that_is_there_again_is_a_persons_decision():
    after = pulled(replace(DONE, state=LeadState.GONE), row())

    assert (after.effect, after.record.state) == (Effect.CONFLICT, LeadState.REVIEW)


def test_a_second_open_lead_with_our_domain_is_a_persons_decision():
    after = pulled(DONE, row(THEIRS))

    assert (after.effect, after.record.state) == (Effect.CONFLICT, LeadState.REVIEW)
    assert THEIRS in after.record.words


@pytest.mark.parametrize("record", [NEW, replace(NEW, sent=({"score": 1},))], ids=["unknown", "a create on its way"])
def test_a_foreign_lead_is_adopted_by_no_pull(record):
    assert pulled(record, row(THEIRS)).record == record


@pytest.mark.parametrize(
    ("etag", "than", "expected"),
    [('W/"10"', 'W/"9"', True), ('W/"9"', 'W/"10"', False), ('W/"9"', 'W/"9"', False), ("a", "b", True)],
)
def test_versions_of_dataverse_are_numbers(etag, than, expected):
    assert is_newer(etag, than) is expected
