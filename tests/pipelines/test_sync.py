"""From Partner Center to the database: whole syncs against the sandbox, worked off by the ledger's own drainer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane, StoredToken
from hunter.sandbox.running import RunningSandbox
from hunter.work.asking import ask
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item, Priority
from hunter.work.problems import record_problem
from leads.models import Company, RawLead
from referrals.kinds import LinkOrigin, LinkStatus
from referrals.models import Referral, SyncMode, SyncRun, SyncState
from referrals.services import runs
from referrals.services.previewing import preview_sync
from referrals.services.runs import Wish
from referrals.services.syncing import SyncReport, sync_referrals
from tests.factories.leads import CompanyFactory
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

FULL = Wish(full=True)


def incoming(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    rows = sandbox.control.state("partner-center")["referrals"]
    return [row for row in rows if row.get("direction") == "Incoming"]


def add_row(sandbox: RunningSandbox, email: str, **changes: Any) -> dict[str, Any]:
    row = {
        "direction": "Incoming", "status": "New", "substatus": "Pending", "type": "Shared", "name": "A new deal",
        "customerProfile": {"name": "Contoso Ltd", "team": [{"firstName": "Anna", "email": email}]},
    }  # fmt: skip
    return sandbox.control.edit("partner-center", {"add": row | changes})


def change_row(sandbox: RunningSandbox, referral_id: str, **values: Any) -> None:
    sandbox.control.edit("partner-center", {"id": referral_id, "set": values})


def adds_up(report: SyncReport) -> bool:
    stored = report.created + report.updated + report.unchanged
    return report.fetched == stored + report.skipped + report.failed_rows and stored == report.linked + report.unlinked


def row_versions() -> dict[str, str]:
    """PostgreSQL's own mark of each row's last write."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select referral_id, xmin::text from referrals_referral union all select domain, xmin::text from leads_company"
        )
        return dict(cursor.fetchall())


def test_a_sync_stores_every_incoming_referral_and_its_figures_add_up(partner_center_with_pages):
    expected = [row["id"] for row in incoming(partner_center_with_pages) if row.get("id")]

    report = sync_referrals()

    assert report.pages == 3
    assert adds_up(report)
    assert report.created == len(expected)
    assert set(Referral.objects.values_list("referral_id", flat=True)) == set(expected)
    assert report.linked == Referral.objects.filter(company__isnull=False).count() > 0
    assert report.failed_rows == ErrorRecord.objects.unsettled().filter(kind="referral").count()


@pytest.mark.proves("R3.2")
def test_a_second_sync_writes_no_referral_and_no_company(partner_center_with_pages):
    first = sync_referrals()
    before = row_versions()

    second = sync_referrals(FULL)

    assert (second.created, second.updated, second.unchanged) == (0, 0, first.created)
    assert (second.linked, second.unlinked) == (first.linked, first.unlinked)
    assert row_versions() == before


def test_every_company_of_a_new_referral_is_made_with_its_raw_lead_and_a_scan_asked_for(partner_center):
    row = add_row(partner_center, "anna@contoso.example", azureTenantId="tenant-1")

    sync_referrals()

    company = Company.objects.get(domain="contoso.example")
    assert (company.name, company.provider, company.azure_tenant_id) == ("Contoso Ltd", "M365", "tenant-1")
    assert company.contact_emails == ["anna@contoso.example"]
    assert RawLead.objects.get(company=company, reference=row["id"]).source == "partnercenter"
    assert Item.objects.filter(kind="scan", key="contoso.example").exists()


def test_a_normal_sync_reads_what_changed_since_the_last_good_one(partner_center_with_pages):
    sync_referrals()
    changed = Referral.objects.order_by("updated_at_source").first()
    assert changed is not None
    change_row(partner_center_with_pages, changed.referral_id, status="Closed", substatus="Won")

    report = sync_referrals()

    changed.refresh_from_db()
    assert (changed.status, changed.substatus) == ("Closed", "Won")
    assert report.updated == 1
    assert report.fetched < 100
    assert SyncRun.objects.get(pk=report.run or 0).mode == SyncMode.INCREMENTAL


