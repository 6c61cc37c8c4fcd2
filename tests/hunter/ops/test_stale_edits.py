"""Two people at one form: nothing typed is lost, nothing saved is covered (R3.3)."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from hunter.audit.models import AuditEntry
from leads.models import Company
from leads.services.editing import edit_company
from tests.factories.leads import CompanyFactory
from tests.factories.people import administrator


@pytest.fixture
def company(db) -> Company:
    return CompanyFactory(domain="contoso.com", name="Contoso", phone="+49 1", country="DE")


def address(company: Company) -> str:
    return reverse("admin:leads_company_change", args=[company.pk])


def opened(page: Client, company: Company) -> dict[str, str]:
    """The form as it stands in the browser."""
    return fields(page.get(address(company)).content.decode())


def fields(text: str) -> dict[str, str]:
    token = re.search(r'name="_version" value="([^"]+)"', text)
    assert token
    row = Company.objects.get()
    return {"_version": token[1], "name": row.name, "country": row.country, "phone": row.phone}


def maria_sets(company: Company, **changes: str) -> None:
    edit_company(Company.objects.get(pk=company.pk), changes=changes, by=administrator("maria"))


@pytest.mark.proves("R3.3")
def test_an_edit_of_the_newest_version_is_saved(page, company, ayse):
    form = opened(page, company)

    response = page.post(address(company), form | {"name": "Contoso Retail"})

    company.refresh_from_db()
    assert response.status_code == 302
    assert (company.name, company.name_set_by_person) == ("Contoso Retail", True)
    assert AuditEntry.objects.get().after == {"name": "Contoso Retail"}


@pytest.mark.proves("R3.3")
def test_a_stale_edit_changes_nothing_and_shows_both_sides(page, company):
    form = opened(page, company)
    maria_sets(company, name="Contoso Retail")

    response = page.post(address(company), form | {"name": "Contoso GmbH"})

    text = response.content.decode()
    assert response.status_code == 409
    assert Company.objects.get().name == "Contoso Retail"
    assert "Someone saved Contoso Retail while you had it open." in text
    assert "maria" in text
    for told in ("Contoso GmbH", "Contoso Retail"):
        assert told in text


@pytest.mark.proves("R3.3")
def test_changes_of_different_fields_can_both_be_kept(page, company):
    form = opened(page, company)
    maria_sets(company, name="Contoso Retail")

    stale = page.post(address(company), form | {"phone": "+49 2"}).content.decode()
    assert "Apply my changes to the newest" in stale
    kept = dict(re.findall(r'<input type="hidden" name="(name|country|phone)" value="([^"]*)"', stale))
    page.post(address(company), fields(stale) | kept)

    saved = Company.objects.get()
    assert (saved.name, saved.phone) == ("Contoso Retail", "+49 2")


@pytest.mark.proves("R3.3")
def test_of_two_changes_of_one_field_a_person_chooses(page, company):
    form = opened(page, company)
    maria_sets(company, name="Contoso Retail")

    stale = page.post(address(company), form | {"name": "Contoso GmbH"}).content.decode()
    offered = re.findall(r'<input type="radio" name="name" value="([^"]*)"', stale)
    page.post(address(company), fields(stale) | {"name": offered[0]})

    assert offered == ["Contoso GmbH", "Contoso Retail"]
    assert Company.objects.get().name == "Contoso GmbH"


@pytest.mark.proves("R3.3")
def test_a_third_edit_meanwhile_makes_the_merged_one_stale_again(page, company):
    form = opened(page, company)
    maria_sets(company, name="Contoso Retail")
    merged = fields(page.post(address(company), form | {"phone": "+49 2"}).content.decode())
    edit_company(Company.objects.get(), changes={"country": "TR"}, by=None)

    response = page.post(address(company), merged | {"phone": "+49 2"})

    assert response.status_code == 409
    assert Company.objects.get().phone == "+49 1"


@pytest.mark.parametrize("token", [pytest.param("", id="none"), pytest.param("1:forged", id="not signed by us")])
def test_a_form_that_does_not_say_its_version_saves_nothing(token, page, company):
    response = page.post(address(company), {"_version": token, "name": "X", "country": "", "phone": ""}, follow=True)

    assert "which version it was opened with" in response.content.decode()
    assert Company.objects.get().name == "Contoso"


def test_a_refused_value_keeps_what_was_typed(page, company):
    form = opened(page, company)

    text = page.post(address(company), form | {"country": "Germany", "phone": "+49 30"}).content.decode()

    assert "+49 30" in text
    assert Company.objects.get().phone == "+49 1"
