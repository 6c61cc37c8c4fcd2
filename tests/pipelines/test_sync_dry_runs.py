"""A dry run of the sync: it writes no referral, and what it would do is kept, shown and told over the API (runs, 6)."""

from __future__ import annotations

from collections import Counter

import pytest
from django.urls import reverse

from leads.models import Company
from referrals.client import Page
from referrals.models import PreviewedRow, Referral, SyncMode, SyncPage, SyncRun, SyncState
from referrals.services.previewing import preview_page, preview_sync
from referrals.services.runs import Wish
from referrals.services.syncing import sync_referrals
from tests.factories.people import administrator, api_client
from tests.factories.referrals import partner_center_row

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

FULL = Wish(full=True)


def test_a_dry_run_says_what_a_sync_would_do_and_writes_nothing(partner_center_with_pages):
    told = preview_sync(Wish())

    assert Referral.objects.count() == Company.objects.count() == SyncRun.objects.real().count() == 0
    done = sync_referrals()
    names = ("fetched", "created", "updated", "unchanged", "skipped", "linked", "failed_rows", "pages")
    assert [getattr(told, name) for name in names] == [getattr(done, name) for name in names]
    assert told.sentence().startswith(f"Sync {told.run}, a dry run; no referral was written. ")


def test_a_dry_run_is_kept_and_opens_into_what_would_be_created_changed_and_refused(partner_center_with_pages, client):
    sync_referrals()
    gone, changed = Referral.objects.order_by("pk")[:2]
    Referral.objects.filter(pk=gone.pk).delete()
    Referral.objects.filter(pk=changed.pk).update(status="Older", content_hash="of another time")

    run = SyncRun.objects.get(pk=preview_sync(FULL, asked_by="command").run)

    assert (run.state, run.created, run.updated, run.error) == (SyncState.DRY_RUN, 1, 1, "")
    assert run.started_at < SyncPage.objects.get(run=run, number=1).read_at
    assert run.failed == PreviewedRow.objects.filter(would_be="refused").count() > 0
    client.force_login(administrator())
    page = client.get(reverse("admin:referrals_syncrun_change", args=[run.pk])).content.decode()
    assert "A dry run: every page was read and decided, and no referral was written." in page
    for became, row, words in (("created", gone, "linked to"), ("updated", changed, "status")):
        address = f"/admin/referrals/previewedrow/?in_run={run.pk}.{became}"
        assert address in page
        (shown,) = PreviewedRow.objects.filter(run=run, would_be=became)
        assert shown.key == row.referral_id
        assert shown.words.startswith(words)
        assert row.referral_id in client.get(address).content.decode()
    assert Referral.objects.get(pk=changed.pk).status == "Older"


def test_over_the_api_the_rows_of_a_dry_run_are_walked_and_told_by_what_they_would_be(partner_center_with_pages):
    run = SyncRun.objects.get(pk=preview_sync(FULL).run)
    client = api_client("referrals.view_previewedrow")
    found = []

    following = f"/api/v1/sync-runs/{run.pk}/rows/?page_size=100"
    while following:
        page = client.get(following).json()
        found += page["results"]
        following = page["next"]

    assert len({row["id"] for row in found}) == len(found)
    told = Counter(row["would_be"] for row in found)
    assert (told["created"], told["updated"], told["refused"]) == (run.created, 0, run.failed)
    refused = client.get(f"/api/v1/sync-runs/{run.pk}/rows/?would_be=refused").json()["results"]
    assert [row["told"] for row in refused] == [row["told"] for row in found if row["would_be"] == "refused"]
    assert all(row["told"] for row in refused)


def test_over_the_api_a_sync_that_stored_what_it_read_has_no_rows_of_a_dry_run(partner_center):
    run = sync_referrals().run
    address = f"/api/v1/sync-runs/{run}/rows/"

    answer = api_client("referrals.view_previewedrow").get(address)

    assert (answer.status_code, answer.json()["detail"]) == (
        409, f"Sync {run} is no dry run: it stored what it read. See /referrals/?sync_run={run}.",
    )  # fmt: skip
    assert api_client("referrals.view_syncrun").get(address).status_code == 403


def test_a_dry_run_that_is_cut_short_says_so():
    run = SyncRun(account="a", mode=SyncMode.FULL, state=SyncState.DRY_RUN)

    preview_page(run, Page((partner_center_row(),), "the next page"), consumer_domains=frozenset())

    run.refresh_from_db()
    assert (run.pages, run.error) == (1, "It was cut short; what stands here is as far as it came.")
