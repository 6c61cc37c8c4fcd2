"""The contact of a lead in HubSpot: one is kept in step, as the referral's person; those of others are left alone."""

from __future__ import annotations

import pytest

from crm.models import CrmRecord
from crm.push.record import LeadState, PushResult
from crm.registry import crm_backend
from crm.services.provisioning import provision_crm
from crm.services.pulling import pull_crm_changes
from crm.services.pushing import create_again, push_company, push_due
from hunter.remote.errors import Misconfigured
from hunter.work.models import ErrorRecord
from leads.models import Company
from referrals.models import Referral
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.referrals import ReferralFactory

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
DOMAIN = "contoso.com"
ADA = {"first_name": "Ada", "last_name": "Ornek", "title": "CTO", "email": "ada@contoso.com", "phone": "+90 212 1"}
BOB = {"first_name": "Bob", "last_name": "Deniz", "title": "CTO", "email": "bob@contoso.com", "phone": ""}
ADA_THERE = {
    "email": "ada@contoso.com", "firstname": "Ada", "lastname": "Ornek", "jobtitle": "CTO", "phone": "+90 212 1",
}  # fmt: skip
THEIRS = {"email": "ada@contoso.com", "firstname": "A.", "phone": "+90 555 7"}


def refer(person=ADA, domain=DOMAIN, **words):
    """A company with a referral of this person."""
    company = ScannedCompanyFactory(domain=domain)
    return ReferralFactory(company=company, domain=domain, contacts=[person], **words)


def change_person(**values):
    referral = Referral.objects.get()
    referral.contacts = [{**referral.contacts[0], **values}]
    referral.save()


def edit(sandbox, act, **members):
    return sandbox.control.edit("hubspot", {"act": act, **members})


def contacts(sandbox):
    """What the account holds, by address: values, the mark, and how many companies each belongs to."""
    held = sandbox.control.state("hubspot")["contacts"]
    return {one["properties"].get("email"): one["properties"] | {"companies": one["companies"]} for one in held}


def values(contact):
    return {name: contact[name] for name in ADA_THERE if contact.get(name)}


def company_number(sandbox, domain=DOMAIN):
    companies = sandbox.control.state("hubspot")["companies"]
    (number,) = (one["id"] for one in companies if one["properties"].get("domain") == domain)
    return number


def writes(sandbox):
    """How often the account was written to."""
    names = ("create", "update", "contact_create", "contact_update", "associate")
    return [call["operation"] for call in sandbox.control.calls("hubspot") if call["operation"] in names]


@pytest.mark.proves("R1.1", "R8.2")
def test_a_company_with_a_person_gets_one_contact_that_belongs_to_it(hubspot):
    refer()

    report = push_due()

    (contact,) = contacts(hubspot).values()
    record = CrmRecord.objects.get()
    assert (report.due, report.created, report.updated, report.failed) == (1, 1, 0, False)
    assert values(contact) == ADA_THERE
    assert (contact["hnt_lead_id"], contact["companies"]) == (str(record.lead_id), [company_number(hubspot)])
    assert (record.state, record.last_result, record.ever_confirmed) == (LeadState.SYNCED, PushResult.CREATED, True)
    assert writes(hubspot) == ["create", "contact_create"]
    assert push_due().due == 0


@pytest.mark.parametrize("person", [ADA | {"email": ""}, None], ids=["no address", "nobody"])
def test_without_an_address_there_is_no_contact_and_the_lead_is_in_step(hubspot, person):
    refer(person) if person else ScannedCompanyFactory(domain=DOMAIN)

    report = push_due()

    assert (report.created, report.failed, contacts(hubspot)) == (1, False, {})
    assert push_due().due == 0


def test_an_address_that_comes_later_brings_the_whole_contact(hubspot):
    refer(ADA | {"email": ""})
    push_due()

    change_person(email=ADA["email"])
    push_due()

    (contact,) = contacts(hubspot).values()
    assert values(contact) == ADA_THERE


def test_one_who_does_not_want_to_be_contacted_gets_none(hubspot):
    refer(consent={"contact": False})

    push_due()

    assert contacts(hubspot) == {}


def test_only_what_changed_is_sent(hubspot):
    refer()
    push_due()
    edit(hubspot, "change_contact", contact=ADA["email"], properties={"mobilephone": "+90 555 7"})
    pull_crm_changes(crm_backend("hubspot"), full=False)

    change_person(title="CEO")
    report = push_due()

    (contact,) = contacts(hubspot).values()
    assert report.updated == 1
    assert (contact["jobtitle"], contact["mobilephone"]) == ("CEO", "+90 555 7")
    assert writes(hubspot)[2:] == ["contact_update"]


