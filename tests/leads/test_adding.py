"""One company that somebody names: made once, scanned at once, in the admin and over the API (g.2)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.models import Lane
from hunter.work.models import Item, Priority
from leads.company_wish import CompanyWish
from leads.models import Company, RawLead
from leads.services.adding import AddChange, ConsumerDomainGiven, add_company
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.factories.people import administrator, api_client, staff, user_with
from tests.threads import at_once

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/companies/"
ADDER = ("leads.view_company", "leads.add_company")


def test_a_new_company_is_made_named_and_scanned():
    person = user_with()

    result = add_company(CompanyWish(website="www.firm.com.tr", email="Ali <ali@firm.com.tr>", name="Firm"), by=person)

    company = Company.objects.get()
    assert (result.company, result.change, result.field) == (company, AddChange.ADDED, "website")
    assert (company.domain, company.name, company.name_set_by_person) == ("firm.com.tr", "Firm", True)
    assert (company.contact_emails, company.sources) == (["ali@firm.com.tr"], ["domain"])
    item = Item.objects.get()
    assert (item.kind, item.key, item.priority, item.asked_by) == (
        "scan",
        "firm.com.tr",
        Priority.PERSON,
        person.username,
    )
    assert (AuditEntry.objects.get().act, AuditEntry.objects.get().by) == ("add", person)
    assert RawLead.objects.get().payload["website"] == "www.firm.com.tr"


def test_without_a_name_it_goes_by_its_domain_until_somebody_tells():
    company = add_company(CompanyWish(domain="firm.com"), by=None).company

    assert (company.name, company.name_set_by_person) == ("firm.com", False)


def test_a_second_click_changes_nothing():
    wish = CompanyWish(domain="firm.com", name="Firm")
    first = add_company(wish, by=None)

    second = add_company(wish, by=None)

    assert (second.company, second.change, second.scan_asked) == (first.company, AddChange.KNOWN, False)
    assert second.company.version == first.company.version
    assert (Item.objects.get().requested, RawLead.objects.count(), AuditEntry.objects.count()) == (1, 1, 1)


@pytest.mark.proves("R3.1", "R3.2")
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_makes_it_and_the_other_finds_it():
    results = at_once(*[lambda: add_company(CompanyWish(domain="firm.com"), by=None)] * 4)

    assert sorted(one.change for one in results) == ["added", "known", "known", "known"]
    assert Company.objects.count() == AuditEntry.objects.count() == RawLead.objects.count() == 1


@pytest.mark.proves("R3.3")
def test_a_company_that_is_known_is_left_as_it_is():
    ScannedCompanyFactory(domain="firm.com", name="Firm Ltd", sources=["csv"])

    result = add_company(CompanyWish(domain="firm.com", name="Other", email="x@firm.com"), by=None)

    company = Company.objects.get()
    assert (result.change, result.scan_asked) == (AddChange.KNOWN, False)
    assert (company.name, company.contact_emails, company.sources) == ("Firm Ltd", [], ["csv", "domain"])
    assert not Item.objects.exists()


def test_a_known_company_without_signals_is_scanned():
    CompanyFactory(domain="firm.com")

    assert add_company(CompanyWish(domain="firm.com"), by=None).scan_asked
    assert Item.objects.get().key == "firm.com"


def test_a_consumer_domain_is_added_only_by_somebody_who_means_it():
    with pytest.raises(ConsumerDomainGiven):
        add_company(CompanyWish(domain="gmail.com"), by=None)
    assert not Company.objects.exists()

    add_company(CompanyWish(domain="gmail.com"), by=None, accepts_consumer_domain=True)

    assert Company.objects.get().domain == "gmail.com"


def test_a_wish_that_names_no_domain_leaves_nothing_behind():
    with pytest.raises(HunterError) as refused:
        add_company(CompanyWish(website="firm"), by=None)

    assert refused.value.field == "website"
    assert not RawLead.objects.exists()


def test_the_api_gives_201_with_the_company_then_200_with_the_same():
    client = api_client(*ADDER)
    wish = {"website": "https://www.firm.com.tr/", "name": "Firm"}

    made, again = client.post(ADDRESS, wish), client.post(ADDRESS, wish)

    assert (made.status_code, again.status_code) == (201, 200)
    assert made["Location"].endswith("/api/v1/companies/firm.com.tr/")
    assert (made.json()["domain"], made.json()["name"], made.json()["sources"]) == ("firm.com.tr", "Firm", ["domain"])
    assert again.json() == made.json()
    assert again["ETag"] == made["ETag"] == client.get(made["Location"])["ETag"]


@pytest.mark.parametrize(
    ("wish", "status", "problem", "field"),
    [
        pytest.param({"website": "firm"}, 422, "refused-value", "website", id="a website that is none"),
        pytest.param({"domain": "com.tr"}, 422, "refused-value", "domain", id="a public suffix"),
        pytest.param({"name": "Firm"}, 422, "refused-value", "domain", id="a name alone"),
        pytest.param({"email": "ali@gmail.com"}, 409, "refused", "accept_consumer_domain", id="a consumer domain"),
        pytest.param({"colour": "red"}, 400, "invalid-request", "colour", id="an unknown member"),
        pytest.param({"domain": "x" * 300}, 400, "invalid-request", "domain", id="too long"),
        pytest.param({"domain": 5}, 400, "invalid-request", "domain", id="a number"),
        pytest.param({"domain": "firm.com", "name": ["Firm"]}, 400, "invalid-request", "name", id="a list"),
        pytest.param({"domain": "firm.com", "email": None}, 400, "invalid-request", "email", id="null"),
    ],
)
def test_the_api_names_the_field_at_fault(wish, status, problem, field):
    answer = api_client(*ADDER).post(ADDRESS, wish)

    assert (answer.status_code, answer.json()["type"], answer.json()["field"]) == (
        status, f"urn:hunter:problem:{problem}", field,
    )  # fmt: skip
    assert not Company.objects.exists()


def test_the_api_takes_a_consumer_domain_that_is_meant():
    answer = api_client(*ADDER).post(ADDRESS, {"domain": "gmail.com", "accept_consumer_domain": True})

    assert answer.status_code == 201


def test_adding_over_the_api_needs_its_permission():
    assert api_client("leads.view_company").post(ADDRESS, {"domain": "firm.com"}).status_code == 403


ACT = "admin:leads_company_act"


@pytest.fixture
def page(db):
    client = Client()
    client.force_login(administrator("ayse"))
    return client


def add(page, **fields):
    return page.post(reverse(ACT, args=["add_company"]), {"confirmed": "1", **fields})


def test_the_list_offers_to_add_a_company(page):
    assert "Add a company…" in page.get(reverse("admin:leads_company_changelist")).content.decode()


def test_while_somebody_holds_the_lane_nobody_is_told_that_a_scan_begins_within_a_minute(page):
    Lane.objects.update_or_create(name="dns", defaults={"held": True, "held_reason": "maintenance"})

    added = add_company(CompanyWish(domain="firm.com"), by=None)
    scanned = page.post(reverse(ACT, args=["scan"]), {"id": added.company.pk}, follow=True).content.decode()

    assert added.sentence().endswith(
        "It will be scanned once somebody resumes DNS on the page Lanes, which is held now."
    )
    assert "firm.com will be scanned once somebody resumes DNS" in scanned


def test_the_dialog_asks_and_leads_to_the_new_company(page):
    asked = page.get(reverse(ACT, args=["add_company"]))
    done = add(page, website="www.firm.com.tr")

    company = Company.objects.get()
    assert "Website" in asked.content.decode()
    assert "private persons" not in asked.content.decode()
    assert done["Location"] == reverse("admin:leads_company_change", args=[company.pk])
    assert (
        "firm.com.tr was added, by its website. It will be scanned within a minute."
        in page.get(done["Location"]).content.decode()
    )
    assert str(AuditEntry.objects.get().by) == "ayse"


def test_a_second_click_in_the_dialog_leads_to_the_same_company(page):
    first, second = add(page, domain="firm.com"), add(page, domain="firm.com")

    assert second["Location"] == first["Location"]
    assert "is a company already; it was left as it is." in page.get(second["Location"]).content.decode()


def test_what_names_no_domain_is_told_at_its_field(page):
    answer = add(page, website="firm", domain="")

    assert answer.status_code == 200
    assert "names no company: a domain has at least two parts" in answer.content.decode()
    assert not Company.objects.exists()


def test_nothing_filled_in_is_told_too(page):
    assert "Give a website, an e-mail address or a domain." in add(page).content.decode()


def test_the_warning_about_a_consumer_domain_can_be_confirmed(page):
    warned = add(page, email="ali@gmail.com").content.decode()

    assert "gmail.com is a mail domain of private persons" in warned
    assert 'type="checkbox" name="accept_consumer_domain"' in warned
    assert not Company.objects.exists()

    add(page, email="ali@gmail.com", accept_consumer_domain="on")

    assert Company.objects.get().domain == "gmail.com"


def test_adding_in_the_admin_needs_its_permission():
    client = Client()
    client.force_login(staff("leads.view_company"))

    assert add(client, domain="firm.com").status_code == 403
    assert "Add a company…" not in client.get(reverse("admin:leads_company_changelist")).content.decode()
