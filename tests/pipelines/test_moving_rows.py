"""P36: rows change, come and go while the pages are read; nothing is lost, nothing is there twice, and the counts are true."""

from __future__ import annotations

from typing import Any

import pytest

from referrals.models import Referral, SyncRun
from referrals.services.runs import Wish
from referrals.services.syncing import sync_referrals

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def held(sandbox: Any) -> dict[str, str]:
    rows = sandbox.control.state("partner-center")["referrals"]
    return {row["id"]: row["eTag"] for row in rows if row.get("id") and row.get("direction") == "Incoming"}


@pytest.mark.proves("R3.1")
def test_p36_rows_that_change_between_two_pages_are_stored_once_and_as_they_are_last(partner_center_with_pages):
    first, *_, last = sorted(
        (row for row in partner_center_with_pages.control.state("partner-center")["referrals"] if row.get("id")
         and row["direction"] == "Incoming"), key=lambda row: row["updatedDateTime"],
    )  # fmt: skip
    partner_center_with_pages.control.edit("partner-center", {"between_pages": [
        {"id": first["id"], "set": {"name": "Changed while the second page was asked for"}},
        {"id": last["id"], "set": {"name": "Changed before its own page was read"}},
    ]})  # fmt: skip

    report = sync_referrals(Wish(full=True))

    run = SyncRun.objects.get(pk=report.run or 0)
    assert dict(Referral.objects.values_list("referral_id", "etag")) == held(partner_center_with_pages)
    assert Referral.objects.get(referral_id=first["id"]).name.startswith("Changed while")
    assert (run.created, run.updated) == (Referral.objects.count(), 1)
    assert run.fetched == run.created + run.updated + run.unchanged + run.skipped_total + run.failed


def test_p36_rows_that_come_and_go_between_two_pages(partner_center_with_pages):
    gone = min(held(partner_center_with_pages))
    partner_center_with_pages.control.edit("partner-center", {"between_pages": [
        {"remove": gone}, {"add": {"name": "Came while the pages were read"}},
    ]})  # fmt: skip

    sync_referrals(Wish(full=True))

    assert set(Referral.objects.values_list("referral_id", flat=True)) >= set(held(partner_center_with_pages))
    assert Referral.objects.filter(name="Came while the pages were read").exists()
