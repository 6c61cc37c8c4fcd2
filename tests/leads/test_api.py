from __future__ import annotations

from typing import Any

import pytest
import requests
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from hunter.audit.models import AuditEntry
from hunter.work.models import Item, Priority
from leads.models import Company, ScanJob
from tests.factories.leads import (
    CompanyFactory,
    ScanJobEntryFactory,
    ScanJobFactory,
    ScannedCompanyFactory,
    SignalsFactory,
    behind_a_filter,
    scored_as,
)
from tests.factories.people import api_client, user_with
from tests.factories.referrals import ReferralFactory
from tests.waiting import PATIENCE

READER = "leads.view_company"
EDITOR = (READER, "leads.change_company")
PROMISED = {
    "domain", "name", "provider", "local_provider", "tenant_size", "azure_tenant_id", "score", "segment",
    "technical_heat", "commercial_segment", "commercial_heat", "priority_category", "priority_label", "priority",
    "contact_emails", "phone", "infrastructure_summary", "confidence", "sources", "referral_id", "referral_type",
    "referral_count", "link_status", "sync_state", "sync_attempts", "synced_at", "sync_error",
}  # fmt: skip


def queries_of(client: APIClient, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.django_db
def test_a_company_has_every_member_that_scripts_rely_on():
    ScannedCompanyFactory(domain="contoso.com")

    company = api_client(READER).get("/api/v1/companies/contoso.com/").json()

    assert company.keys() >= PROMISED
    assert (company["domain"], company["provider"], company["score"]) == ("contoso.com", "M365", 70)
    assert company["signals"]["mx_root"] == "outlook.com"
    assert company["created_at"].endswith("Z")


@pytest.mark.django_db
def test_what_is_not_known_of_a_company_is_null():
    CompanyFactory(domain="contoso.com")

    company = api_client(READER).get("/api/v1/companies/contoso.com/").json()

    unknown = (
        "provider",
        "tenant_size",
        "score",
        "segment",
        "priority",
        "phone",
        "signals",
        "scanned_at",
        "scan_count",
        "sync_state",
        "gateway",
        "score_range",
        "unanswered",
    )
    assert {name: company[name] for name in unknown} == dict.fromkeys(unknown)
    assert (company["referral_count"], company["link_status"]) == (0, "none")


@pytest.mark.django_db
def test_yes_no_and_not_known_are_three_values_and_a_conclusion_names_its_records():
    company = CompanyFactory(domain="contoso.com", provider="Local", gateway=True, **scored_as("Local"))
    SignalsFactory(company=company, **behind_a_filter())

    told = api_client(READER).get("/api/v1/companies/contoso.com/").json()

    signals = told["signals"]
    assert signals["states"] == {
        "mx": "yes", "spf": "yes", "dkim": "yes", "dmarc": "no", "mta_sts": "yes", "tls_rpt": "no", "bimi": "not_known",
    }  # fmt: skip
    assert (signals["mailboxes"]["provider"], signals["mailboxes"]["confidence"]) == ("M365", "medium")
    assert signals["mailboxes"]["rests_on"][0] == {
        "provider": "M365",
        "asked": "CNAME autodiscover.contoso.com",
        "record": "autodiscover.outlook.com",
        "says": "mail programs are sent to Exchange Online",
    }
    assert (told["score"], told["gateway"]) == (30, True)
    assert told["score_range"] == {
        "lowest": 30,
        "highest": 70,
        "segments": ["Cold", "Existing", "Migration"],
        "not_known": ["provider"],
        "sentence": "Between 30 and 70 (Cold, Existing or Migration): who keeps the mailboxes is not known.",
    }


@pytest.mark.django_db
def test_what_a_scan_before_this_release_did_not_look_at_is_not_known():
    ScannedCompanyFactory(domain="contoso.com")

    signals = api_client(READER).get("/api/v1/companies/contoso.com/").json()["signals"]

    assert (signals["mailboxes"], signals["spf_check"], signals["mail_policies"]) == (None, None, None)
    assert signals["states"]["mta_sts"] == "not_known"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written",
    [
        pytest.param("b%C3%BCcher.example", id="as people write it"),
        pytest.param("xn--bcher-kva.example", id="in ASCII"),
        pytest.param("B%C3%9CCHER.EXAMPLE", id="in capitals"),
    ],
)
def test_a_company_is_found_by_its_domain(written):
    CompanyFactory(domain="xn--bcher-kva.example")

    assert api_client(READER).get(f"/api/v1/companies/{written}/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("domain=contoso.com", ["contoso.com"], id="domain"),
        pytest.param("registrable_domain=contoso.com", ["contoso.com"], id="registrable domain"),
        pytest.param("search=NORTH", ["fabrikam.example"], id="part of the name"),
        pytest.param("search=toso", ["contoso.com"], id="part of the domain"),
        pytest.param("provider=M365", ["contoso.com"], id="provider"),
        pytest.param("segment=Migration", [], id="segment"),
        pytest.param("score_min=70", ["contoso.com"], id="least score"),
        pytest.param("score_max=69", [], id="most score"),
        pytest.param("scan_status=pending", ["fabrikam.example"], id="scan status"),
        pytest.param("priority=7", ["fabrikam.example"], id="priority"),
        pytest.param("scanned_after=2000-01-01T00:00:00Z", ["contoso.com"], id="scanned since"),
        pytest.param("scanned_before=2000-01-01T00:00:00Z", [], id="scanned before"),
    ],
)
def test_companies_are_filtered_by(query, found):
    ScannedCompanyFactory(domain="contoso.com")
    CompanyFactory(domain="fabrikam.example", name="Northwind")

    answer = api_client(READER).get(f"/api/v1/companies/?{query}")

    assert [row["domain"] for row in answer.json()["results"]] == found


