"""A service that is away for hours: hours are compressed by bringing what is stored forward."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.services.columns import forget_columns
from crm.services.pushing import push_due
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane
from hunter.work.asking import sweep
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from referrals.models import Referral
from referrals.services.runs import account
from tests.factories.leads import ScannedCompanyFactory
from tests.processes.pipelines import books
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

LOOKS_IN_FOUR_HOURS = 30  # a back-off of this kind grows to ten minutes


def let_time_pass() -> None:
    """Back-offs and pauses end by themselves: nobody presses anything."""
    books.let_time_pass()
    Lane.objects.filter(paused_until__isnull=False).update(paused_until=database_now())


@pytest.mark.proves("R1.5", "R1.6")
@pytest.mark.fault(15)
def test_a_sync_outlasts_four_hours_of_503_without_a_person(partner_center):
    partner_center.control.add_fault(service="partner-center", fault="status", status=503)
    sweep("sync_referrals", [account()])

    for _ in range(LOOKS_IN_FOUR_HOURS):
        Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()
        let_time_pass()
    failing = ErrorRecord.objects.unsettled().get(kind="sync_referrals")
    partner_center.control.clear_faults()
    let_time_pass()
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()

    assert not failing.gave_up
    assert not Item.objects.filter(dead_at__isnull=False).exists()
    assert Referral.objects.exists()
    assert not ErrorRecord.objects.unsettled().filter(kind="sync_referrals").exists()


@pytest.mark.proves("R1.6", "R5.8")
@pytest.mark.fault(15)
def test_pushes_outlast_four_hours_of_503_and_none_is_given_up(dynamics):
    forget_columns()
    domains = [company.domain for company in ScannedCompanyFactory.create_batch(4)]
    for operation in ("query", "create"):
        dynamics.control.add_fault(service="dataverse", operation=operation, fault="status", status=503)
    sweep("push_dynamics365", domains)

    for _ in range(LOOKS_IN_FOUR_HOURS):
        Drainer(LaneName.DYNAMICS365, budget=timedelta(seconds=PATIENCE)).run()
        let_time_pass()
    given_up = Item.objects.filter(dead_at__isnull=False).count()
    dynamics.control.clear_faults()
    let_time_pass()
    push_due()

    assert given_up == 0
    assert sorted(lead["hnt_domain"] for lead in books.leads_with(dynamics, domains)) == sorted(domains)
    assert not ErrorRecord.objects.unsettled().exists()
