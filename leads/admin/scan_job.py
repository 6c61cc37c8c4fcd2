"""Scans that somebody asked for: how far each is, and what became of every domain (R1.2, R1.9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.showing import NOTHING, Tone, ago, badge, link, list_url, muted, span_in_words
from leads.admin.company import shown_domain
from leads.models import ScanJob, ScanJobEntry
from leads.services.scanning import resume_scan

State = ScanJobEntry.State
TONES = {State.PENDING: Tone.WAITING, State.SCANNED: Tone.GOOD, State.SKIPPED: Tone.ASIDE, State.FAILED: Tone.FAILED}


def go_on(chosen: Chosen) -> ActResult:
    job, done = resume_scan(chosen.rows.values_list("pk", flat=True)[0], asked_by=chosen.by.get_username())
    left = job.entries.pending().count()
    return Told(f"{left} of its domains will be scanned within a minute; {done} are done and stay so.")


GO_ON = Act(
    "go_on", "Scan the failed again", "leads.scan_company", go_on, places(Place.ROW),
    offered=lambda job: bool(job.failed_count),
)  # fmt: skip


@admin.register(ScanJob)
class ScanJobAdmin(ReadOnlyModelAdmin):
    """Each scan of one domain or of many, newest first."""

    nouns = ("scan", "scans")
    navigation = (Entry("Runs", 20, "Scans", "radar"),)
    acts = (GO_ON,)
    list_display = ("wanted_shown", "state_shown", "progress", "done_count", "failures", "started", "took")
    list_display_links = None
    ordering = ("-id",)
    refresh_seconds = 10
    empty_title = "No scans yet"
    empty_hint = "Choose companies and press Scan, or press Scan what is stale on the home page."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        jobs: QuerySet[Any] = super().get_queryset(request).annotate(
            total_count=Count("entries"),
            pending_count=Count("entries", filter=Q(entries__state=State.PENDING)),
            failed_count=Count("entries", filter=Q(entries__state=State.FAILED)),
            ended_at=Max("entries__finished_at"),
        )  # fmt: skip
        return jobs

    @admin.display(description="scan", ordering="id")
    def wanted_shown(self, job: Any) -> SafeString:
        return link(job.wanted or f"scan {job.pk}", list_url("leads_scanjobentry", job=job.pk))

    @admin.display(description="state")
    def state_shown(self, job: Any) -> SafeString:
        if job.pending_count:
            return badge("running", Tone.RUNNING)
        return badge("done, with failures", Tone.NEEDS_YOU) if job.failed_count else badge("done", Tone.GOOD)

    @admin.display(description="progress")
    def progress(self, job: Any) -> SafeString:
        share = round(100 * (job.total_count - job.pending_count) / job.total_count) if job.total_count else 100
        return format_html(
            '<span class="h-bar" style="min-width:6rem"><span class="h-bar-fill" style="width:{0}%"></span></span>'
            '<span class="h-muted h-small">{0} %</span>', share,
        )  # fmt: skip

    @admin.display(description="done")
    def done_count(self, job: Any) -> str:
        return f"{job.total_count - job.pending_count:,} of {job.total_count:,}"

    @admin.display(description="failed")
    def failures(self, job: Any) -> SafeString | str:
        if not job.failed_count:
            return "0"
        return link(job.failed_count, list_url("leads_scanjobentry", job=job.pk, state__exact=State.FAILED.value))

    @admin.display(description="started", ordering="created_at")
    def started(self, job: Any) -> SafeString:
        return ago(job.created_at)

    @admin.display(description="took")
    def took(self, job: Any) -> SafeString | str:
        if job.pending_count or job.ended_at is None:
            return NOTHING
        return span_in_words(job.ended_at - job.created_at)


@admin.register(ScanJobEntry)
class ScanJobEntryAdmin(ReadOnlyModelAdmin):
    """The domains of a scan, and what became of each."""

    list_display = ("domain_shown", "state_shown", "reason_shown", "ended")
    list_display_links = None
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("domain",)
    search_help_text = "Domain, 3+ letters"
    ordering = ("-id",)
    refresh_seconds = 10

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "job" or bool(super().lookup_allowed(lookup, value, request))

    @property
    def list_title(self) -> str:
        return "Domains of a scan"

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        job = request.GET.get("job", "")
        if not job.isdecimal():
            return ()
        entries = ScanJobEntry.objects.filter(job=int(job)).order_by()
        counted: dict[str, int] = dict(entries.values_list("state").annotate(Count("pk")))
        now = request.GET.get("state__exact", "")
        everything = Tab("All", list_url("leads_scanjobentry", job=job), sum(counted.values()), active=not now)
        return [everything] + [
            Tab(
                state.label, list_url("leads_scanjobentry", job=job, state__exact=state.value), counted.get(state, 0),
                active=now == state.value,
            )
            for state in State
        ]  # fmt: skip

    @admin.display(description="domain", ordering="domain")
    def domain_shown(self, entry: ScanJobEntry) -> SafeString:
        return link(shown_domain(entry.domain), list_url("leads_company", q=entry.domain))

    @admin.display(description="state", ordering="state")
    def state_shown(self, entry: ScanJobEntry) -> SafeString:
        return badge(entry.get_state_display(), TONES[State(entry.state)])

    @admin.display(description="why")
    def reason_shown(self, entry: ScanJobEntry) -> SafeString | str:
        return entry.reason or muted("–")

    @admin.display(description="ended", ordering="finished_at")
    def ended(self, entry: ScanJobEntry) -> SafeString:
        return ago(entry.finished_at)
