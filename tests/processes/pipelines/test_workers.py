"""`manage.py workers` from an empty database to leads in the CRM, ended in order and out of order (R1.10, R1.12, R1.13)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psutil
import pytest
from django.db.models import Q

from crm.models import CrmRecord
from hunter.sandbox.running import RunningSandbox
from hunter.work.models import Attempt, Item
from hunter.work.tasks import tick
from leads.models import Company
from leads.models.choices import ScanState
from referrals.models import Referral, SyncRun
from tests.processes.pipelines import books
from tests.processes.pipelines.hunter_process import HunterProcess
from tests.processes.running import LONGEST_RUN, are_gone
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

RESTING = ["review", "closed", "gone"]


def everything_is_through() -> bool:
    """The sync has ended, and no scan and no push is owed or waits for another try."""
    owed = Item.objects.filter(kind__in=["scan", "push_dynamics365"], due_at__isnull=False)
    return SyncRun.objects.filter(finished_at__isnull=False).exists() and not owed.exists()


def every_company_worth_it_has_its_lead(sandbox: RunningSandbox) -> None:
    """Balanced against the store of the CRM; those of which a person must decide were not written to."""
    resting = CrmRecord.objects.filter(state__in=RESTING).values_list("company__domain", flat=True)
    worth_it = Company.objects.worth_a_push().exclude(domain__in=resting).exclude(pk__in=only_lost_referrals())
    due = {one.domain: one for one in worth_it}
    leads = books.leads_with(sandbox, due)

    assert len(due) > 5
    assert Counter(lead["hnt_domain"] for lead in leads) == dict.fromkeys(due, 1)
    assert {lead["hnt_domain"] for lead in written(sandbox)} == set(due)
    assert books.made_by_hunter(sandbox) <= {
        str(own_id) for own_id in CrmRecord.objects.values_list("own_id", flat=True)
    }
    books.assert_newest(leads, due)
    assert not Company.objects.filter(scan_status=ScanState.PENDING).exists()
    assert not Item.objects.filter(dead_at__isnull=False).exists()
    until(lambda: not Item.objects.filter(lease__isnull=False).exists(), what="the end of what else is under way")


def written(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    """The leads that carry the time of a push."""
    return [lead for lead in sandbox.control.state("dataverse")["leads"] if lead["hnt_lastsynctime"]]


def only_lost_referrals() -> set[int]:
    """The companies whose referrals have all ended in vain: no reason for a lead (f.6)."""
    referrals = Referral.objects.filter(company__isnull=False)
    in_vain = Q(status="Closed", substatus__in=["Lost", "Declined", "Expired", "Error"])
    return set(referrals.filter(in_vain).values_list("company", flat=True)) - set(
        referrals.exclude(in_vain).values_list("company", flat=True)
    )


def let_all_answer(sandbox: RunningSandbox) -> None:
    """Domains that don't answer are tried again after half a minute: too long for a test."""
    for domain in sandbox.control.state("dns")["failures"]:
        sandbox.control.edit("dns", {"domain": domain, "failure": None})


@pytest.mark.proves("R1.12", "R1.13")
def test_leads_arrive_by_themselves_and_sigterm_ends_all_in_order(sandbox, begin):
    sandbox.control.reset(companies=20, referrals=60, seed=1)
    let_all_answer(sandbox)
    workers = begin("workers")

    until(everything_is_through, seconds=LONGEST_RUN)
    every_company_worth_it_has_its_lead(sandbox)
    books.sync_is_balanced(sandbox)
    family = workers.family()
    workers.end()

    assert workers.wait() == 0, workers.words
    assert len(family) > 5
    until(lambda: are_gone(family), what="the end of all its processes")


@pytest.mark.proves("R1.1", "R1.10")
@pytest.mark.fault(1, 2, 7)
def test_a_worker_process_that_is_killed_in_mid_work_costs_nothing(sandbox, begin):
    sandbox.control.reset(companies=20, referrals=60, seed=1)
    let_all_answer(sandbox)
    workers = begin("workers", LEASE_SECONDS="3", HUNTER_STOP_AT="dynamics365.create.after")
    busy = until(lambda: asleep(workers), seconds=LONGEST_RUN)[0]

    assert busy.pid != workers.pid
    busy.kill()
    until(lambda: through_with_a_hand(workers), seconds=LONGEST_RUN)

    assert Attempt.objects.filter(outcome="lost").exists()
    every_company_worth_it_has_its_lead(sandbox)
    workers.end()
    assert workers.wait() == 0, workers.words


def asleep(workers: HunterProcess) -> list[psutil.Process]:
    """Those of the worker processes that stopped in mid work."""
    return [one for one in workers.family() if is_asleep(one)]


def is_asleep(one: psutil.Process) -> bool:
    try:
        return bool(one.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def through_with_a_hand(workers: HunterProcess) -> bool:
    """The schedule's tick comes each minute, here as often as we look; whoever falls asleep later is woken."""
    for one in asleep(workers):
        one.resume()
    tick()
    return everything_is_through()
