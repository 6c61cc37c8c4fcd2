"""One sync at a time, whoever starts it; and a person's hand on the one that goes on (R3.2)."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from hunter.work.kinds import Claimed, Done, Outcome
from hunter.work.models import ErrorRecord, Item
from referrals.client import Page
from referrals.models import Referral, SyncMode, SyncPage, SyncRun, SyncState
from referrals.services import runs
from referrals.services.halting import cancel_sync, pause_sync, resume_sync
from referrals.services.runs import Wish, last_watermark, start_sync
from referrals.services.syncing import sync_referrals
from referrals.sync_kind import PageRead, SyncHandler
from tests.factories.people import UserFactory, api_client
from tests.factories.referrals import partner_center_row
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

FULL = Wish(full=True)


def drain_until(pages: int) -> None:
    """Work until so many pages of the newest run are read."""
    Drainer(
        LaneName.PARTNER_CENTER, until=lambda: SyncRun.objects.latest("id").pages >= pages,
        budget=timedelta(seconds=PATIENCE),
    ).run()  # fmt: skip


def begun(sandbox) -> SyncRun:
    """A full sync that has read its first page."""
    run = start_sync(FULL, asked_by="zeynep").run
    drain_until(1)
    run.refresh_from_db()
    assert (run.state, run.pages) == (SyncState.RUNNING, 1)
    return run


@pytest.mark.proves("R3.2")
def test_the_admin_the_api_the_command_and_the_schedule_are_all_told_which_one_goes_on(
    partner_center_with_pages, client
):
    run = begun(partner_center_with_pages)
    told = [f"Sync {run.pk}", f"{run.started_at:%H:%M} UTC by zeynep"]

    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    page = client.post(reverse("admin:referrals_syncrun_act", args=["sync_now"]), follow=True).content.decode()
    answer = api_client("referrals.start_syncrun").post("/api/v1/sync-runs/", {}).json()["detail"]
    words = StringIO()
    with contextlib.suppress(SystemExit):  # some rows of the world can't be read
        call_command("sync_referrals", stdout=StringIO(), stderr=words)

    for one in told:
        assert one in page
        assert one in answer
    assert SyncRun.objects.count() == 1
    run.refresh_from_db()
    assert run.state in {SyncState.DONE, SyncState.DONE_WITH_ERRORS}


@pytest.mark.proves("R3.2")
def test_the_schedule_works_on_the_run_that_goes_on_and_begins_none(partner_center_with_pages):
    run = begun(partner_center_with_pages)
    Item.objects.filter(kind=runs.KIND).update(due_at=timezone.now(), asked_by="")

    drain_until(3)

    run.refresh_from_db()
    assert (run.pages, SyncRun.objects.count()) == (3, 1)


def test_a_paused_sync_reads_no_page_until_it_goes_on_and_then_the_next_one(partner_center_with_pages):
    run, by = begun(partner_center_with_pages), UserFactory(username="ayse")

    pause_sync(run.pk, by=by)
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=2)).run()
    run.refresh_from_db()
    assert (run.state, run.pages, run.halted_by) == (SyncState.PAUSED, 1, "ayse")
    assert "paused by ayse" in start_sync(Wish()).sentence()

    resume_sync(run.pk, by=by)
    drain_until(3)

    run.refresh_from_db()
    assert (run.state, run.pages, run.restarts, run.halted_by) == (SyncState.DONE_WITH_ERRORS, 3, 0, "")
    entries = AuditEntry.objects.filter(subject_type="referrals.syncrun").order_by("id")
    assert list(entries.values_list("act", flat=True)) == ["pause", "go on"]


@pytest.mark.proves("R1.9")
def test_a_cancelled_sync_keeps_what_it_stored_and_leaves_the_watermark_where_it_was(partner_center_with_pages):
    sync_referrals()
    before = last_watermark(runs.account())
    run = begun(partner_center_with_pages)

    cancel_sync(run.pk, by=UserFactory())
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=2)).run()

    run.refresh_from_db()
    assert (run.state, run.pages, run.watermark) == (SyncState.CANCELLED, 1, None)
    assert last_watermark(runs.account()) == before
    assert Referral.objects.exists()
    assert sync_referrals(FULL).run != run.pk


def test_the_page_in_the_air_of_a_cancelled_sync_is_not_written(partner_center_with_pages):
    run = start_sync(FULL).run
    page = PageRead(run.pk, "", Page((partner_center_row(),), ""))
    claimed = Claimed(1, runs.KIND, run.account, 1, uuid4(), "", uuid4())
    cancel_sync(run.pk, by=None)

    with transaction.atomic():
        verdicts = SyncHandler().settle([Outcome(claimed, page, None, timezone.now(), timezone.now())])

    assert isinstance(verdicts[1], Done)
    assert not Referral.objects.exists()
    assert not SyncPage.objects.exists()


@pytest.mark.parametrize("act", [pause_sync, resume_sync, cancel_sync])
def test_a_sync_that_has_ended_is_left_alone(partner_center, act):
    run = sync_referrals().run

    with pytest.raises(HunterError, match="is done"):
        act(run, by=None)


def test_the_command_that_waits_for_a_paused_sync_says_so(partner_center_with_pages):
    run = begun(partner_center_with_pages)
    pause_sync(run.pk, by=UserFactory(username="ayse"))

    report = sync_referrals()

    assert "paused by ayse" in report.trouble
    assert report.failed


@pytest.mark.parametrize("act", ["pause", "resume", "cancel"])
def test_a_reader_halts_nothing(partner_center_with_pages, act):
    run = begun(partner_center_with_pages)

    answer = api_client("referrals.view_syncrun").post(f"/api/v1/sync-runs/{run.pk}/{act}/")

    run.refresh_from_db()
    assert (answer.status_code, run.state) == (403, SyncState.RUNNING)


@pytest.mark.fault(24)
def test_a_sync_that_begins_anew_leaves_out_what_it_has_read_and_its_counts_stay_true(partner_center_with_pages):
    run = begun(partner_center_with_pages)
    partner_center_with_pages.control.edit("partner-center", {"expire_skiptokens": True})

    sync_referrals()

    run.refresh_from_db()
    calls = [one for one in partner_center_with_pages.control.calls("partner-center") if one["operation"] == "list"]
    assert run.restarts == 1
    assert run.fetched == run.created + run.updated + run.unchanged + run.skipped_total + run.failed
    assert run.created == Referral.objects.count()
    assert run.fetched < 300, "the first page was not read once more from its beginning"
    assert len(calls) <= 5


@pytest.fixture
def read_what_changed(partner_center_with_pages) -> SyncRun:
    """A sync of what changed that goes on: its first page is read, as far as it has one."""
    sync_referrals(FULL)
    SyncRun.objects.update(watermark="2020-01-01T00:00:00Z")  # so that there are several pages
    run = start_sync(Wish(), asked_by="zeynep").run
    drain_until(1)
    run.refresh_from_db()
    assert (run.state, run.mode, run.pages) == (SyncState.RUNNING, SyncMode.INCREMENTAL, 1)
    return run


def test_everything_asked_for_while_what_changed_is_read_is_read_right_after_it(read_what_changed, client):
    run = read_what_changed

    told = start_sync(FULL, asked_by="ayla")

    assert told.run == run
    assert told.sentence().endswith("It reads only what changed, so everything is read right after it.")
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    page = client.get(reverse("admin:referrals_syncrun_change", args=[run.pk])).content.decode()
    assert "everything is read, as ayla asked for meanwhile" in page
    drain_until_all_have_ended()
    after = SyncRun.objects.get(pk__gt=run.pk)
    assert (after.mode, after.asked_by, after.then_full) == (SyncMode.FULL, "ayla", False)
    assert after.fetched == SyncRun.objects.earliest("id").fetched


def test_a_command_that_wants_everything_waits_for_the_run_that_goes_on_and_then_reads_it(read_what_changed):
    report = sync_referrals(FULL, asked_by="ayla")

    assert report.run == SyncRun.objects.latest("id").pk
    assert SyncRun.objects.filter(pk__gt=read_what_changed.pk).count() == 1
    assert report.fetched == SyncRun.objects.earliest("id").fetched


def test_everything_is_read_next_too_when_the_run_that_it_was_to_follow_is_cancelled(read_what_changed):
    start_sync(FULL, asked_by="ayla")

    told = cancel_sync(read_what_changed.pk, by=None)

    assert told.sentence().endswith("everything is read next, as was asked for meanwhile.")
    drain_until_all_have_ended()
    assert SyncRun.objects.latest("id").mode == SyncMode.FULL


def test_everything_is_read_next_too_when_the_run_that_it_was_to_follow_fails(
    read_what_changed, partner_center_with_pages
):
    start_sync(FULL, asked_by="ayla")
    fail_once(partner_center_with_pages)

    drain_until_it_has_failed(read_what_changed)

    item = Item.objects.get(kind=runs.KIND)
    assert item.due_at
    assert item.due_at < timezone.now() + timedelta(minutes=1)
    Item.objects.filter(pk=item.pk).update(due_at=timezone.now())
    drain_until_all_have_ended()
    after = SyncRun.objects.get(pk__gt=read_what_changed.pk)
    assert (after.mode, after.asked_by) == (SyncMode.FULL, "ayla")
    assert after.fetched == SyncRun.objects.earliest("id").fetched


def test_the_schedule_goes_on_after_a_sync_that_has_failed(read_what_changed, partner_center_with_pages):
    fail_once(partner_center_with_pages)

    drain_until_it_has_failed(read_what_changed)

    item, error = Item.objects.get(kind=runs.KIND), ErrorRecord.objects.unsettled().get(kind=runs.KIND)
    assert (error.error_class, error.gave_up) == ("permission", False)
    assert item.dead_at is None
    assert item.due_at
    assert timedelta(minutes=9) < item.due_at - timezone.now() < timedelta(minutes=12)
    Item.objects.filter(pk=item.pk).update(due_at=timezone.now())
    begun_next = SyncRun.objects.filter(pk__gt=read_what_changed.pk, finished_at__isnull=False)
    Drainer(LaneName.PARTNER_CENTER, until=begun_next.exists, budget=timedelta(seconds=PATIENCE)).run()
    after = SyncRun.objects.get(pk__gt=read_what_changed.pk)
    assert (after.finished_at is not None, after.error, after.since) == (True, "", read_what_changed.since)
    assert not ErrorRecord.objects.unsettled().filter(kind=runs.KIND).exists()


def fail_once(sandbox) -> None:
    """The next page is refused for good."""
    sandbox.control.add_fault(service="partner-center", operation="list", fault="status", status=403, times=1)


def drain_until_it_has_failed(run: SyncRun) -> None:
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()
    run.refresh_from_db()
    assert (run.state, run.then_full) == (SyncState.FAILED, run.then_full_by == "ayla")


def test_who_only_wants_what_changed_changes_nothing_about_what_comes_after(read_what_changed):
    told = start_sync(Wish(), asked_by="ayla")

    assert "right after it" not in told.sentence()
    drain_until_all_have_ended()
    assert SyncRun.objects.latest("id") == read_what_changed


def drain_until_all_have_ended() -> None:
    """Work until the newest run has ended, and none is to follow it."""

    def all_have_ended() -> bool:
        newest = SyncRun.objects.latest("id")
        return newest.finished_at is not None and not newest.then_full

    Drainer(LaneName.PARTNER_CENTER, until=all_have_ended, budget=timedelta(seconds=PATIENCE)).run()
