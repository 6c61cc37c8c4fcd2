from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.work.models import Item
from leads.models import Company
from referrals.models import Referral, SyncPage, SyncRun
from tests.factories.leads import CompanyFactory
from tests.factories.people import api_client
from tests.factories.referrals import ReferralFactory, partner_center_row

pytestmark = pytest.mark.django_db

READER = "referrals.view_referral"
LINKER = (READER, "referrals.relink_referral")


@pytest.fixture
def referral(db: None) -> Referral:
    """A referral that names lodoslojistik.example and has no company."""
    row = partner_center_row(id="r-1")
    return ReferralFactory(referral_id="r-1", domain="lodoslojistik.example", raw_data=row)


def relink(client: Any, body: dict[str, Any], *, tag: str | None = None) -> Any:
    tag = tag or client.get("/api/v1/referrals/r-1/")["ETag"]
    return client.post("/api/v1/referrals/r-1/relink/", body, headers={"If-Match": tag})


def test_a_referral_names_its_company_by_the_domain():
    ReferralFactory(referral_id="r-1", company=CompanyFactory(domain="contoso.com"))

    referral = api_client(READER).get("/api/v1/referrals/r-1/").json()

    assert (referral["referral_id"], referral["company"], referral["link_status"]) == (
        "r-1",
        "contoso.com",
        "auto_linked",
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("link_status=auto_linked", ["r-1"], id="link status"),
        pytest.param("company=contoso.com", ["r-1"], id="company"),
        pytest.param("status=Closed", ["r-2"], id="status"),
        pytest.param("domain=fabrikam.example", ["r-2"], id="domain"),
        pytest.param("engagement_id=e-2", ["r-2"], id="engagement"),
        pytest.param("search=MAIL", ["r-1"], id="part of the name"),
        pytest.param("updated_after=2026-05-02T00:00:00Z", ["r-2"], id="changed since"),
        pytest.param("updated_before=2026-05-02T00:00:00%2B00:00", ["r-1"], id="changed before"),
    ],
)
def test_referrals_are_filtered_by(query, found):
    contoso = CompanyFactory(domain="contoso.com")
    ReferralFactory(referral_id="r-1", name="Mail move", company=contoso, updated_at_source="2026-05-01T00:00:00Z")
    ReferralFactory(
        referral_id="r-2", status="Closed", domain="fabrikam.example", engagement_id="e-2",
        updated_at_source="2026-05-03T00:00:00Z",
    )  # fmt: skip

    answer = api_client(READER).get(f"/api/v1/referrals/?{query}")

    assert [row["referral_id"] for row in answer.json()["results"]] == found


@pytest.mark.proves("R7.7")
def test_a_page_of_referrals_takes_the_same_queries_however_many_there_are():
    client = api_client(READER)

    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            client.get("/api/v1/referrals/")
        return len(taken)

    ReferralFactory(company=CompanyFactory())
    few = queries()
    for _ in range(10):
        ReferralFactory(company=CompanyFactory())

    assert queries() == few


@pytest.mark.proves("C5")
def test_a_person_links_a_referral_to_a_company(referral):
    CompanyFactory(domain="contoso.com")
    client = api_client(*LINKER)

    answer = relink(client, {"domain": "https://www.contoso.com/", "why": "He said so."})

    assert answer.status_code == 200
    assert answer.json()["change"] == "linked"
    seen = client.get("/api/v1/referrals/r-1/")
    assert (seen.json()["company"], seen.json()["link_status"], seen.json()["link_origin"]) == (
        "contoso.com",
        "linked",
        "person",
    )
    assert seen["ETag"] == answer["ETag"]
    assert AuditEntry.objects.get().why == "He said so."


def test_a_person_takes_a_link_away():
    ReferralFactory(referral_id="r-1", company=CompanyFactory(), raw_data=partner_center_row(id="r-1"))
    client = api_client(*LINKER)

    answer = relink(client, {"domain": None})

    assert (answer.json()["change"], answer.json()["domain"]) == ("unlinked", None)
    assert client.get("/api/v1/referrals/r-1/").json()["company"] is None


@pytest.mark.parametrize(
    ("body", "domain"),
    [
        pytest.param({"domain": "fabrikam.example", "create": True}, "fabrikam.example", id="by a given domain"),
        pytest.param({"create": True}, "lodoslojistik.example", id="by the domain that the referral names"),
        pytest.param({"domain": None, "create": True}, "lodoslojistik.example", id="by null, which names none"),
    ],
)
def test_a_company_is_made_of_a_referral(referral, body, domain):
    answer = relink(api_client(*LINKER), body)

    assert (answer.status_code, answer.json()["change"]) == (200, "created")
    assert Company.objects.get().domain == domain


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({}, 400, id="nothing said"),
        pytest.param({"company": "contoso.com"}, 400, id="an unknown member"),
        pytest.param({"domain": "nobody.example"}, 422, id="no such company"),
        pytest.param({"domain": "not a domain"}, 422, id="no domain"),
        pytest.param({"domain": ["contoso.com"]}, 400, id="a list"),
    ],
)
def test_a_referral_is_not_linked_with(referral, body, status):
    answer = relink(api_client(*LINKER), body)

    assert answer.status_code == status
    assert answer.json()["field"] in ("domain", "company")
    assert Referral.objects.get().link_status == "unlinked"