@pytest.mark.django_db
@pytest.mark.proves("R7.7")
def test_a_page_of_companies_takes_the_same_queries_however_many_there_are():
    client = api_client(READER)
    ReferralFactory(company=ScannedCompanyFactory())
    client.get("/api/v1/companies/")
    few = queries_of(client, "/api/v1/companies/")

    for _ in range(20):
        ReferralFactory(company=ScannedCompanyFactory())

    assert queries_of(client, "/api/v1/companies/") == few
    assert few <= 10


@pytest.mark.django_db
@pytest.mark.proves("R3.3")
def test_a_person_changes_a_company_at_the_version_that_was_read():
    ScannedCompanyFactory(domain="contoso.com", name="Contoso")
    client = api_client(*EDITOR)
    read = client.get("/api/v1/companies/contoso.com/")

    answer = client.patch(
        "/api/v1/companies/contoso.com/",
        {"name": "Contoso Retail", "country": "tr"},
        headers={"If-Match": read["ETag"]},
    )

    assert answer.status_code == 200
    told = answer.json()
    assert (told["name"], told["country"], told["name_set_by_person"]) == ("Contoso Retail", "TR", True)
    assert told["version"] == read.json()["version"] + 1
    assert answer["ETag"] != read["ETag"]
    assert answer["ETag"] == client.get("/api/v1/companies/contoso.com/")["ETag"]
    assert AuditEntry.objects.get().after == {"name": "Contoso Retail", "country": "TR"}


@pytest.mark.django_db
def test_what_is_left_out_of_a_change_stays():
    CompanyFactory(domain="contoso.com", name="Contoso", phone="1", country="TR")
    client = api_client(*EDITOR)
    tag = client.get("/api/v1/companies/contoso.com/")["ETag"]

    told = client.patch("/api/v1/companies/contoso.com/", {"phone": ""}, headers={"If-Match": tag}).json()

    assert (told["phone"], told["country"], told["name_set_by_person"]) == (None, "TR", False)


@pytest.mark.django_db
def test_a_change_that_changes_nothing_leaves_the_version_alone():
    CompanyFactory(domain="contoso.com", name="Contoso")
    client = api_client(*EDITOR)
    tag = client.get("/api/v1/companies/contoso.com/")["ETag"]

    answer = client.patch("/api/v1/companies/contoso.com/", {"name": "Contoso"}, headers={"If-Match": tag})

    assert answer["ETag"] == tag
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.proves("R3.3")
def test_a_stale_change_is_refused_with_the_fields_that_changed():
    company = CompanyFactory(domain="contoso.com", name="Contoso", phone="1")
    client = api_client(*EDITOR)
    tag = client.get("/api/v1/companies/contoso.com/")["ETag"]
    Company.objects.filter(pk=company.pk).update(phone="2")

    answer = client.patch("/api/v1/companies/contoso.com/", {"name": "Mine"}, headers={"If-Match": tag})

    assert (answer.status_code, answer.json()["type"]) == (412, "urn:hunter:problem:stale-version")
    assert answer.json()["changed"] == ["phone"]
    assert Company.objects.get().name == "Contoso"


