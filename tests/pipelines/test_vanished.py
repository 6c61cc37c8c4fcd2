"""Referrals that left Partner Center's list: found by a full sync, asked for one by one, marked, and back when they return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hunter.remote.lanes import LaneName
from hunter.sandbox.running import RunningSandbox
from hunter.work.asking import ask
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from hunter.work.retrying import retry_errors
from leads.models import Company
from referrals.aggregates import referral_figures
from referrals.models import Referral, SyncMode, SyncRun, SyncState, VanishCheck
from referrals.services import runs
from referrals.services.runs import Wish
from referrals.services.syncing import sync_referrals
from tests.factories.people import UserFactory
from tests.factories.referrals import ReferralFactory
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

FULL = Wish(full=True)


def drain() -> None:
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()


def sync_everything() -> SyncRun:
    """A full sync and the look for what left, to their ends."""
    run = sync_referrals(FULL).run
    drain()
    return SyncRun.objects.get(pk=run or 0)


def vanished() -> set[str]:
    return set(Referral.objects.vanished().values_list("referral_id", flat=True))


def some_ids(count: int) -> list[str]:
    rows = Referral.objects.filter(company__isnull=False).order_by("referral_id")
    return list(rows.values_list("referral_id", flat=True)[:count])


def remove(sandbox: RunningSandbox, *ids: str) -> list[dict[str, Any]]:
    """They leave what the signed-in person may see; the rows, so that they can come back."""
    held = {row["id"]: row for row in sandbox.control.state("partner-center")["referrals"] if row.get("id")}
    for ident in ids:
        sandbox.control.edit("partner-center", {"remove": ident})
    return [held[ident] for ident in ids]


def test_what_no_page_had_and_nobody_knows_by_its_id_is_marked_and_kept(partner_center_with_pages):
    sync_everything()
    gone = some_ids(3)
    company = Company.objects.get(referrals__referral_id=gone[0])
    before = referral_figures([company])[company.pk]
    remove(partner_center_with_pages, *gone)

    run = sync_everything()

    assert vanished() == set(gone)
    assert (run.vanish_check, run.missing, run.vanished) == (VanishCheck.DONE, 3, 3)
    assert referral_figures([company])[company.pk] == before


def test_a_full_sync_of_an_unchanged_list_asks_for_none_and_writes_none(partner_center_with_pages):
    sync_everything()
    versions = set(Referral.objects.values_list("referral_id", "version", "updated_at"))
    gets = count_gets(partner_center_with_pages)

    run = sync_everything()

    assert (run.missing, run.unchanged > 0) == (0, True)
    assert count_gets(partner_center_with_pages) == gets
    assert set(Referral.objects.values_list("referral_id", "version", "updated_at")) == versions


def count_gets(sandbox: RunningSandbox) -> int:
    return sum(call["operation"] == "get" for call in sandbox.control.calls("partner-center"))


def test_a_normal_sync_looks_for_none(partner_center_with_pages):
    sync_everything()
    remove(partner_center_with_pages, *some_ids(2))

    sync_referrals()
    drain()

    assert vanished() == set()


def test_one_that_is_missing_from_the_list_but_known_by_its_id_is_not_marked(partner_center):
    sync_everything()
    (ident,) = some_ids(1)
    partner_center.control.edit("partner-center", {"id": ident, "set": {"direction": "Outgoing"}})

    run = sync_everything()

    assert (run.missing, run.vanished) == (1, 0)
    assert vanished() == set()


@pytest.mark.parametrize("wish", [FULL, Wish()])
def test_one_that_comes_back_is_shown_again(partner_center, wish):
    sync_everything()
    (ident,) = some_ids(1)
    (row,) = remove(partner_center, ident)
    sync_everything()
    assert vanished() == {ident}
    if not wish.full:
        row["updatedDateTime"] = timezone.now().strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    partner_center.control.edit("partner-center", {"add": row})

    report = sync_referrals(wish)

    assert vanished() == set()
    assert report.updated == 1


def test_one_that_is_unknown_when_it_is_fetched_alone_is_marked_too(partner_center):
    sync_everything()
    (ident,) = some_ids(1)
    remove(partner_center, ident)

    ask("referral", [ident])
    drain()

    assert vanished() == {ident}
    assert not ErrorRecord.objects.unsettled().filter(key=ident).exists()


def strangers(count: int) -> None:
    """Referrals of before that nobody shows us any more."""
    long_ago = timezone.now() - timedelta(days=30)
    ReferralFactory.create_batch(count, created_at=long_ago, synced_at=long_ago)


@pytest.mark.proves("R3.3")
def test_when_too_many_are_missing_none_is_marked_and_a_person_is_told_the_way_out(partner_center):
    strangers(40)

    run = sync_everything()

    record = ErrorRecord.objects.unsettled().get(kind="check_vanished")
    assert vanished() == set()
    assert (run.vanish_check, run.missing) == (VanishCheck.HELD, 40)
    assert "40 of" in record.message
    assert "Referral Admin" in record.message
    assert Item.objects.get(kind="check_vanished").dead_at is not None


def test_a_person_who_says_that_they_really_left_has_each_asked_for_and_marked(partner_center):
    strangers(45)
    run = sync_everything()
    partner_center.control.add_fault(service="partner-center", operation="get", fault="status", status=404)

    retry_errors(ErrorRecord.objects.unsettled().filter(kind="check_vanished"), by=UserFactory())
    drain()

    run.refresh_from_db()
    assert (run.vanish_check, run.vanished) == (VanishCheck.DONE, 45)
    assert Referral.objects.vanished().count() == 45
    assert not ErrorRecord.objects.unsettled().filter(kind="check_vanished").exists()


def test_the_next_full_sync_decides_anew(partner_center):
    strangers(40)
    held = sync_everything()
    Referral.objects.filter(content_hash__startswith="hash of").delete()

    run = sync_everything()

    held.refresh_from_db()
    assert (held.vanish_check, run.vanish_check) == (VanishCheck.OUTDATED, VanishCheck.DONE)
    assert not ErrorRecord.objects.unsettled().filter(kind="check_vanished").exists()


def test_a_check_that_was_cut_short_goes_on_behind_what_was_asked_for(partner_center_with_pages):
    sync_everything()
    remove(partner_center_with_pages, *some_ids(20))
    partner_center_with_pages.control.add_fault(service="partner-center", operation="get", fault="status", status=503)
    sync_referrals(FULL)
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()
    assert vanished() == set()
    partner_center_with_pages.control.clear_faults()
    Item.objects.filter(kind="check_vanished").update(due_at=timezone.now())

    drain()

    assert len(vanished()) == 20
    assert SyncRun.objects.latest("id").vanish_check == VanishCheck.DONE


def test_the_schedule_reads_everything_once_a_day_and_what_changed_in_between(partner_center, settings):
    settings.PARTNER_CENTER_FULL_SYNC_HOUR = timezone.now().hour
    sync_everything()
    SyncRun.objects.update(started_at=timezone.now() - timedelta(days=1))

    modes = []
    for _ in range(2):
        Item.objects.filter(kind=runs.KIND).update(due_at=timezone.now())
        drain()
        modes.append(SyncRun.objects.latest("id").mode)

    assert modes == [SyncMode.FULL, SyncMode.INCREMENTAL]
    assert set(SyncRun.objects.values_list("state", flat=True)) <= {SyncState.DONE, SyncState.DONE_WITH_ERRORS}
