"""Rows that can't be stored: kept whole and encrypted, tried again by themselves when code or data change, by a click else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from hunter.remote.lanes import LaneName
from hunter.sandbox.running import RunningSandbox
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from referrals.contract import UnreadableReferral
from referrals.models import Referral, RefusedReferral
from referrals.services.planning import Fault
from referrals.services.quarantine import READER, keep_refused, kept_row, reader, retry_refused
from referrals.services.runs import Wish
from referrals.services.syncing import sync_referrals
from tests.factories.people import UserFactory
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

FULL = Wish(full=True)
TOO_LONG = "x" * 256


def add(sandbox: RunningSandbox, **members: Any) -> dict[str, Any]:
    team = [{"firstName": "Anna", "email": "anna@contoso.example"}]
    row = {"name": "A deal", "customerProfile": {"name": "Contoso", "team": team}} | members
    return sandbox.control.edit("partner-center", {"add": row})


def the_refused(**filters: Any) -> RefusedReferral:
    return RefusedReferral.objects.get(reason__contains="256 characters", **filters)


def drain() -> None:
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()


def test_a_refused_row_is_kept_whole_and_nobody_reads_it_in_the_database(partner_center):
    row = add(partner_center, id=TOO_LONG)

    sync_referrals()

    refused = the_refused()
    assert kept_row(refused.key) == row
    assert b"anna@contoso.example" not in bytes(refused.sealed_row)
    assert "anna@contoso.example" not in str(ErrorRecord.objects.get(key=refused.key).context)
    assert refused.reader == READER


def test_it_goes_along_with_each_sync_that_has_it_and_counts_how_often(partner_center):
    add(partner_center, id=TOO_LONG)

    sync_referrals(FULL)
    sync_referrals(FULL)

    assert the_refused().times == 2


@pytest.mark.proves("R3.5")
def test_when_the_data_is_mended_the_next_sync_takes_it_in_and_the_row_is_forgotten(partner_center):
    row = add(partner_center)
    sync_referrals()
    ident = row["id"]
    refuse(ident, row)

    partner_center.control.edit("partner-center", {"id": ident, "set": {"name": "Mended"}})
    sync_referrals()

    refused = RefusedReferral.objects.get(key=ident)
    assert refused.settled_at is not None
    assert bytes(refused.sealed_row) == b""
    assert Referral.objects.get(referral_id=ident).name == "Mended"


def refuse(key: str, row: Any, *, by: str = READER) -> None:
    """As if code that could not read it had met this row."""
    keep_refused([Fault(key, UnreadableReferral("It was not understood."), row, row)])
    RefusedReferral.objects.filter(key=key).update(reader=by, last_refused_at=timezone.now() + timedelta(hours=1))


def test_what_other_code_refused_is_tried_again_by_itself_once(partner_center):
    row = add(partner_center)
    sync_referrals()
    Referral.objects.filter(referral_id=row["id"]).delete()
    refuse(row["id"], row, by="older code")

    sync_referrals()
    drain()

    assert Referral.objects.filter(referral_id=row["id"]).exists()
    assert RefusedReferral.objects.get(key=row["id"]).settled_how == "It was taken in."


def test_what_this_code_refused_is_not_tried_again_by_itself(partner_center):
    add(partner_center, id=TOO_LONG)
    sync_referrals()

    sync_referrals()

    assert not Item.objects.filter(kind="referral", key=the_refused().key).exists()


def test_a_row_without_an_id_is_read_anew_as_it_was_kept(partner_center):
    row = {**add(partner_center), "id": "0f000000-0000-4000-8000-00000000000a"}
    sync_referrals()
    refuse("row without id 0123", row)

    retry_refused(RefusedReferral.objects.filter(key="row without id 0123"), by=UserFactory())
    drain()

    assert Referral.objects.filter(referral_id=row["id"]).exists()
    assert RefusedReferral.objects.get(key="row without id 0123").settled_at is not None


def test_a_click_on_one_that_still_fails_says_so_and_keeps_it(partner_center):
    add(partner_center, id=TOO_LONG)
    sync_referrals()

    told = retry_refused(RefusedReferral.objects.waiting().filter(reason__contains="256"), by=UserFactory())
    drain()

    assert told.queued == 1
    assert the_refused(settled_at__isnull=True).times == 2
    assert ErrorRecord.objects.unsettled().get(key=the_refused().key).gave_up


def test_what_a_later_full_sync_does_not_find_any_more_is_settled(partner_center):
    sync_referrals(FULL)
    refuse("row without id 0123", {"name": "gone"})
    RefusedReferral.objects.update(last_refused_at=timezone.now() - timedelta(days=1))

    sync_referrals(FULL)
    drain()

    assert "did not find it" in RefusedReferral.objects.get(key="row without id 0123").settled_how


def test_the_mark_of_the_code_is_the_same_in_every_process():
    assert reader() == READER
    assert len(READER) == 16


def test_a_sync_that_changes_nothing_writes_no_referral(partner_center_with_pages):
    sync_referrals(FULL)
    before = marks()

    sync_referrals(FULL)

    assert marks() == before


def marks() -> dict[str, str]:
    """PostgreSQL's own mark of each row's last write."""
    with connection.cursor() as cursor:
        cursor.execute("select referral_id, xmin::text || version from referrals_referral")
        return dict(cursor.fetchall())
