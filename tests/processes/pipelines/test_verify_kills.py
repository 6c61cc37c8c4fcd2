"""SIGKILL between the blocks of a look anew: begun again it finishes, and each lead is there once (ledger notes §8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.registry import crm_backend
from crm.services.pushing import push_company, push_due
from crm.services.verifying import BLOCK, verify_crm
from hunter.work.models import Item
from leads.models import Company
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory, scored_as
from tests.processes.pipelines import books
from tests.processes.running import KILLED

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

FEW = 3
AN_HOUR_AGO = timedelta(hours=1)


@pytest.fixture
def leads(sandbox):
    """A block of leads between a few whose lead people changed meanwhile: these stand in both blocks."""
    there = ScannedCompanyFactory.create_batch(FEW, infrastructure_summary="ours")
    push_due()
    lost = Company.objects.bulk_create(CompanyFactory.build_batch(BLOCK, **scored_as("M365")))
    records = [CrmRecordFactory.build(company=one, in_step=True, last_result_at=timezone.now()) for one in lost]
    CrmRecord.objects.bulk_create(records)
    there += ScannedCompanyFactory.create_batch(FEW, infrastructure_summary="ours")
    for company in there[FEW:]:
        push_company(company.domain)
    for company in there:
        sandbox.control.edit(
            "dataverse", {"act": "change", "lead": company.domain, "columns": {"hnt_infrasummary": "theirs"}}
        )
    return [company.domain for company in there]


def asked_for():
    return set(Item.objects.filter(kind="push_dynamics365", due_at__isnull=False).values_list("key", flat=True))


def to_look_at():
    return set(CrmRecord.objects.filter(state=LeadState.PENDING, etag="").values_list("company__domain", flat=True))


@pytest.mark.proves("R1.1", "R1.9", "R1.11")
@pytest.mark.fault(1, 3)
def test_a_look_anew_that_was_killed_between_its_blocks_is_begun_again_and_finishes(leads, sandbox, begin):
    since = timezone.now() - AN_HOUR_AGO
    killed = begin("verify_crm", "--since", since.isoformat(), HUNTER_CRASH_AT="verify_crm.before_block:2")
    assert killed.wait() == KILLED, killed.words
    assert len(to_look_at()) == BLOCK
    assert asked_for() == to_look_at()

    again = verify_crm(crm_backend(), since=since)
    assert again.queued == BLOCK + len(leads)
    assert asked_for() == to_look_at() == set(CrmRecord.objects.values_list("company__domain", flat=True))
    Item.objects.exclude(key__in=leads).delete()  # of the others there is nothing in the CRM to look at
    for domain in leads:
        push_company(domain)

    held = books.leads_with(sandbox, leads)
    there = CrmRecord.objects.filter(company__domain__in=leads, state=LeadState.SYNCED, sent=[])
    assert sorted(lead["hnt_domain"] for lead in held) == sorted(leads)
    assert {lead["hnt_infrasummary"] for lead in held} == {"ours"}
    assert {lead["leadid"] for lead in held} == {str(row.lead_id) for row in there}
    assert not Item.objects.filter(kind="push_dynamics365", key__in=leads, lease__isnull=False).exists()
    assert not Item.objects.filter(kind="push_dynamics365", key__in=leads).exclude(served=F("requested")).exists()