@pytest.mark.proves("R3.3")
def test_a_sync_leaves_a_link_set_by_a_person_alone(partner_center):
    row = add_row(partner_center, "anna@contoso.example")
    sync_referrals()
    chosen = CompanyFactory.create(domain="fabrikam.example")
    Referral.objects.filter(referral_id=row["id"]).update(
        company=chosen, link_status=LinkStatus.LINKED, link_origin=LinkOrigin.PERSON
    )
    change_row(partner_center, row["id"], name="Renamed", **{"/customerProfile/team/0/email": "a@other.example"})

    report = sync_referrals()

    referral = Referral.objects.get(referral_id=row["id"])
    assert (referral.name, referral.domain, referral.company) == ("Renamed", "other.example", chosen)
    assert not Company.objects.filter(domain="other.example").exists()
    assert report.updated == 1


@pytest.mark.proves("R3.3")
def test_a_sync_does_not_link_again_what_a_person_has_unlinked(partner_center):
    row = add_row(partner_center, "anna@contoso.example")
    sync_referrals()
    Referral.objects.filter(referral_id=row["id"]).update(
        company=None, link_status=LinkStatus.UNLINKED, link_origin=LinkOrigin.PERSON
    )
    change_row(partner_center, row["id"], name="Renamed")

    sync_referrals()

    referral = Referral.objects.get(referral_id=row["id"])
    assert (referral.name, referral.company, referral.link_status) == ("Renamed", None, "unlinked")


def test_an_automatic_link_follows_the_domain_and_the_old_company_stays(partner_center):
    row = add_row(partner_center, "anna@contoso.example")
    sync_referrals()
    change_row(partner_center, row["id"], **{"/customerProfile/team/0/email": "anna@fabrikam.example"})

    sync_referrals()

    referral = Referral.objects.select_related("company").get(referral_id=row["id"])
    assert referral.company is not None
    assert referral.company.domain == "fabrikam.example"
    assert Company.objects.filter(domain="contoso.example").exists()


@pytest.mark.proves("R3.5", "R1.6")
@pytest.mark.fault(23)
def test_a_bad_row_becomes_an_error_with_its_masked_row_and_the_page_goes_on(partner_center):
    add_row(partner_center, "anna@contoso.example", id="x" * 256)
    add_row(partner_center, "anna@fabrikam.example")

    report = sync_referrals()

    record = ErrorRecord.objects.unsettled().get(message__contains="256 characters")
    assert report.failed_rows >= 1
    assert report.failed
    assert adds_up(report)
    assert record.context["row"]["customerProfile"]["team"][0]["email"] == "***@contoso.example"
    assert Referral.objects.filter(domain="fabrikam.example").exists()
    assert SyncRun.objects.get(pk=report.run or 0).state == SyncState.DONE_WITH_ERRORS


def test_a_dry_run_stands_in_no_syncs_way(partner_center):
    preview_sync(FULL)

    assert runs.last_watermark(runs.account()) is None
    assert runs.scheduled_wish(runs.account(), now=database_now()).full
    assert not runs.start_sync(FULL).joined


@pytest.mark.proves("R3.2")
def test_a_second_wish_joins_the_run_that_goes_on(partner_center):
    first = runs.start_sync(FULL)

    second = runs.start_sync(Wish())

    assert second.joined
    assert second.run == first.run
    assert sync_referrals().run == first.run.pk
    assert SyncRun.objects.count() == 1


@pytest.mark.fault(24)
@pytest.mark.parametrize("form", ["documented", "relative"])
def test_a_next_link_in_another_form_still_leads_to_the_next_page(partner_center_with_pages, form):
    partner_center_with_pages.control.edit("partner-center", {"next_link": form})

    assert sync_referrals().pages == 3


def test_a_next_link_to_another_server_ends_the_sync_and_the_token_stays_here(partner_center_with_pages):
    partner_center_with_pages.control.edit("partner-center", {"next_link": "foreign"})

    report = sync_referrals()

    assert report.failed
    assert "was not followed" in report.trouble
    assert SyncRun.objects.get(pk=report.run or 0).state == SyncState.FAILED


