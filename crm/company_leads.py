"""How companies' leads stand on their way into the CRM (f.6): of a page of companies, and as a set to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from crm.mapping.values import SyncState
from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.registry import chosen_crms, crm_backend
from crm.sync_states import RESTING, PushFacts, sync_state
from hunter.work.models import ErrorRecord, Item
from leads.models import Company

NOT_WANTED = "none"


ORDER = (SyncState.IN_PROGRESS, SyncState.ERROR, SyncState.PENDING, SyncState.SYNCED)


def read_leads(companies: Sequence[Company]) -> Mapping[int, Mapping[str, Any]]:
    """How each company's leads stand, by company id: records, units of work and errors, three queries."""
    backends = {backend.push_kind: backend.name for backend in chosen_crms()}
    domains = [company.domain for company in companies]
    records = {(row.company_id, row.crm): row for row in CrmRecord.objects.of_companies(companies)}
    items = {(item.key, item.kind): item for item in Item.objects.filter(kind__in=list(backends), key__in=domains)}
    found = ErrorRecord.objects.unsettled().filter(kind__in=list(backends), key__in=domains)
    errors = {(error.key, error.kind): error for error in found}
    return {
        company.pk: _together(
            {
                crm: lead_figures(
                    records.get((company.pk, crm)),
                    items.get((company.domain, kind)),
                    errors.get((company.domain, kind)),
                )
                for kind, crm in backends.items()
            }
        )
        for company in companies
    }


def _together(leads: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A company's leads as one: the state that most wants attention, and what the first CRM knows of the rest."""
    states = {one["sync_state"] for one in leads.values()}
    told = list(leads.values())
    known = next((one for one in told if one["lead_id"]), told[0])
    return {
        **known,
        "sync_state": next((state for state in ORDER if state in states), None),
        "sync_attempts": max(one["sync_attempts"] for one in told),
        "sync_error": next((one["sync_error"] for one in told if one["sync_error"]), None),
        "leads": [{"crm": crm, **one} for crm, one in leads.items()],
    }


def lead_figures(record: CrmRecord | None, item: Item | None, error: ErrorRecord | None) -> dict[str, Any]:
    """One company's lead."""
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


def in_sync_state(companies: QuerySet[Any], state: str) -> QuerySet[Any]:
    """The companies of which `sync_state` says that word, or `none`; the same decision, made by the database."""
    backends = chosen_crms()
    kinds = [backend.push_kind for backend in backends]
    record = CrmRecord.objects.filter(company=OuterRef("pk"), crm__in=[backend.name for backend in backends])
    item = Item.objects.filter(kind__in=kinds, key=OuterRef("domain"))
    error = ErrorRecord.objects.unsettled().filter(kind__in=kinds, key=OuterRef("domain"))

    running, due = Q(Exists(item.filter(lease__isnull=False))), Q(Exists(item.filter(due_at__isnull=False)))
    failed = Q(Exists(error)) | Q(Exists(item.filter(dead_at__isnull=False)))
    failed |= Q(Exists(record.filter(state__in=sorted(RESTING))))
    at_rest = ~running & ~failed & ~due
    waits = Q(Exists(record.filter(state=LeadState.PENDING)))
    conditions = {
        SyncState.IN_PROGRESS.value: running,
        SyncState.ERROR.value: ~running & failed,
        SyncState.PENDING.value: ~running & ~failed & (due | waits),
        SyncState.SYNCED.value: at_rest & ~waits & Q(Exists(record.filter(state=LeadState.SYNCED))),
        NOT_WANTED: at_rest & ~Q(Exists(record)),
    }
    return companies.filter(conditions[state]) if state in conditions else companies


def lead_url(record: CrmRecord) -> str | None:
    """The lead's page in the CRM; None before there is one, and where no CRM is set."""
    backend = crm_backend(record.crm)
    if not record.is_known_there or not backend.is_enabled():
        return None
    return backend.address_of(str(record.lead_id), record.seen)
