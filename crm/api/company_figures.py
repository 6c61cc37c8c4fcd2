"""How a company's lead stands in the CRM, shown on its JSON (f.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm.api.examples import COMPANY_FIGURES
from crm.api.serializers import CompanyLeadSerializer, lead_url
from crm.models import CrmRecord
from crm.registry import crm_backend
from crm.sync_states import PushFacts, sync_state
from hunter.work.models import ErrorRecord, Item
from leads.api.figures import CompanyFigures
from leads.models import Company


def read_figures(companies: Sequence[Company]) -> Mapping[int, Mapping[str, Any]]:
    """The leads of a page of companies: records, units of work and errors, three queries."""
    backend = crm_backend()
    domains = [company.domain for company in companies]
    records = {row.company_id: row for row in CrmRecord.objects.of_companies(companies).of_crm(backend.name)}
    items = {item.key: item for item in Item.objects.filter(kind=backend.push_kind, key__in=domains)}
    errors = {error.key: error for error in ErrorRecord.objects.about(kind=backend.push_kind, keys=domains).unsettled()}
    return {
        company.pk: lead_figures(records.get(company.pk), items.get(company.domain), errors.get(company.domain))
        for company in companies
    }


def lead_figures(record: CrmRecord | None, item: Item | None, error: ErrorRecord | None) -> dict[str, Any]:
    """One company's members."""
    facts = PushFacts(
        record_state=record.state if record else None,
        is_running=item is not None and item.lease is not None,
        is_due=item is not None and item.due_at is not None,
        has_failed=error is not None or (item is not None and item.dead_at is not None),
    )
    words = error.message if error else record.sync_error if record else ""
    is_there = record is not None and record.is_known_there
    return {
        "sync_state": sync_state(facts),
        "sync_attempts": item.attempts if item else 0,
        "synced_at": record.synced_at if record else None,
        "sync_error": words or None,
        "lead_id": str(record.lead_id) if record is not None and is_there else None,
        "lead_url": lead_url(record) if record is not None else None,
    }


LEADS_OF_COMPANIES = CompanyFigures(CompanyLeadSerializer, read_figures, COMPANY_FIGURES)
