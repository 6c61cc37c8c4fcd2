"""One lead in full: how it stands, what was confirmed, what the CRM changed, what a push would change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from crm.admin.conflicts import conflict_context
from crm.admin.due_page import closed_words
from crm.admin.lead_states import LeadStanding, can_be_opened, lead_link, result_words, why_not
from crm.admin.look_alikes import look_alike_context
from crm.mapping.merge import Why
from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.registry import crm_backend
from hunter.ops.showing import ago, link, list_url, outside_link, page_url, piece
from hunter.work.models import ErrorRecord
from leads.models import Company

SOON = 3  # seconds after which a push under way is looked at again
LEAD_ID = re.compile(r"(\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)")


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
            "result": result_words(row) if row else "",
            "last": ago(row.last_result_at) if row else "",
            "said": said(row, error) if row else "",
            "lead": lead_link(row) if row and can_be_opened(row) else "",
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
            "record_url": record_url(row, request) if row else "",
        },
    )


def record_url(row: CrmRecord, request: HttpRequest) -> str:
    """The lead's own page; empty on that page."""
    address = page_url("crm_crmrecord", row.pk)
    return "" if request.path == address else address


def acts_of_people(row: CrmRecord) -> SafeString:
    """The way to what people did with the lead, and with its company, where pushes are noted."""
    lead = list_url("audit_auditentry", subject_type="crm.crmrecord", subject_id=row.pk)
    company = list_url("audit_auditentry", subject_type="leads.company", subject_id=row.company_id)
    return format_html(
        '<p class="h-above">{} · {}</p>',
        link("What people decided about it", lead),
        link("What people did with the company", company),
    )


def live(shown: SafeString, of: Iterable[LeadStanding]) -> SafeString:
    """What is shown of these leads, looked at again by itself while a push of one is under way."""
    seconds = SOON if any(standing.is_moving for standing in of) else 0
    return format_html('<div id="h-live" data-live="{}">{}</div>', seconds, shown)


def said(row: CrmRecord, error: ErrorRecord | None) -> SafeString:
    """Why it stands so, with the way to each lead that is named; nothing where the error says it already."""
    if error is not None and error.message == row.sync_error:
        return SafeString()
    if row.state != LeadState.REVIEW:
        return escape(row.sync_error)
    address_of = crm_backend(row.crm).address_of
    parts = LEAD_ID.split(row.sync_error)
    return format_html_join(
        "", "{}", ((outside_link(part, address_of(part, None)) if LEAD_ID.fullmatch(part) else part,) for part in parts)
    )


def columns_shown(confirmed: dict[str, Any] | None, seen: dict[str, Any] | None) -> list[ColumnShown]:
    """Every confirmed column; beside it what was last read there, where that is another value."""
    found = seen or {}
    return [
        ColumnShown(name, in_words(value), in_words(found.get(name)), name in found and found[name] != value)
        for name, value in sorted((confirmed or {}).items())
    ]


def taken_shown(taken: dict[str, Any]) -> list[str]:
    """Each column whose value in the CRM holds in place of Hunter's, with the reason."""
    return [
        f"{column}: {in_words(held.get('value'))}{f' ({why})' if (why := held.get('why')) else ''}"
        for column, held in sorted(taken.items())
        if held.get("why") != Why.UNHELD and held.get("value") != held.get("over")
    ]


def unheld_shown(taken: dict[str, Any]) -> list[str]:
    """Each column that the CRM has no record of Hunter's for."""
    return sorted(column for column, held in taken.items() if held.get("why") == Why.UNHELD)


def in_words(value: Any) -> str:
    if value is None or value == "":
        return "empty"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