@pytest.mark.proves("R3.3")
def test_a_referral_that_changed_meanwhile_is_not_linked(referral):
    client = api_client(*LINKER)
    tag = client.get("/api/v1/referrals/r-1/")["ETag"]
    Referral.objects.update(status="Closed")

    answer = relink(client, {"create": True}, tag=tag)

    assert (answer.status_code, answer.json()["changed"]) == (412, ["status"])
    assert not Company.objects.exists()


def test_a_link_must_say_which_version_it_rests_on(referral):
    answer = api_client(*LINKER).post("/api/v1/referrals/r-1/relink/", {"create": True})

    assert answer.status_code == 428


def test_the_candidates_are_told_with_their_reason(referral):
    CompanyFactory(domain="lodoslojistik.example", name="Lodos")

    told = api_client(READER).get("/api/v1/referrals/r-1/candidates/").json()

    assert told["referral_id"] == "r-1"
    assert told["candidates"][0]["domain"] == "lodoslojistik.example"
    assert (told["candidates"][0]["is_company"], told["candidates"][0]["name"]) == (True, "Lodos")
    assert told["candidates"][0]["reason"]


def test_a_company_shows_what_its_referrals_say():
    company = CompanyFactory(domain="contoso.com")
    ReferralFactory(referral_id="r-1", company=company, referral_type="co-sell")
    ReferralFactory(referral_id="r-2", domain="contoso.com", referral_type="marketplace", status="Closed")

    shown = api_client("leads.view_company").get("/api/v1/companies/contoso.com/").json()

    assert (shown["referral_id"], shown["referral_type"], shown["referral_count"]) == ("r-1", "co-sell", 2)
    assert shown["referral_types"] == ["co-sell", "marketplace"]
    assert (shown["link_status"], shown["link_status_breakdown"]) == ("mixed", {"linked": 1, "unlinked": 1})


def test_a_sync_is_started_and_looked_at(settings):
    settings.PARTNER_CENTER_ENABLED = True
    client = api_client("referrals.start_syncrun", "referrals.view_syncrun")

    answer = client.post("/api/v1/sync-runs/", {"full": True})

    assert answer.status_code == 202
    assert client.get(answer["Location"]).json()["state"] == "running"
    assert Item.objects.get().kind == "sync_referrals"


def test_a_sync_that_goes_on_is_joined(settings):
    settings.PARTNER_CENTER_ENABLED = True
    client = api_client("referrals.start_syncrun")

    first = client.post("/api/v1/sync-runs/")
    second = client.post("/api/v1/sync-runs/")

    assert first["Location"] == second["Location"]
    assert SyncRun.objects.count() == 1


def test_a_sync_is_not_started_while_partner_center_is_off(settings):
    settings.PARTNER_CENTER_ENABLED = False

    answer = api_client("referrals.start_syncrun").post("/api/v1/sync-runs/")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:hunter:problem:refused")
    assert "PARTNER_CENTER_ENABLED" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{"full": True, "since": "2026-05-01T00:00:00Z"}, {"since": "May"}, {"fast": True}])
def test_a_sync_is_not_started_with(body, settings):
    settings.PARTNER_CENTER_ENABLED = True

    assert api_client("referrals.start_syncrun").post("/api/v1/sync-runs/", body).status_code == 400


def test_runs_are_filtered_and_tell_what_was_skipped():
    SyncRun.objects.create(account="partner_center", mode="full", skipped={"direction": 3}, fetched=3)

    client = api_client("referrals.view_syncrun")

    run = client.get("/api/v1/sync-runs/?state=running&account=partner_center&mode=full").json()["results"][0]
    assert (run["skipped"], run["skipped_by_reason"]) == (3, {"direction": 3})
    assert client.get("/api/v1/sync-runs/?state=failed").json()["results"] == []


def test_referrals_are_found_by_what_a_sync_did_with_them_and_by_what_vanished():
    new, same = ReferralFactory(referral_id="new"), ReferralFactory(referral_id="same", vanished_at=timezone.now())
    ReferralFactory(referral_id="other")
    run = SyncRun.objects.create(account="a", mode="full")
    SyncPage.objects.create(run=run, number=1, created=[new.pk], unchanged=[same.pk])
    client = api_client(READER)

    def found(query: str) -> set[str]:
        return {one["referral_id"] for one in client.get(f"/api/v1/referrals/?{query}").json()["results"]}

    assert found(f"sync_run={run.pk}") == {"new", "same"}
    assert found(f"sync_run={run.pk}&became=created") == {"new"}
    assert found(f"sync_run={run.pk + 1}") == set()
    assert found("sync_run=99999999999999999999") == set()
    assert found("vanished=true") == {"same"}
    assert found("vanished=false") == {"new", "other"}


@pytest.mark.parametrize(
    ("address", "body"),
    [
        pytest.param("referrals/r-1/relink/", {"domain": None}, id="relink"),
        pytest.param("sync-runs/", {}, id="start a sync"),
    ],
)
def test_a_reader_does_not(address, body, referral, settings):
    settings.PARTNER_CENTER_ENABLED = True

    answer = api_client(READER, "referrals.view_syncrun").post(f"/api/v1/{address}", body)

    assert answer.status_code == 403
    assert not SyncRun.objects.exists()