@pytest.mark.django_db
@pytest.mark.proves("R3.3")
def test_a_change_without_a_version_is_refused():
    CompanyFactory(domain="contoso.com")

    answer = api_client(*EDITOR).patch("/api/v1/companies/contoso.com/", {"name": "Mine"})

    assert (answer.status_code, answer.json()["type"]) == (428, "urn:hunter:problem:version-required")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"score": 100}, "score", id="what Hunter works out"),
        pytest.param({"name": ""}, "name", id="no name"),
        pytest.param({"name": "x" * 256}, "name", id="a name that is too long"),
        pytest.param({"country": "Turkey"}, "country", id="a country that is no code"),
        pytest.param({"phone": None}, "phone", id="null"),
        pytest.param({"name": "a\x00b"}, "name", id="a null byte"),
        pytest.param({"phone": 5}, "phone", id="a number"),
        pytest.param({"name": ["Contoso"]}, "name", id="a list"),
        pytest.param({"country": True}, "country", id="a yes"),
    ],
)
def test_a_person_does_not_set(change, field):
    CompanyFactory(domain="contoso.com", name="Contoso")
    client = api_client(*EDITOR)
    tag = client.get("/api/v1/companies/contoso.com/")["ETag"]

    answer = client.patch("/api/v1/companies/contoso.com/", change, headers={"If-Match": tag})

    assert (answer.status_code, answer.json()["field"]) == (400, field)


@pytest.mark.django_db
def test_a_scan_is_asked_for_and_looked_at():
    CompanyFactory(domain="contoso.com")
    client = api_client("leads.scan_company", "leads.view_scanjob")

    answer = client.post("/api/v1/companies/contoso.com/scan/")

    item = Item.objects.get(kind="scan", key="contoso.com")
    assert answer.status_code == 202
    assert item.priority == Priority.PERSON
    seen = client.get(answer["Location"]).json()
    assert (seen["state"], seen["total"], seen["pending"]) == ("running", 1, 1)
    assert seen["asked_by"] == item.asked_by != ""


@pytest.mark.django_db
def test_many_domains_are_scanned_and_the_unreadable_ones_named():
    client = api_client("leads.scan_company", "leads.view_scanjob")

    answer = client.post("/api/v1/scans/", {"domains": ["contoso.com", "no domain"]})

    entries = client.get(f"{answer['Location']}entries/").json()["results"]
    assert {entry["domain"]: entry["state"] for entry in entries} == {"contoso.com": "pending", "no domain": "failed"}
    refused = client.get(f"{answer['Location']}entries/?state=failed").json()["results"]
    assert [entry["domain"] for entry in refused] == ["no domain"]
    assert refused[0]["reason"].startswith("No domain")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "domains", [[], ["x.example"] * 1001, "contoso.com", [None], [5], [["a.com"]], {"a.com": 1}, None]
)
def test_a_scan_is_not_begun_with(domains):
    answer = api_client("leads.scan_company").post("/api/v1/scans/", {"domains": domains})

    assert answer.status_code == 400
    assert not ScanJob.objects.exists()


@pytest.mark.django_db
def test_the_companies_of_a_filter_are_scanned():
    ScannedCompanyFactory(domain="fresh.com", provider="Google")
    ScannedCompanyFactory(domain="other.com", provider="M365")
    CompanyFactory(domain="new.com", provider="Google")
    client = api_client("leads.scan_company", "leads.view_scanjob")

    bulk = client.post("/api/v1/scans/", {"filter": {"provider": "Google"}})
    rescan = client.post("/api/v1/scans/", {"filter": {"provider": "Google"}, "rescan": True})

    assert bulk.json()["detail"] == "1 of 2 domains will be scanned."
    assert rescan.json()["detail"] == "2 of 2 domains will be scanned."
    seen = client.get(bulk["Location"]).json()
    assert (seen["wanted"], seen["pending"], seen["skipped"]) == ("companies with provider Google", 1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({}, "Give either domains or a filter.", id="neither domains nor a filter"),
        pytest.param({"domains": ["a.com"], "filter": {}}, "Give either domains or a filter.", id="both"),
        pytest.param({"filter": {"colour": "red"}}, "'colour' is no filter of companies", id="a filter there is not"),
        pytest.param({"filter": {"priority": "9"}}, "priority: ", id="a value that can't be"),
        pytest.param({"filter": {"provider": 5}}, "Not a valid string.", id="a value that is no text"),
        pytest.param({"filter": "provider"}, "dictionary", id="a filter that is a text"),
        pytest.param({"domains": ["a.com"], "rescan": "perhaps"}, "valid boolean", id="neither yes nor no"),
        pytest.param(["a.com"], "dictionary", id="a list"),
    ],
)
def test_a_filter_that_can_not_be_meant_starts_nothing(body, words):
    answer = api_client("leads.scan_company").post("/api/v1/scans/", body)

    assert (answer.status_code, ScanJob.objects.count()) == (400, 0)
    assert words in answer.content.decode()


