"""The pass over everything, by which a CRM that tells no deletions is asked for them once a day (R4.7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.interface import Changes, CrmRow
from crm.mapping.resolving import by_itself
from crm.models import CrmPull, CrmRecord
from crm.push.record import LeadState
from crm.registry import crm_backend
from crm.services.pulling import begin_anew, open_pull, start_pull, take_changes
from crm.services.wanting import Wishes
from hunter.remote.clock import database_now
from tests.factories.crm import CrmRecordFactory

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R4.7")]


def ended(crm="dynamics365", *, hours=0, **values):
    now = database_now()
    known = {
        "state": CrmPull.State.DONE, "started_at": now - timedelta(hours=hours), "finished_at": now, "cursor": "since 1",
        "tells_deletions": False,
    }  # fmt: skip
    return CrmPull.objects.create(crm=crm, **known | values)


def taken(pull, *rows):
    """The pass ends with this page."""
    backend = crm_backend(pull.crm)
    page = Changes(rows=rows, deleted=(), cursor="since 2", is_last=True, tells_deletions=False)
    take_changes(pull, page, backend, Wishes.of(backend, by_itself(backend.load_mapping())))


def row_of(record):
    return CrmRow(str(record.lead_id), record.etag, {}, domain=record.company.domain)


def states():
    return dict(CrmRecord.objects.values_list("company__domain", "state"))


# --- when ---------------------------------------------------------------------------------------------------------


def test_the_first_one_is_everything():
    assert open_pull("dynamics365", full=False).is_full


def test_within_the_day_it_goes_on_from_where_the_last_one_ended():
    ended(hours=23, is_full=True)
    ended(cursor="since 7")

    pull = open_pull("dynamics365", full=False)

    assert (pull.is_full, pull.cursor) == (False, "since 7")


@pytest.mark.parametrize("state", [CrmPull.State.DONE, CrmPull.State.FAILED])
def test_the_day_is_counted_from_the_begin_of_the_last_one_that_read_to_its_end(state):
    ended(hours=25, is_full=True)
    ended(hours=1, is_full=state == CrmPull.State.FAILED, state=state)

    assert open_pull("dynamics365", full=False).is_full


def test_where_everything_was_never_read_it_is_due():
    ended(is_full=False)

    assert open_pull("dynamics365", full=False).is_full


@pytest.mark.parametrize(("crm", "other"), [("dynamics365", "hubspot"), ("hubspot", "dynamics365")])
def test_what_another_crm_was_read_for_does_not_count(crm, other):
    ended(other, is_full=True)
    ended(crm, is_full=False)

    assert open_pull(crm, full=False).is_full


def test_one_that_a_person_wishes_for_begins_the_one_that_goes_on_anew():
    CrmPull.objects.create(crm="dynamics365", cursor="since 5")

    pull = start_pull(crm_backend("dynamics365"), full=True)

    assert (pull.is_full, pull.cursor, CrmPull.objects.count()) == (True, "", 1)


def test_one_that_goes_on_is_not_begun_anew_a_second_time():
    CrmPull.objects.create(crm="dynamics365", cursor="page 5 5 0", is_full=True)

    assert start_pull(crm_backend("dynamics365"), full=True).cursor == "page 5 5 0"


def test_one_whose_place_is_lost_reads_everything():
    pull = CrmPull.objects.create(crm="dynamics365", cursor="since 5")

    begin_anew(pull)

    pull.refresh_from_db()
    assert (pull.is_full, pull.cursor) == (True, "")


# --- whom it looks for --------------------------------------------------------------------------------------------


def earlier(**values):
    return CrmRecordFactory(crm="dynamics365", in_step=True, synced_at=database_now() - timedelta(hours=1), **values)


def test_it_looks_again_at_those_that_it_did_not_meet_and_at_no_others():
    met, unmet = earlier(etag='W/"7"'), earlier()

    taken(open_pull("dynamics365", full=True), row_of(met))

    assert states() == {met.company.domain: LeadState.SYNCED, unmet.company.domain: LeadState.PENDING}


def test_a_lead_that_was_written_since_it_began_is_not_looked_for():
    pull = open_pull("dynamics365", full=True)
    CrmRecordFactory(crm="dynamics365", in_step=True, synced_at=pull.started_at)

    taken(pull)

    assert set(states().values()) == {LeadState.SYNCED}


def test_the_leads_of_another_crm_are_not_looked_for():
    CrmRecordFactory(crm="hubspot", in_step=True, synced_at=database_now() - timedelta(hours=1))

    taken(open_pull("dynamics365", full=True))

    assert set(states().values()) == {LeadState.SYNCED}


def test_a_pass_over_what_changed_looks_for_nobody():
    ended(is_full=True)
    earlier()

    taken(open_pull("dynamics365", full=False))

    assert set(states().values()) == {LeadState.SYNCED}
