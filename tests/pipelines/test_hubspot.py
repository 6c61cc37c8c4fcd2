"""Leads into HubSpot and back, by the same pushes and pulls as into any CRM (R8.2)."""

from __future__ import annotations

from collections import Counter

import pytest

from crm.models import CrmRecord, ProvisionedPart
from crm.push.record import LeadState
from crm.registry import crm_backend
from crm.services.checking import check_crm
from crm.services.provisioning import provision_crm
from crm.services.pulling import pull_crm_changes
from crm.services.pushing import create_again, push_company, push_due
from hunter.remote.errors import Misconfigured
from hunter.work.models import ErrorRecord
from leads.models import Company
from tests.factories.leads import ScannedCompanyFactory, scored_as

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
DOMAIN = "contoso.com"


def companies_of(sandbox, *domains):
    """What the account holds for these domains, by property."""
    held = [one["properties"] for one in sandbox.control.state("hubspot")["companies"]]
    return [one for one in held if one.get("domain") in domains]


def edit(sandbox, act, **members):
    return sandbox.control.edit("hubspot", {"act": act, **members})


def change_company(domain=DOMAIN, **values):
    company = Company.objects.get(domain=domain)
    for name, value in values.items():
        setattr(company, name, value)
    company.save()


@pytest.mark.proves("R1.1", "R8.2")
def test_each_company_becomes_exactly_one(hubspot):
    companies = ScannedCompanyFactory.create_batch(30)

    report = push_due()

    domains = [company.domain for company in companies]
    held = companies_of(hubspot, *domains)
    assert (report.due, report.created, report.failed) == (30, 30, False)
    assert Counter(one["domain"] for one in held) == dict.fromkeys(domains, 1)
    assert {one["hnt_lead_id"] for one in held} == {str(one.own_id) for one in CrmRecord.objects.in_step()}
    assert push_due().due == 0


@pytest.mark.proves("R4.2")
def test_values_arrive_in_hubspots_own_form(hubspot):
    ScannedCompanyFactory(domain=DOMAIN, name="Contoso", **scored_as("Google"), provider="Google")

    push_due()

    (held,) = companies_of(hubspot, DOMAIN)
    company = Company.objects.get()
    assert (held["name"], held["website"], held["hnt_provider"]) == ("Contoso", f"https://{DOMAIN}", "Google")
    assert (held["hnt_finalscore"], held["hnt_segment"]) == (str(company.score), company.segment.lower())
    assert (held["hnt_source"], held["hnt_isreferral"]) == ("manual", "false")


@pytest.mark.proves("R1.1")
@pytest.mark.fault(4, 10)
@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "broken_json", "html"])
def test_a_create_whose_answer_is_lost_leaves_one_company(hubspot, fault):
    ScannedCompanyFactory(domain=DOMAIN)
    hubspot.control.add_fault(service="hubspot", operation="create", fault=fault, times=1)

    first = push_due()
    second = push_company(DOMAIN)

    assert (first.created, second.created) == (0, 1)
    assert len(companies_of(hubspot, DOMAIN)) == 1
    assert CrmRecord.objects.in_step().count() == 1
    assert not ErrorRecord.objects.unsettled().exists()


@pytest.mark.proves("R4.7", "R3.3")
def test_a_company_that_is_there_is_taken_over_and_keeps_what_people_wrote(hubspot):
    there = edit(hubspot, "create", properties={"domain": DOMAIN, "name": "Theirs", "phone": "+49 30 1"})
    ScannedCompanyFactory(domain=DOMAIN, phone="+49 40 2")

    report = push_due()
    change_company(**scored_as("Google"), provider="Google")
    again = push_due()

    (held,) = companies_of(hubspot, DOMAIN)
    record = CrmRecord.objects.get()
    assert (report.adopted, again.updated) == (1, 1)
    assert (held["phone"], held["hnt_provider"]) == ("+49 30 1", "Google")
    assert (record.is_adopted, held["hnt_lead_id"]) == (True, str(record.lead_id))
    assert crm_backend("hubspot").address_of(str(record.lead_id), record.seen).endswith(f"/0-2/{there['id']}")


def test_two_companies_of_one_domain_wait_for_a_person(hubspot):
    for name in ("One", "Other"):
        edit(hubspot, "create", properties={"domain": DOMAIN, "name": name})
    ScannedCompanyFactory(domain=DOMAIN)

    push_due()

    assert CrmRecord.objects.get().state == LeadState.REVIEW
    assert not any(one.get("hnt_lead_id") for one in companies_of(hubspot, DOMAIN))


@pytest.mark.proves("R4.7")
def test_a_change_that_people_make_comes_back(hubspot):
    ScannedCompanyFactory(domain=DOMAIN, phone="")
    push_due()
    pull_crm_changes(crm_backend("hubspot"), full=False)
    edit(hubspot, "change", company=DOMAIN, properties={"phone": "+49 30 1", "hnt_provider": "theirs"})

    report = pull_crm_changes(crm_backend("hubspot"), full=False)

    assert (report.applied, report.failed) == (1, False)
    assert Company.objects.get().phone == "+49 30 1"


@pytest.mark.fault(21)
def test_a_company_that_was_deleted_is_noticed_and_made_again_only_when_a_person_asks(hubspot):
    ScannedCompanyFactory(domain=DOMAIN)
    push_due()
    edit(hubspot, "delete", company=DOMAIN)
    change_company(name="Contoso AG", name_set_by_person=True)

    push_due()
    gone = CrmRecord.objects.get()
    left = companies_of(hubspot, DOMAIN)
    create_again(gone, by=None)
    push_company(DOMAIN)

    assert (gone.state, left) == (LeadState.GONE, [])
    assert [one["name"] for one in companies_of(hubspot, DOMAIN)] == ["Contoso AG"]


@pytest.mark.proves("R4.2")
def test_an_account_that_never_met_hunter_is_provisioned_checked_and_pushed_to(hubspot):
    edit(hubspot, "without_hunter")
    backend = crm_backend("hubspot")
    ScannedCompanyFactory(domain=DOMAIN)
    with pytest.raises(Misconfigured):
        push_due()

    made = provision_crm(backend, with_optional=False, dry_run=False)
    again = provision_crm(backend, with_optional=False, dry_run=False)

    assert not made.failed
    assert (len(made.created), again.created) == (ProvisionedPart.objects.count(), ())
    assert check_crm(backend).faults == ()
    assert push_due().created == 1


@pytest.mark.proves("R4.5")
@pytest.mark.fault(19)
def test_a_property_that_disappears_stops_pushes_with_one_error(hubspot):
    ScannedCompanyFactory.create_batch(3)
    edit(hubspot, "drop_property", property="hnt_provider")

    with pytest.raises(Misconfigured, match="hnt_provider"):
        push_due()

    assert hubspot.control.state("hubspot")["companies"] == []


@pytest.mark.proves("R2.6")
@pytest.mark.fault(14)
def test_a_429_costs_nobody_an_attempt(hubspot):
    ScannedCompanyFactory.create_batch(3)
    hubspot.control.add_fault(
        service="hubspot", operation="create", fault="status", status=429, retry_after="1", times=1
    )

    report = push_due()

    assert (report.created, report.failed) == (3, False)
