from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.mapping.values import read_values
from hunter.audit.models import AuditEntry
from hunter.work.models import ErrorRecord, Item, Priority
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.factories.people import api_client
from tests.factories.referrals import ReferralFactory

pytestmark = pytest.mark.django_db

READER = "crm.view_crmrecord"
PUSH = "push_dynamics365"


def shown(domain: str) -> dict[str, Any]:
    told: dict[str, Any] = api_client("leads.view_company").get(f"/api/v1/companies/{domain}/").json()
    return told


def test_a_company_shows_how_its_lead_stands():
    record = CrmRecordFactory(in_step=True)

    company = shown(record.company.domain)

    assert (company["sync_state"], company["sync_attempts"], company["sync_error"]) == ("synced", 0, None)
    assert company["lead_id"] == str(record.lead_id)
    assert company["synced_at"] is not None


@pytest.mark.proves("R4.4")
def test_a_payload_can_be_made_of_a_company_as_the_api_shows_it():
    company = ScannedCompanyFactory(domain="contoso.com", name="Contoso", confidence="3.00")
    ReferralFactory(company=company, referral_type="co-sell", contacts=[{"first_name": "Anna", "phone": "1"}])
    CrmRecordFactory(company=company, in_step=True)

    values = read_values(shown("contoso.com"))

    assert (values.domain, values.confidence, values.sync_state) == ("contoso.com", 3.0, "synced")
    assert values.contact is not None
    assert (values.referral_type, values.contact.first_name) == ("co-sell", "Anna")


def test_a_lead_that_was_never_confirmed_has_no_id_to_look_for():
    record = CrmRecordFactory()

    company = shown(record.company.domain)

    assert (company["sync_state"], company["lead_id"], company["lead_url"]) == ("pending", None, None)


def test_a_company_whose_push_failed_says_why():
    record = CrmRecordFactory(in_step=True)
    domain = record.company.domain
    Item.objects.create(kind=PUSH, key=domain, lane="dynamics365", attempts=2, due_at=timezone.now())
    ErrorRecord.objects.create(
        kind=PUSH, key=domain, operation="push a lead", service="dynamics365", error_class="transient", message="Busy."
    )

    company = shown(domain)

    assert (company["sync_state"], company["sync_attempts"], company["sync_error"]) == ("error", 2, "Busy.")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("domain=contoso.com", ["contoso.com"], id="domain"),
        pytest.param("state=pending", ["fabrikam.example"], id="state"),
        pytest.param("crm=dynamics365&is_adopted=true", [], id="adopted"),
        pytest.param("has_conflict=true", ["fabrikam.example"], id="conflict"),
        pytest.param("last_result=created", [], id="last result"),
    ],
)
def test_leads_are_filtered_by(query, found):
    CrmRecordFactory(company=ScannedCompanyFactory(domain="contoso.com"), in_step=True)
    CrmRecordFactory(company=ScannedCompanyFactory(domain="fabrikam.example"), has_conflict=True)

    answer = api_client(READER).get(f"/api/v1/crm-records/?{query}")

    assert [row["domain"] for row in answer.json()["results"]] == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("crm=salesforce", "crm", id="a CRM that there is none of"),
        pytest.param("has_conflict=1", "has_conflict", id="neither true nor false"),
        pytest.param("is_adopted=maybe", "is_adopted", id="half a truth"),
        pytest.param("state=foo", "state", id="no state"),
    ],
)
def test_a_filter_that_can_not_be_understood_is_refused_and_gives_no_rows(query, field):
    CrmRecordFactory(in_step=True)

    answer = api_client(READER).get(f"/api/v1/crm-records/?{query}")

    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_due_pushes_are_told_of_the_crm_that_is_named(settings):
    settings.CRM_BACKEND = "dynamics365,hubspot"
    ScannedCompanyFactory()
    client = api_client(READER)

    named = client.get("/api/v1/due-pushes/?crm=hubspot")
    unknown = client.get("/api/v1/due-pushes/?crm=sap")

    assert [row["crm"] for row in named.json()["results"]] == ["hubspot"]
    assert (unknown.status_code, unknown.json()["field"]) == (422, "crm")


@pytest.mark.parametrize("path", ["companies/contoso.com/payload", "due-pushes"])
def test_a_misspelt_crm_is_refused_and_not_taken_for_the_first(path):
    ScannedCompanyFactory(domain="contoso.com")

    answer = api_client(READER).get(f"/api/v1/{path}/?cmr=hubspot")

    assert (answer.status_code, answer.json()["field"]) == (400, "cmr")
    assert answer.json()["detail"] == "There is no filter 'cmr'. Known are crm."


