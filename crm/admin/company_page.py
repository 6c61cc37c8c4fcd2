"""What a company's page and list show of its lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crm.admin.lead_states import LeadStanding, can_be_opened, lead_link, standings
from crm.admin.pushing_acts import PUSH_COMPANIES, PUSH_COMPANY
from crm.admin.record_sections import live, record_section
from crm.company_leads import NOT_WANTED, in_sync_state
from crm.mapping.values import SyncState
from crm.models import STATES, CrmRecord
from crm.registry import crm_backend
from hunter.ops.filters import ChoiceFilter
from hunter.ops.showing import NOTHING, two_lines
from leads.admin.company_page import CompanyColumn, CompanySection, extensions
from leads.models import Company


class CrmStateFilter(ChoiceFilter):
    title = "state in the CRM"
    parameter_name = "crm_state"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [*STATES, ("none", "Not pushed")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        records = CrmRecord.objects.filter(company=OuterRef("pk"))
        if chosen == "none":
            return rows.exclude(Exists(records))
        return rows.filter(Exists(records.filter(state=chosen)))


class SyncStateFilter(ChoiceFilter):
    """The four words of f.6, and none: of the record together with its unit of work."""

    title = "sync state"
    parameter_name = "sync_state"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [
            (SyncState.PENDING.value, "Waiting"), (SyncState.IN_PROGRESS.value, "Running"),
            (SyncState.SYNCED.value, "In step"), (SyncState.ERROR.value, "Failed, or needs you"),
            (NOT_WANTED, "Not wanted yet"),
        ]  # fmt: skip

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return in_sync_state(rows, chosen)


def read_standings(companies: Sequence[Company]) -> dict[int, list[LeadStanding]]:
    return standings(companies)


def show_standing(known: list[LeadStanding] | None) -> SafeString | str:
    """How its lead stands; where several CRMs differ, a line for each."""
    if not known:
        return NOTHING
    if len(known) == 1:
        return two_lines(known[0].badge(), known[0].since())
    if len({one.words for one in known}) == 1:
        return two_lines(known[0].badge(), f"in {'both' if len(known) == 2 else 'all'} CRMs")
    lines = [(one.badge(), crm_backend(one.crm).title) for one in known]
    shown = format_html_join("", '<div class="h-time">{} <span class="h-muted h-small">{}</span></div>', lines)
    return format_html("<div>{}</div>", shown)


def crm_section(company: Company, request: HttpRequest) -> SafeString:
    if not request.user.has_perm("crm.view_crmrecord"):
        return SafeString()
    known = standings([company])[company.pk]
    return live(format_html_join("", "{}", [(record_section(company, one, request),) for one in known]), known)


def open_in_crm(company: Company, request: HttpRequest) -> Sequence[SafeString]:
    """The way to the lead, beside the company's title."""
    if not request.user.has_perm("crm.view_crmrecord"):
        return []
    rows = [row for row in CrmRecord.objects.of_companies([company]) if can_be_opened(row)]
    return [lead_link(row, words=f"open in {crm_backend(row.crm).title}") for row in rows]


extensions.columns.append(CompanyColumn("crm_state", "in the CRM", read_standings, show_standing))
extensions.filters += [SyncStateFilter, CrmStateFilter]
extensions.sections.append(CompanySection(30, crm_section))
extensions.acts += [PUSH_COMPANY, PUSH_COMPANIES]
extensions.headlines.append(open_in_crm)