@pytest.mark.proves("R3.3", "R4.7")
def test_what_people_change_comes_back_and_is_not_sent_over(hubspot):
    refer()
    push_due()
    pull_crm_changes(crm_backend("hubspot"), full=False)
    edit(hubspot, "change_contact", contact=ADA["email"], properties={"jobtitle": "Head of IT"})

    report = pull_crm_changes(crm_backend("hubspot"), full=False)
    change_person(phone="+90 212 2")
    push_due()

    (contact,) = contacts(hubspot).values()
    assert (report.applied, report.failed) == (1, False)
    assert (contact["jobtitle"], contact["phone"]) == ("Head of IT", "+90 212 2")
    assert CrmRecord.objects.get().taken["contact.jobtitle"]["value"] == "Head of IT"


@pytest.mark.proves("R3.3")
def test_what_people_changed_since_the_last_look_is_seen_before_a_write(hubspot):
    refer()
    push_due()
    edit(hubspot, "change_contact", contact=ADA["email"], properties={"jobtitle": "Head of IT"})

    change_person(phone="+90 212 2")
    push_due()

    (contact,) = contacts(hubspot).values()
    assert (contact["jobtitle"], contact["phone"]) == ("Head of IT", "+90 212 2")


@pytest.mark.proves("R3.3")
def test_a_contact_of_others_with_that_address_is_linked_and_otherwise_left_alone(hubspot):
    made = edit(hubspot, "create_contact", properties=THEIRS)
    refer()

    report = push_due()
    change_person(title="CEO")
    push_due()

    (contact,) = contacts(hubspot).values()
    record = CrmRecord.objects.get()
    assert (report.created, report.failed) == (1, False)
    assert (values(contact), contact.get("hnt_lead_id")) == (THEIRS, None)
    assert contact["companies"] == [company_number(hubspot)]
    assert (record.state, contact["hs_object_id"]) == (LeadState.SYNCED, made["id"])
    assert "no record of Hunter's" in record.taken["contact.email"]["why"]
    assert push_due().due == 0


@pytest.mark.parametrize("column", ["contact.email", "contact.firstname"])
def test_the_page_says_what_no_record_of_hunters_holds(hubspot, admin_client, column):
    edit(hubspot, "create_contact", properties=THEIRS)
    refer()
    push_due()

    page = admin_client.get(f"/admin/leads/company/{Company.objects.get().pk}/change/").content.decode()

    row = page.partition("Not held there")[2].partition("</dd>")[0]
    assert column in row
    assert "Taken from the CRM" not in page


def test_one_person_of_two_companies_is_the_contact_of_the_first_and_linked_with_both(hubspot):
    refer()
    refer(domain="fabrikam.com")

    push_due()

    (contact,) = contacts(hubspot).values()
    assert sorted(contact["companies"]) == sorted(company_number(hubspot, one) for one in (DOMAIN, "fabrikam.com"))
    assert contact["hnt_lead_id"] in {str(one.lead_id) for one in CrmRecord.objects.all()}
    assert push_due().due == 0


@pytest.mark.proves("R3.3")
def test_another_address_is_another_person_and_the_first_stays_as_he_is(hubspot):
    refer()
    push_due()

    change_person(**BOB)
    report = push_due()

    held = contacts(hubspot)
    assert (report.updated, report.failed) == (1, False)
    assert values(held[ADA["email"]]) == ADA_THERE
    assert values(held[BOB["email"]]) == {
        "email": "bob@contoso.com", "firstname": "Bob", "lastname": "Deniz", "jobtitle": "CTO",
    }  # fmt: skip
    lead_id = str(CrmRecord.objects.get().lead_id)
    assert {mail: one.get("hnt_lead_id") for mail, one in held.items()} == {ADA["email"]: None, BOB["email"]: lead_id}
    assert all(one["companies"] == [company_number(hubspot)] for one in held.values())
    assert push_due().due == 0