@pytest.mark.django_db
def test_a_scan_is_paused_resumed_and_cancelled():
    client = api_client("leads.scan_company", "leads.view_scanjob")
    address = client.post("/api/v1/scans/", {"domains": ["a.com", "b.com"]})["Location"]
    states = []

    for act in ("pause", "resume", "cancel"):
        assert client.post(f"{address}{act}/").status_code == 202
        states.append(client.get(address).json()["state"])
    again = client.post(f"{address}cancel/")

    assert states == ["paused", "running", "cancelled"]
    assert "so there is nothing to cancel" in again.json()["detail"]
    assert client.get(address).json()["cancelled"] == 2
    assert not Item.objects.filter(kind="scan", due_at__isnull=False).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("states", "state"),
    [
        pytest.param(["pending", "scanned"], "running", id="something waits"),
        pytest.param(["scanned", "failed"], "done_with_errors", id="something failed"),
        pytest.param(["scanned", "skipped"], "done", id="all is well"),
    ],
)
def test_a_scan_says_how_far_it_is(states, state):
    job = ScanJobFactory()
    for one in states:
        ScanJobEntryFactory(job=job, state=one, finished_at=None if one == "pending" else "2026-05-05T00:00:00Z")

    seen = api_client("leads.view_scanjob").get("/api/v1/scans/").json()["results"][0]

    assert (seen["state"], seen["total"]) == (state, 2)


@pytest.mark.django_db
@pytest.mark.proves("R7.7")
def test_a_page_of_scans_takes_the_same_queries_however_many_there_are():
    client = api_client("leads.view_scanjob")
    ScanJobEntryFactory()
    few = queries_of(client, "/api/v1/scans/")

    for _ in range(10):
        ScanJobEntryFactory()

    assert queries_of(client, "/api/v1/scans/") == few


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        pytest.param("patch", "companies/contoso.com/", {"name": "Mine"}, id="change a company"),
        pytest.param("post", "companies/contoso.com/scan/", {}, id="scan a company"),
        pytest.param("post", "companies/contoso.com/push/", {}, id="push a company"),
        pytest.param("post", "scans/", {"domains": ["contoso.com"]}, id="scan domains"),
        pytest.param("post", "scans/1/pause/", {}, id="pause a scan"),
        pytest.param("post", "scans/1/cancel/", {}, id="cancel a scan"),
        pytest.param("post", "scans/1/resume/", {}, id="resume a scan"),
    ],
)
def test_a_reader_does_not(method, address, body):
    CompanyFactory(domain="contoso.com", name="Contoso")

    answer = getattr(api_client(READER, "leads.view_scanjob"), method)(f"/api/v1/{address}", body)

    assert answer.status_code == 403
    assert not Item.objects.exists()
    assert Company.objects.get().name == "Contoso"


@pytest.mark.django_db
def test_a_session_of_the_admin_is_good_for_reading_and_needs_its_token_to_act():
    CompanyFactory(domain="contoso.com")
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user_with(READER, "leads.scan_company"))

    assert client.get("/api/v1/companies/").status_code == 200
    assert client.post("/api/v1/companies/contoso.com/scan/").status_code == 403
    assert not Item.objects.exists()


@pytest.mark.proves("C6")
@pytest.mark.django_db(transaction=True)
def test_a_program_reads_changes_and_scans_over_http(live_server: Any):
    ScannedCompanyFactory(domain="contoso.com", name="Contoso")
    token = Token.objects.create(user=user_with(*EDITOR, "leads.scan_company", "leads.view_scanjob"))
    with requests.Session() as session:
        session.headers["Authorization"] = f"Token {token.key}"
        address = f"{live_server.url}/api/v1/companies/contoso.com/"

        read = session.get(address, timeout=PATIENCE)
        changed = session.patch(
            address, json={"phone": "5"}, headers={"If-Match": read.headers["ETag"]}, timeout=PATIENCE
        )
        stale = session.patch(
            address, json={"phone": "6"}, headers={"If-Match": read.headers["ETag"]}, timeout=PATIENCE
        )
        scan = session.post(f"{address}scan/", timeout=PATIENCE)
        looked_at = session.get(scan.headers["Location"], timeout=PATIENCE)

    assert (read.status_code, changed.status_code, scan.status_code) == (200, 200, 202)
    assert changed.json()["phone"] == "5"
    assert (stale.status_code, stale.json()["changed"]) == (412, ["phone"])
    assert stale.headers["Content-Type"] == "application/problem+json"
    assert looked_at.json()["wanted"] == "contoso.com"
