"""Leads into the CRM, from the company's row to the simulator's store and back."""

from __future__ import annotations

import pytest

from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.services.pushing import push_due
from tests.factories.leads import ScannedCompanyFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.proves("R1.1")
def test_each_company_becomes_exactly_one_lead(dynamics):
    companies = ScannedCompanyFactory.create_batch(200)

    report = push_due()

    leads = dynamics.control.state("dataverse")["leads"]
    ours = [lead["hnt_domain"] for lead in leads if lead.get("hnt_domain")]
    assert (report.due, report.created, report.failed) == (200, 200, False)
    assert sorted(domain for domain in ours if domain.startswith("company-")) == sorted(c.domain for c in companies)
    assert CrmRecord.objects.filter(state=LeadState.SYNCED, sent=[]).count() == 200
