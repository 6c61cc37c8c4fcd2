"""One lead in full: how it stands, what was confirmed, what the CRM changed, what a push would change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from crm.admin.conflicts import conflict_context
from crm.admin.due_page import closed_words
from crm.admin.lead_states import LeadStanding, lead_link, why_not
from crm.admin.look_alikes import look_alike_context
from crm.mapping.merge import Why
from crm.registry import crm_backend
from hunter.ops.showing import ago, list_url, piece
from hunter.work.models import ErrorRecord
from leads.models import Company


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """One column as it was confirmed, and as it was last seen where that differs."""

    name: str
    confirmed: str
    seen: str
    differs: bool


def record_section(company: Company, standing: LeadStanding, request: HttpRequest) -> SafeString:
    """The piece that a company's page and a lead's page share."""
    row = standing.record
    backend = crm_backend(standing.crm)
    words, _ = standing.words
    error = ErrorRecord.objects.unsettled().about(kind=backend.push_kind, keys=[company.domain]).first()
    return piece(
        "admin/company_crm.html",
        {
            "crm": backend.title,
            "record": row,
            "badge": standing.badge(),
            "words": words,
            "standing": standing,
            "why_not": "" if row or standing.work.due_at else why_not(company, None),
            "next_try": ago(standing.work.due_at) if standing.work.due_at else "",
            "closed": closed_words(backend) if standing.work.due_at else "",
            "confirmed": ago(row.synced_at) if row else "",
            "last": ago(row.last_result_at) if row else "",
            "lead": lead_link(row) if row and row.is_known_there else "",
            "error": error,
            "error_url": reverse("admin:work_errorrecord_change", args=[error.pk]) if error else "",
            "columns": columns_shown(row.confirmed, row.seen) if row else [],
            "conflicts": conflict_context(row, request) if row else None,
            "look_alikes": look_alike_context(row, request) if row else None,
            "taken": taken_shown(row.taken) if row else [],
            "unheld": unheld_shown(row.taken) if row else [],
            "disputed": sorted(row.disputed) if row else [],
            "preview_url": f"{reverse('admin:crm_preview', args=[company.pk])}?crm={backend.name}",
            "preview_id": f"h-preview-{backend.name}",
            "audit_url": list_url("audit_auditentry", subject_type="leads.company", subject_id=company.pk),
        },
    )


def columns_shown(confirmed: dict[str, Any] | None, seen: dict[str, Any] | None) -> list[ColumnShown]:
    """Every confirmed column; beside it what was last read there, where that is another value."""
    found = seen or {}
    return [
        ColumnShown(name, in_words(value), in_words(found.get(name)), name in found and found[name] != value)
        for name, value in sorted((confirmed or {}).items())
    ]


def taken_shown(taken: dict[str, Any]) -> list[str]:
    """Each column whose value in the CRM holds, with the reason."""
    shown = [(column, held.get("why")) for column, held in sorted(taken.items()) if held.get("why") != Why.UNHELD]
    return [f"{column} ({why})" if why else column for column, why in shown]


def unheld_shown(taken: dict[str, Any]) -> list[str]:
    """Each column that the CRM has no record of Hunter's for."""
    return sorted(column for column, held in taken.items() if held.get("why") == Why.UNHELD)


def in_words(value: Any) -> str:
    if value is None or value == "":
        return "empty"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