def test_a_decision_with_a_word_too_many_is_refused():
    record = CrmRecordFactory(in_step=True)
    given = {"column": "telephone1", "conflict": "abc", "keep": "here", "keeps": "there"}

    answer = api_client(READER, "crm.decide_crmrecord").post(
        f"/api/v1/crm-records/{record.pk}/decide/", given, format="json"
    )

    assert (answer.status_code, answer.json()["field"]) == (400, "keeps")


@pytest.mark.proves("R7.7")
@pytest.mark.parametrize("path", ["crm-records", "companies"])
def test_a_page_takes_the_same_queries_however_many_leads_there_are(path):
    client = api_client(READER, "leads.view_company")

    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            client.get(f"/api/v1/{path}/")
        return len(taken)

    CrmRecordFactory(in_step=True)
    few = queries()
    for _ in range(10):
        CrmRecordFactory(in_step=True)

    assert queries() == few


def test_a_push_is_asked_for_and_looked_at(settings):
    settings.D365_ENABLED = True
    company = ScannedCompanyFactory(domain="contoso.com")
    client = api_client("crm.push_crmrecord", "work.view_item")

    answer = client.post("/api/v1/companies/contoso.com/push/")

    item = Item.objects.get(kind=PUSH, key=company.domain)
    assert answer.status_code == 202
    assert item.priority == Priority.PERSON
    assert client.get(answer["Location"]).json()["id"] == str(item.pk)
    assert AuditEntry.objects.get().act == "push"


def test_a_push_is_refused_while_the_crm_is_off(settings):
    settings.D365_ENABLED = False
    CompanyFactory(domain="contoso.com")

    answer = api_client("crm.push_crmrecord").post("/api/v1/companies/contoso.com/push/")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:hunter:problem:refused")
    assert "D365_ENABLED" in answer.json()["detail"]
    assert not Item.objects.exists()


@pytest.mark.parametrize("act", ["push", "payload"])
def test_a_company_that_is_none_is_not_found(act):
    client = api_client("crm.push_crmrecord", READER)

    answer = (client.post if act == "push" else client.get)(f"/api/v1/companies/nobody.example/{act}/")

    assert answer.status_code == 404


@pytest.mark.proves("R4.6")
def test_a_preview_tells_what_a_first_push_would_send():
    ScannedCompanyFactory(domain="contoso.com", name="Contoso")

    preview = api_client(READER).get("/api/v1/companies/contoso.com/payload/").json()

    assert (preview["payload"]["companyname"], preview["payload"]["hnt_domain"]) == ("Contoso", "contoso.com")
    assert {"column": "companyname", "there": None, "here": "Contoso", "winner": "crm"} in preview["difference"]
    assert preview["due"] == "due"
    assert preview["checked"] is False
    assert not Item.objects.exists()


def test_a_preview_tells_the_difference_to_what_is_there():
    company = ScannedCompanyFactory(domain="contoso.com", name="Contoso", name_set_by_person=True)
    client = api_client(READER)
    payload = client.get("/api/v1/companies/contoso.com/payload/").json()["payload"]
    CrmRecordFactory(company=company, in_step=True, confirmed=payload, seen=payload | {"companyname": "Contoso Old"})

    preview = client.get("/api/v1/companies/contoso.com/payload/").json()

    assert [one["column"] for one in preview["difference"]] == ["companyname"]
    assert preview["difference"][0] == {
        "column": "companyname", "there": "Contoso Old", "here": "Contoso", "winner": "hunter",
    }  # fmt: skip
    assert preview["detail"] == "A push of contoso.com would change companyname."


def test_a_preview_says_why_no_push_is_due():
    CompanyFactory(domain="contoso.com")

    preview = api_client(READER).get("/api/v1/companies/contoso.com/payload/").json()

    assert preview["due"] == "not scored yet"


def test_a_value_that_can_not_be_sent_is_named():
    ScannedCompanyFactory(domain=f"{'a' * 60}.{'b' * 60}.example", name="Contoso")

    answer = api_client(READER).get(f"/api/v1/companies/{'a' * 60}.{'b' * 60}.example/payload/")

    assert (answer.status_code, answer.json()["field"]) == (422, "domain")
    assert "never cut" in answer.json()["detail"]