@pytest.mark.proves("R1.1", "R1.8")
@pytest.mark.fault(4, 10)
@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "broken_json"])
@pytest.mark.parametrize("operation", ["contact_create", "contact_update", "associate"])
def test_an_answer_that_is_lost_makes_no_second_contact_and_loses_no_value(hubspot, operation, fault):
    refer()
    if operation == "associate":
        edit(hubspot, "create_contact", properties=THEIRS)
    if operation == "contact_update":
        push_due()
        change_person(**BOB)
    hubspot.control.add_fault(service="hubspot", operation=operation, fault=fault, times=1)

    push_due()
    push_company(DOMAIN)

    held = contacts(hubspot)
    lead_id = str(CrmRecord.objects.get().lead_id)
    marked = [mail for mail, one in held.items() if one.get("hnt_lead_id") == lead_id]
    assert marked == {"contact_create": [ADA["email"]], "contact_update": [BOB["email"]], "associate": []}[operation]
    assert all(one["companies"] == [company_number(hubspot)] for one in held.values())
    assert CrmRecord.objects.in_step().filter(sent=[]).count() == 1
    assert not ErrorRecord.objects.unsettled().exists()
    assert push_due().due == 0


@pytest.mark.fault(21)
@pytest.mark.parametrize("look", ["pull", "push"])
def test_a_contact_that_was_deleted_is_noticed_and_not_made_again(hubspot, look):
    refer()
    push_due()
    edit(hubspot, "delete_contact", contact=ADA["email"])

    if look == "pull":
        pull_crm_changes(crm_backend("hubspot"), full=False)
    else:
        Company.objects.update(infrastructure_summary="anew")
        push_due()
    noticed = CrmRecord.objects.get()
    change_person(title="CEO")
    push_due()

    assert noticed.state == LeadState.SYNCED
    assert "no record of Hunter's" in noticed.taken["contact.email"]["why"]
    assert contacts(hubspot) == {}
    assert push_due().due == 0


def test_after_a_contact_was_deleted_another_person_gets_one(hubspot):
    refer()
    push_due()
    edit(hubspot, "delete_contact", contact=ADA["email"])
    pull_crm_changes(crm_backend("hubspot"), full=False)

    change_person(**BOB)
    push_due()

    (contact,) = contacts(hubspot).values()
    assert (contact["email"], contact["jobtitle"]) == ("bob@contoso.com", "CTO")


def test_a_link_that_people_took_away_stays_away(hubspot):
    refer()
    push_due()
    edit(hubspot, "unlink_contact", contact=ADA["email"], company=DOMAIN)

    change_person(title="CEO")
    push_due()

    (contact,) = contacts(hubspot).values()
    assert (contact["jobtitle"], contact["companies"]) == ("CEO", [])


def test_a_company_of_others_that_is_taken_over_gets_the_contact_too(hubspot):
    edit(hubspot, "create", properties={"domain": DOMAIN, "name": "Theirs"})
    refer()

    report = push_due()

    (contact,) = contacts(hubspot).values()
    record = CrmRecord.objects.get()
    assert (report.adopted, report.created) == (1, 0)
    assert (contact["hnt_lead_id"], contact["companies"]) == (str(record.lead_id), [company_number(hubspot)])


def test_a_lead_that_is_made_again_links_the_contact_that_is_there(hubspot):
    refer()
    push_due()
    edit(hubspot, "delete", company=DOMAIN)
    push_company(DOMAIN)
    Company.objects.update(infrastructure_summary="anew")
    push_due()

    create_again(CrmRecord.objects.get(), by=None)
    push_company(DOMAIN)

    (contact,) = contacts(hubspot).values()
    assert contact["companies"] == [company_number(hubspot)]
    assert CrmRecord.objects.get().state == LeadState.SYNCED


@pytest.mark.proves("R5.4")
def test_an_address_that_hubspot_refuses_keeps_no_company_back_and_says_why(hubspot):
    refer(ADA | {"email": "ada@contoso"})

    report = push_due()

    assert report.dead == 1
    assert company_number(hubspot)
    assert "is invalid" in ErrorRecord.objects.unsettled().get().message


@pytest.mark.proves("R4.2")
def test_the_property_of_contacts_is_created_with_the_others(hubspot):
    edit(hubspot, "without_hunter")
    refer()
    with pytest.raises(Misconfigured):
        push_due()

    made = provision_crm(crm_backend("hubspot"), with_optional=False, dry_run=False)

    assert {"contact.hunter", "contact.hnt_lead_id"} <= set(made.created)
    assert push_due().created == 1
    assert len(contacts(hubspot)) == 1


@pytest.mark.proves("R4.5")
def test_without_the_property_nothing_is_pushed(hubspot):
    edit(hubspot, "drop_property", property="hnt_lead_id", of="contacts")
    refer()

    with pytest.raises(Misconfigured, match=r"contact\.hnt_lead_id"):
        push_due()
