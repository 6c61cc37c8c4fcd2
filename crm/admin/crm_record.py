"""CRM leads: whether each is in step, why not, and the way to put it right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.admin import due_page
from crm.admin.asked import CrmFilter, asked_crm
from crm.admin.conflicts import KEEP_HERE, KEEP_THERE
from crm.admin.lead_parts import PartFilter, lead_tabs
from crm.admin.lead_states import (
    RESULTS,
    LeadStanding,
    PushWork,
    can_be_opened,
    lead_link,
    push_work,
    result_words,
    standing_of,
)
from crm.admin.look_alikes import KEEP_APART, TAKE_OVER
from crm.admin.pushing_acts import MAKE_AGAIN, PUSH_DUE, PUSH_RECORD
from crm.admin.record_sections import acts_of_people, live, record_section
from crm.admin.winners import differences_shown
from crm.models import CrmRecord
from crm.registry import chosen_crms, crm_backend
from crm.services.previewing import preview_push
from crm.sheets import RECORD_SHEET
from hunter.errors import HunterError
from hunter.exports.sheet import Sheet
from hunter.ops.filters import ChoiceFilter
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.paging import HunterChangeList
from hunter.ops.showing import NOTHING, ago, link, muted, page_url, two_lines
from leads.domains import read_domain, shown_domain
from leads.models import Company

LONGEST_DOMAIN = 300


class ConflictFilter(ChoiceFilter):
    """Leads of which both sides changed a column, or whose columns of Hunter the CRM keeps changing, and all that wait."""

    title = "decision"
    parameter_name = "needs"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [("you", "Waits for a person"), ("conflict", "Changed on both sides")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        if chosen == "conflict":
            return rows.filter(has_conflict=True)
        return CrmRecord.objects.needing_a_person() & rows if chosen == "you" else rows


class ResultFilter(ChoiceFilter):
    """What the last push did."""

    title = "last push"
    parameter_name = "last_result"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(result.value, words) for result, words in RESULTS.items()]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(last_result=chosen)


class OriginFilter(ChoiceFilter):
    """Who made the lead."""

    title = "origin"
    parameter_name = "origin"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [("hunter", "Made by Hunter"), ("crm", "Taken over: the CRM had it before")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(is_adopted=chosen == "crm") if chosen in {"hunter", "crm"} else rows


class MappingFilter(ChoiceFilter):
    """Leads by the mapping that they were confirmed with (R4.8)."""

    title = "mapping"
    parameter_name = "mapping"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [("now", "The one in force"), ("other", "Another one")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        wanted = Q(pk__in=[])
        for backend in chosen_crms():
            version = backend.load_mapping().version
            others = CrmRecord.objects.of_crm(backend.name).of_other_mappings(version).order_by().values("pk")
            wanted |= Q(pk__in=others) if chosen == "other" else Q(crm=backend.name, mapping_version=version)
        return rows.filter(wanted)


def undecided() -> int:
    return CrmRecord.objects.needing_a_person().count()


class RecordChangeList(HunterChangeList):
    """Reads the work items of a whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = list(self.result_list)
        work = push_work(row.company.domain for row in page)
        for row in page:
            vars(row)["standing"] = LeadStanding(row.crm, row, work.get((row.crm, row.company.domain), PushWork()))
        self.result_list = page


