"""A service that is away for hours: hours are compressed by bringing what is stored forward."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hunter.remote.lanes import LaneName
from hunter.remote.limits import end_pause
from hunter.work.asking import sweep
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from referrals.models import Referral
from referrals.services.runs import account
from tests.processes.pipelines import books

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

LOOKS_IN_FOUR_HOURS = 30  # a back-off of this kind grows to ten minutes


@pytest.mark.proves("R1.5", "R1.6")
@pytest.mark.fault(15)
def test_a_sync_outlasts_four_hours_of_503_without_a_person(partner_center):
    partner_center.control.add_fault(service="partner-center", fault="status", status=503)
    sweep("sync_referrals", [account()])

    for _ in range(LOOKS_IN_FOUR_HOURS):
        Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=1)).run()
        books.let_time_pass()
        end_pause(LaneName.PARTNER_CENTER)
    failing = ErrorRecord.objects.unsettled().get(kind="sync_referrals")
    partner_center.control.clear_faults()
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=10)).run()

    assert not failing.gave_up
    assert not Item.objects.filter(dead_at__isnull=False).exists()
    assert Referral.objects.exists()
    assert not ErrorRecord.objects.unsettled().filter(kind="sync_referrals").exists()
