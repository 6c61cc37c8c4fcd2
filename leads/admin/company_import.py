"""Imports of company lists: how far each is, what became of every row, and the page on which one begins (Runs)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponseBase
from django.middleware.csrf import get_token
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.showing import NOTHING, Tone, ago, badge, link, list_url, muted, number, span_in_words, two_lines
from hunter.work.models import Item
from leads.admin import import_acts
from leads.admin.import_pages import (
    preview,
    progress,
    rejects_url,
    row_tabs,
    rows_url,
    state_badge,
)
from leads.domains import shown_domain
from leads.models import CompanyImport, ImportRow, ImportState, RowOutcome
from leads.rejects_download import rejects_response
from leads.services.imports import KIND

TONES = {
    RowOutcome.CREATED: Tone.GOOD,
    RowOutcome.UPDATED: Tone.RUNNING,
    RowOutcome.UNCHANGED: Tone.WAITING,
    RowOutcome.MERGED: Tone.ASIDE,
    RowOutcome.REJECTED: Tone.FAILED,
}
COLUMN_WORDS = {
    "name": "name", "phone": "phone", "address_line1": "address", "address_city": "city", "country": "country",
    "address_country": "country's name", "contact_emails": "e-mails", "sources": "source",
}  # fmt: skip


@admin.register(CompanyImport)
class CompanyImportAdmin(ReadOnlyModelAdmin):
    """Each list that was brought, newest first."""

    navigation = (Entry("Runs", 30, "Imports", "upload_file"),)
    parts = ("leads_importrow",)
    acts = (
        import_acts.UPLOAD, import_acts.READ_AGAIN, import_acts.CHECK, import_acts.START, import_acts.STOP,
        import_acts.GO_ON, import_acts.IMPORT_CHECKED, import_acts.TRY_AGAIN,
    )  # fmt: skip
    list_display = ("list_shown", "state_shown", "progress_shown", "rows_shown", "changes", "refused", "took")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_select_related = ("file",)
    ordering = ("-id",)
    refresh_seconds = 5
    empty_title = "No list was imported yet"
    empty_hint = "Press Import a list: CSV or Excel, with a column for the company and one for its website or domain."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        dead = Item.objects.filter(kind=KIND, key=Cast(OuterRef("pk"), TextField()), dead_at__isnull=False)
        rows: QuerySet[Any] = super().get_queryset(request).select_related("file").annotate(has_given_up=Exists(dead))
        return rows

    def get_urls(self) -> list[URLPattern]:
        rejects = path(
            "<int:pk>/rejected-rows.csv",
            self.admin_site.admin_view(self.rejects_view),
            name="leads_companyimport_rejects",
        )
        return [rejects, *super().get_urls()]

    def rejects_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The refused rows of an import, each with its reason, streamed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = CompanyImport.objects.select_related("file").filter(pk=pk).first()
        if run is None:
            raise Http404("There is no such import.")
        return rejects_response(run)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    @admin.display(description="list", ordering="id")
    def list_shown(self, run: CompanyImport) -> SafeString:
        by = f"by {run.asked_by}" if run.asked_by else ""
        return two_lines(run.file.name, format_html("{} {}", ago(run.created_at), by))

    @admin.display(description="state", ordering="state")
    def state_shown(self, run: CompanyImport) -> SafeString:
        return state_badge(run)

    @admin.display(description="progress")
    def progress_shown(self, run: CompanyImport) -> SafeString:
        if run.state != ImportState.RUNNING:
            return NOTHING
        left = run.time_left
        return format_html(
            '<span class="h-bar" style="min-width:6rem"><span class="h-bar-fill" style="width:{0}%"></span></span>'
            '<span class="h-muted h-small">{0} %{1}</span>',
            round(100 * run.share), f", {span_in_words(left)} left" if left else "",
        )  # fmt: skip

    @admin.display(description="rows", ordering="rows")
    def rows_shown(self, run: CompanyImport) -> SafeString | str:
        return link(number(run.rows), rows_url(run.pk)) if run.rows else "0"

    @admin.display(description="new · changed · same")
    def changes(self, run: CompanyImport) -> SafeString:
        shown = (
            ("+", run.created, RowOutcome.CREATED), ("~", run.updated, RowOutcome.UPDATED),
            ("=", run.unchanged, RowOutcome.UNCHANGED),
        )  # fmt: skip
        return format_html_join(" · ", "{}", ((count_link(run, *one),) for one in shown))

    @admin.display(description="refused", ordering="rejected")
    def refused(self, run: CompanyImport) -> SafeString | str:
        return count_link(run, "", run.rejected, RowOutcome.REJECTED)

    @admin.display(description="took")
    def took(self, run: CompanyImport) -> SafeString:
        if run.finished_at is None or run.started_at is None:
            return NOTHING
        return two_lines(span_in_words(run.finished_at - run.started_at), f"{run.rate:,.0f}/s")

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (state_badge(row),)

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        if row.state != ImportState.PREPARING:
            return (progress(row),)
        return (preview(row, token=get_token(request), may_start=import_acts.START.is_allowed(request.user)),)


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyModelAdmin):
    """The rows of an import, and what became of each."""

    nouns = ("row", "rows")
    list_display = ("number_shown", "outcome_shown", "domain_shown", "what_shown")
    list_display_links = None
    list_filter = (("outcome", ChoicesDropdownFilter),)
    search_fields = ("domain", "reason")
    search_help_text = "Domain or reason, 3+ letters"
    ordering = ("company_import", "number")
    empty_title = "No such rows"
    empty_hint = "The tabs above say how many there are of each kind. Rows of old imports are cleared away."

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "company_import" or bool(super().lookup_allowed(lookup, value, request))

    @property
    def list_title(self) -> str:
        return "Rows of an import"

    def list_crumbs(self, request: HttpRequest) -> list[tuple[str, str]]:
        run, imports = self.import_of(request), list_url("leads_companyimport")
        return [("Imports", imports), *([(str(run), f"{imports}{run.pk}/change/")] if run else ()), ("Rows", "")]

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        run = self.import_of(request)
        if run is None:
            return ()
        tabs = [*row_tabs(run, now=request.GET.get("outcome__exact", ""))]
        tabs.append(Tab("The import", f"{list_url('leads_companyimport')}{run.pk}/change/"))
        if run.rejected:
            tabs.append(Tab("Download the refused", rejects_url(run.pk)))
        return tabs

    @staticmethod
    def import_of(request: HttpRequest) -> CompanyImport | None:
        """The import whose rows are listed."""
        pk = request.GET.get("company_import", "")
        return CompanyImport.objects.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None

    @admin.display(description="row", ordering="number")
    def number_shown(self, row: ImportRow) -> str:
        return number(row.number)

    @admin.display(description="became", ordering="outcome")
    def outcome_shown(self, row: ImportRow) -> SafeString:
        return badge(RowOutcome(row.outcome).label.lower(), TONES[RowOutcome(row.outcome)])

    @admin.display(description="company", ordering="domain")
    def domain_shown(self, row: ImportRow) -> SafeString:
        return link(shown_domain(row.domain), list_url("leads_company", q=row.domain)) if row.domain else NOTHING

    @admin.display(description="why, or what changed")
    def what_shown(self, row: ImportRow) -> SafeString | str:
        if row.outcome == RowOutcome.REJECTED:
            cells = " · ".join(str(cell) for cell in row.told or [] if cell)
            return two_lines(row.reason, cells[:200])
        if isinstance(row.told, dict):
            return "; ".join(changed_words(column, *values) for column, values in row.told.items())
        return muted("a later row of the same company" if row.outcome == RowOutcome.MERGED else "–")


def count_link(run: CompanyImport, sign: str, count: int, outcome: RowOutcome) -> SafeString | str:
    """A number that leads to exactly those rows."""
    words = f"{sign}{count:,}"
    return link(words, rows_url(run.pk, outcome)) if count else words


def changed_words(column: str, before: Any, after: Any) -> str:
    """One change, in words."""
    if isinstance(after, list):
        added = [str(one) for one in after if one not in (before or [])]
        return f"{COLUMN_WORDS.get(column, column)} + {', '.join(added)}"
    return f"{COLUMN_WORDS.get(column, column)}: {before or 'none'} → {after}"