@pytest.mark.fault(24)
def test_a_place_in_the_list_that_has_expired_costs_a_new_beginning_only(partner_center_with_pages):
    run = runs.start_sync(FULL).run
    partner_center_with_pages.control.edit("partner-center", {"expire_skiptokens": True})
    SyncRun.objects.filter(pk=run.pk).update(cursor=f"{run.cursor}/v1.0/engagements/referrals?$skiptoken=gone")

    report = sync_referrals()

    run.refresh_from_db()
    assert (run.state, run.restarts, run.pages) == (SyncState.DONE_WITH_ERRORS, 1, 3)
    assert adds_up(report)


@pytest.mark.fault(11, 16)
@pytest.mark.parametrize("fault", ["html", "broken_json", "drop_after"])
def test_a_list_that_is_no_list_is_tried_again(partner_center, fault):
    run = runs.start_sync(FULL).run
    partner_center.control.add_fault(service="partner-center", fault=fault, times=1)
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()
    item = Item.objects.get(kind="sync_referrals")
    assert (item.attempts, item.lease, item.dead_at) == (1, None, None)

    report = sync_referrals()

    assert report.run == run.pk
    assert report.created > 0
    assert not ErrorRecord.objects.unsettled().filter(kind="sync_referrals").exists()


@pytest.mark.proves("R5.5", "R2.7")
@pytest.mark.fault(17)
def test_a_refused_token_is_renewed_once_and_the_sync_goes_on(partner_center):
    sync_referrals()
    before = StoredToken.objects.get(name="partner_center").renewed_at
    partner_center.control.edit("entra", {"expire_tokens": True})

    report = sync_referrals(FULL)

    assert report.unchanged > 0
    assert StoredToken.objects.get(name="partner_center").renewed_at > before


@pytest.mark.fault(18)
def test_a_revoked_sign_in_is_told_to_the_person_who_waits_with_the_way_out(partner_center):
    partner_center.control.edit("entra", {"revoke_sign_ins": True})

    with pytest.raises(HunterError, match="Set-up, Partner Center"):
        sync_referrals()

    item = Item.objects.get(kind="sync_referrals")
    assert (item.attempts, item.dead_at) == (0, None)
    assert SyncRun.objects.get().state == SyncState.RUNNING


def test_a_person_who_has_put_the_sign_in_right_need_not_wait_for_the_pause(partner_center, settings):
    partner_center.control.edit("entra", {"revoke_sign_ins": True})
    with pytest.raises(HunterError):
        sync_referrals()
    signed_in = partner_center.control.edit("entra", {"sign_in": True})
    settings.PARTNER_CENTER_REFRESH_TOKEN = signed_in["refresh_token"]

    report = sync_referrals()

    assert report.created > 0
    assert not ErrorRecord.objects.unsettled().filter(kind="lane").exists()


def test_a_lane_that_a_person_holds_is_told_instead_of_waited_for(partner_center):
    sync_referrals()
    Lane.objects.filter(name="partner_center").update(held=True, held_reason="maintenance")

    with pytest.raises(HunterError, match="maintenance"):
        sync_referrals()


def test_a_missing_role_ends_the_sync_with_the_reason(partner_center):
    partner_center.control.edit("entra", {"role": ""})

    report = sync_referrals()

    assert report.failed
    assert SyncRun.objects.get(pk=report.run or 0).state == SyncState.FAILED
    assert ErrorRecord.objects.unsettled().get(kind="sync_referrals").error_class == "permission"


def test_the_service_switched_off_is_one_clear_sentence(partner_center, settings):
    settings.PARTNER_CENTER_ENABLED = False

    with pytest.raises(HunterError, match="PARTNER_CENTER_ENABLED"):
        sync_referrals()


@pytest.mark.proves("R1.6")
def test_one_click_on_a_bad_row_that_was_mended_fetches_it_alone(partner_center):
    row = add_row(partner_center, "anna@contoso.example")
    runs_before = SyncRun.objects.count()
    Referral.objects.all().delete()
    record_problem(
        "referral",
        row["id"],
        HunterError("It was bad."),
        operation="take in a referral",
        service="partner_center",
        context={},
    )
    ask("referral", [row["id"]], priority=Priority.PERSON)

    Drainer(LaneName.PARTNER_CENTER).run()

    assert Referral.objects.get().referral_id == row["id"]
    assert ErrorRecord.objects.get(key=row["id"]).state == ErrorRecord.State.RESOLVED
    assert SyncRun.objects.count() == runs_before
