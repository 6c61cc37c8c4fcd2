"""Companies of Hunter's that people merge in HubSpot: followed, told, and never written over each other."""

from __future__ import annotations

import pytest

from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.push.settle import ELSEWHERE
from crm.registry import crm_backend
from crm.services.pulling import pull_crm_changes
from crm.services.pushing import push_company, push_due
from hunter.work.models import ErrorRecord
from tests.factories.leads import ScannedCompanyFactory
from tests.pipelines.test_hubspot import change_company, companies_of, edit

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.fault(21), pytest.mark.proves("R4.7"),
]  # fmt: skip
GOES, STAYS = "contoso.de", "contoso.com"


def pull():
    return pull_crm_changes(crm_backend("hubspot"), full=False)


def record_of(domain):
    return CrmRecord.objects.get(company__domain=domain)


@pytest.fixture
def merged(hubspot):
    """Two companies of Hunter's, of which a person made one."""
    for domain in (GOES, STAYS):
        ScannedCompanyFactory(domain=domain, name=f"Name of {domain}", name_set_by_person=True)
    push_due()
    pull()
    edit(hubspot, "merge", company=STAYS, other=GOES)
    return hubspot


def is_one_company(sandbox):
    """The company is as Hunter wants it for the domain that it has; the other record leads there and waits for a person."""
    (held,) = sandbox.control.state("hubspot")["companies"]
    stays, goes = record_of(STAYS), record_of(GOES)

    assert (held["properties"]["domain"], held["properties"]["name"]) == (STAYS, f"Name of {STAYS}")
    assert held["properties"]["hnt_lead_id"] == str(stays.lead_id) == str(goes.lead_id)
    assert (stays.state, goes.state, goes.sync_error) == (LeadState.SYNCED, LeadState.REVIEW, ELSEWHERE)
    assert not ErrorRecord.objects.unsettled().exists()


def test_a_pull_sees_that_a_company_went_into_another_of_hunters(merged):
    report = pull()
    push_due()

    assert (report.applied, report.failed) == (1, False)
    is_one_company(merged)


def test_a_push_sees_it_before_any_pull(merged):
    change_company(GOES, phone="+49 30 1")

    push_due()

    is_one_company(merged)


def test_what_was_merged_is_written_for_its_own_domain_and_rests_for_the_other(merged):
    pull()
    push_due()
    change_company(STAYS, phone="+49 30 1")
    change_company(GOES, phone="+49 30 2")

    push_due()
    pull()
    push_company(GOES)

    is_one_company(merged)
    assert [one["phone"] for one in companies_of(merged, STAYS)] == ["+49 30 1"]


def test_one_that_was_told_as_deleted_is_looked_at_again_and_followed(merged):
    CrmRecord.objects.filter(company__domain=GOES).update(state=LeadState.GONE)

    pull()
    looked_at = record_of(GOES).state
    change_company(GOES, phone="+49 30 1")
    push_company(GOES)

    assert looked_at == LeadState.REVIEW
    is_one_company(merged)


def test_a_company_that_was_taken_over_is_followed_into_the_one_that_it_became(hubspot):
    theirs = edit(hubspot, "create", properties={"domain": STAYS, "name": "Theirs"})
    ScannedCompanyFactory(domain=STAYS, phone="+49 30 1")
    push_due()
    kept = edit(hubspot, "create", properties={"name": "Kept"})
    edit(hubspot, "merge", company=kept["id"], other=theirs["id"])
    change_company(STAYS, phone="+49 30 2")

    pull()
    push_due()

    (held,) = hubspot.control.state("hubspot")["companies"]
    assert record_of(STAYS).state == LeadState.SYNCED
    assert (held["properties"]["name"], held["properties"]["phone"]) == ("Kept", "+49 30 2")
    assert held["id"] not in {theirs["id"], kept["id"]}
    assert crm_backend("hubspot").address_of(str(record_of(STAYS).lead_id), record_of(STAYS).seen).endswith(held["id"])