@admin.register(CrmRecord)
class CrmRecordAdmin(ReadOnlyModelAdmin):
    """Every company's lead in the CRM, what moved last first."""

    navigation = (
        Entry("Pipeline", 30, "CRM leads", "contact_page"),
        Entry(
            "Needs you",
            30,
            "Conflicts",
            "call_split",
            query="needs=you",
            waiting=undecided,
        ),
    )
    nouns = ("lead", "leads")
    acts = (PUSH_RECORD, MAKE_AGAIN, PUSH_DUE, KEEP_HERE, KEEP_THERE, TAKE_OVER, KEEP_APART)
    home_acts = ("push_due",)
    list_display = ("company_shown", "state_shown", "last", "lead")
    list_filter = (
        PartFilter,
        CrmFilter,
        ConflictFilter,
        MappingFilter,
        ResultFilter,
        OriginFilter,
    )
    list_select_related = ("company",)
    search_fields = ("company__domain", "company__name")
    search_help_text = "Domain or name, 3+ letters"
    ordering = (F("last_result_at").desc(nulls_last=True), "-id")
    change_list_template = "admin/crm_leads.html"
    refresh_seconds = 15
    empty_title = "No leads yet"
    empty_hint = "Companies that are scored, and not Skip, are pushed by themselves."

    def sheet(self) -> Sheet:
        return RECORD_SHEET

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordChangeList]:
        return RecordChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"not_called": due_page.not_called()} | (extra_context or {}))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def get_urls(self) -> list[URLPattern]:
        preview = path("preview/<int:company_id>/", self.admin_site.admin_view(self.preview_view), name="crm_preview")
        of = path("preview/", self.admin_site.admin_view(self.preview_of_view), name="crm_preview_of")
        due = path("due/", self.admin_site.admin_view(self.due_view), name="crm_due")
        return [preview, of, due, *super().get_urls()]

    def due_view(self, request: HttpRequest) -> HttpResponse:
        """What all pushes that are due would change; reads only."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return due_page.due_view(request, self.admin_site)

    def preview_view(self, request: HttpRequest, company_id: int) -> HttpResponse:
        """What a push would change; reads only, and only when a person asks."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._preview(request, get_object_or_404(Company, pk=company_id))

    def preview_of_view(self, request: HttpRequest) -> HttpResponse:
        """The same of a company that is named by its domain, with all that would be sent."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        given = request.GET.get("domain", "")[:LONGEST_DOMAIN]
        domain = read_domain(given).domain or given.strip().lower()
        company = Company.objects.filter(domain=domain).first() if domain and "\0" not in domain else None
        if company is None:
            context = {"error": f"There is no company {domain}." if domain else "Type a company's domain."}
            return TemplateResponse(request, "admin/crm_preview.html", context)
        return self._preview(request, company, whole=True)

    def _preview(self, request: HttpRequest, company: Company, *, whole: bool = False) -> HttpResponse:
        backend = asked_crm(request)
        if backend.is_enabled() and (closed := due_page.closed_words(backend)):
            context: dict[str, Any] = {"error": closed}
            return TemplateResponse(request, "admin/crm_preview.html", context)
        try:
            preview = preview_push(company, backend)
            context = {
                "preview": preview,
                "difference": differences_shown(preview.difference),
                "sent": sorted(preview.payload.items()) if whole else (),
            }
        except HunterError as error:
            context = {"error": error.message}
        return TemplateResponse(request, "admin/crm_preview.html", context)

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        return lead_tabs(request)

    @admin.display(description="company", ordering="company__domain")
    def company_shown(self, row: CrmRecord) -> SafeString:
        domain = shown_domain(row.company.domain)
        return two_lines(row.company.display_name, domain if domain != row.company.display_name else "")

    @admin.display(description="state", ordering="state")
    def state_shown(self, row: CrmRecord) -> SafeString:
        standing: LeadStanding = vars(row)["standing"]
        return two_lines(standing.badge(), ", ".join(sorted(row.undecided)) or standing.since())

    @admin.display(description="last push", ordering="last_result_at")
    def last(self, row: CrmRecord) -> SafeString:
        if not row.last_result:
            return NOTHING
        return two_lines(result_words(row), ago(row.last_result_at))

    @admin.display(description="lead", ordering="mapping_version")
    def lead(self, row: CrmRecord) -> SafeString:
        """The way to it; where there are several CRMs it is named. Below it the mapping that it was confirmed with."""
        title = crm_backend(row.crm).title if len(chosen_crms()) > 1 else ""
        if can_be_opened(row):
            there = format_html('<span class="h-time">{}</span>', lead_link(row, words=title or "open"))
            return two_lines(there, f"mapping v{row.mapping_version}" if row.mapping_version else "")
        return muted(title) if title else NOTHING

    def row_title(self, row: Any) -> str:
        return f"Lead of {row.company.display_name}"

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        standing = standing_of(row)
        pieces = [standing.badge(), link(shown_domain(row.company.domain), page_url("leads_company", row.company.pk))]
        if row.is_known_there:
            pieces.append(muted("taken over: the CRM had it before" if row.is_adopted else "made by Hunter"))
        return [*pieces, lead_link(row)] if can_be_opened(row) else pieces

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        standing = standing_of(row)
        return (live(record_section(row.company, standing, request), [standing]), acts_of_people(row))
