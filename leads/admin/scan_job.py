"""Scans that somebody asked for: how far each is, and what became of every domain (R1.2, R1.9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.ops.acts import Act, ActResult, Chosen, Place, places
from hunter.ops.filters import ChoiceFilter
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.showing import NOTHING, Tone, ago, badge, link, list_url, muted, span_in_words, two_lines
from leads.domains import shown_domain
from leads.figures import JOB_TONES
from leads.models import ScanJob, ScanJobEntry
from leads.services.scan_jobs import cancel_scan, pause_scan, resume_scan

MOST_DIGITS = 19  # of a key
State, Standing = ScanJobEntry.State, ScanJob.Standing
TONES = {
    State.PENDING: Tone.WAITING,
    State.SCANNED: Tone.GOOD,
    State.SKIPPED: Tone.ASIDE,
    State.FAILED: Tone.FAILED,
    State.CANCELLED: Tone.ASIDE,
}
STANDING = "standing"


def chosen_job(chosen: Chosen) -> int:
    return int(chosen.rows.values_list("pk", flat=True)[0])


def chosen_by(chosen: Chosen) -> AbstractBaseUser | None:
    return chosen.by if isinstance(chosen.by, AbstractBaseUser) else None


def pause(chosen: Chosen) -> ActResult:
    return pause_scan(chosen_job(chosen), by=chosen_by(chosen))


def cancel(chosen: Chosen) -> ActResult:
    return cancel_scan(chosen_job(chosen), by=chosen_by(chosen))


def go_on(chosen: Chosen) -> ActResult:
    return resume_scan(chosen_job(chosen), by=chosen_by(chosen))


def what_is_cancelled(rows: QuerySet[Any]) -> str:
    job = rows.first()
    if job is None:
        return "The scan is not there any more."
    return (
        f"{job.pending:,} domains that wait will not be scanned; {job.progress.done:,} have been and stay so. "
        "What somebody else wants too is still scanned for them. You can go on with the scan later."
    )


PAUSE = Act(
    "pause", "Pause", "leads.scan_company", pause, places(Place.ROW), icon="pause",
    offered=lambda job: job.standing == Standing.RUNNING,
)  # fmt: skip
GO_ON = Act(
    "go_on", "Go on", "leads.scan_company", go_on, places(Place.ROW), icon="play_arrow",
    offered=lambda job: job.standing in {Standing.PAUSED, Standing.CANCELLED},
)  # fmt: skip
TRY_AGAIN = Act(
    "try_again", "Scan the failed again", "leads.scan_company", go_on, places(Place.ROW),
    offered=lambda job: job.standing == Standing.DONE_WITH_ERRORS,
)  # fmt: skip
CANCEL = Act(
    "cancel", "Cancel", "leads.scan_company", cancel, places(Place.ROW), icon="close", about=what_is_cancelled,
    is_dangerous=True, offered=lambda job: job.standing in {Standing.RUNNING, Standing.PAUSED},
)  # fmt: skip


class StandingFilter(ChoiceFilter):
    title = "state"
    parameter_name = STANDING

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(one.value, one.label) for one in Standing]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        narrowed: QuerySet[Any] = getattr(rows, chosen)() if chosen in Standing.values else rows
        return narrowed


@admin.register(ScanJob)
class ScanJobAdmin(ReadOnlyModelAdmin):
    """Each scan of one domain or of many, newest first."""

    nouns = ("scan", "scans")
    navigation = (Entry("Runs", 20, "Scans", "radar"),)
    parts = ("leads_scanjobentry",)
    acts = (PAUSE, GO_ON, TRY_AGAIN, CANCEL)
    list_display = ("wanted_shown", "state_shown", "progress_shown", "done_shown", "failed_shown", "started", "took")
    list_display_links = None
    list_filter = (StandingFilter,)
    ordering = ("-id",)
    refresh_seconds = 5
    empty_title = "No scans yet"
    empty_hint = "Choose companies and press Scan, or press Scan what is stale on the home page."

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        now = request.GET.get(STANDING, "")
        everything = Tab("All", list_url("leads_scanjob"), active=not now)
        return [everything] + [
            Tab(
                str(one.label).capitalize(), list_url("leads_scanjob", standing=one.value),
                getattr(ScanJob.objects, one.value)().count() if one in COUNTED else None, active=now == one.value,
            )
            for one in Standing
        ]  # fmt: skip

    @admin.display(description="scan", ordering="id")
    def wanted_shown(self, job: ScanJob) -> SafeString:
        by = f"by {job.asked_by}" if job.asked_by else "by schedule"
        shown = link(job.wanted or f"scan {job.pk}", list_url("leads_scanjobentry", job=job.pk))
        return two_lines(shown, f"{by}, whatever was found lately" if job.is_rescan else by)

    @admin.display(description="state")
    def state_shown(self, job: ScanJob) -> SafeString:
        return badge(job.standing.label, JOB_TONES[job.standing])

    @admin.display(description="progress")
    def progress_shown(self, job: ScanJob) -> SafeString:
        total = job.progress.total
        share = 100 * (total - job.pending) // total if total else 100  # 100 % only when nothing is left
        return format_html(
            '<span class="h-bar" style="min-width:6rem"><span class="h-bar-fill" style="width:{0}%"></span></span>'
            '<span class="h-muted h-small">{0} %</span>', share,
        )  # fmt: skip

    @admin.display(description="done")
    def done_shown(self, job: ScanJob) -> SafeString:
        found = count_link(job, State.SCANNED, job.scanned)
        beside = [f"{job.skipped:,} skipped"] if job.skipped else []
        beside += [f"{job.cancelled:,} cancelled"] if job.cancelled else []
        beside += [f"{job.pending:,} left"] if job.pending else []
        return two_lines(format_html("{} of {}", found, f"{job.progress.total:,}"), ", ".join(beside))

    @admin.display(description="failed", ordering="failed")
    def failed_shown(self, job: ScanJob) -> SafeString | str:
        return count_link(job, State.FAILED, job.failed)

    @admin.display(description="started", ordering="created_at")
    def started(self, job: ScanJob) -> SafeString:
        return ago(job.created_at)

    @admin.display(description="took")
    def took(self, job: ScanJob) -> SafeString | str:
        """How long, and how fast; while it runs how long it has been, and how long the rest takes."""
        rate = f"{job.per_second:,.1f}/s" if job.per_second else ""
        if job.standing == Standing.RUNNING:
            left = f"{span_in_words(job.time_left)} left" if job.time_left else ""
            return two_lines(rate or NOTHING, left)
        return NOTHING if job.moved_at is None else two_lines(span_in_words(job.moved_at - job.created_at), rate)


COUNTED = (Standing.RUNNING, Standing.PAUSED)  # the others grow for ever


def count_link(job: ScanJob, state: str, count: int) -> SafeString | str:
    """A number that leads to exactly those domains."""
    return link(f"{count:,}", list_url("leads_scanjobentry", job=job.pk, state__exact=state)) if count else "0"


def job_of(request: HttpRequest) -> ScanJob | None:
    """The scan whose domains are listed."""
    pk = request.GET.get("job", "")
    return ScanJob.objects.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < MOST_DIGITS else None


@admin.register(ScanJobEntry)
class ScanJobEntryAdmin(ReadOnlyModelAdmin):
    """The domains of a scan, and what became of each."""

    nouns = ("domain", "domains")
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

    def list_crumbs(self, request: HttpRequest) -> list[tuple[str, str]]:
        job = job_of(request)
        return [("Scans", list_url("leads_scanjob")), ((job.wanted if job else "") or self.list_title, "")]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list of a scan's domains is the scan's own page, so what can be done with it is offered here."""
        job = job_of(request)
        acts = [act for act in ScanJobAdmin.acts if job and act.is_allowed(request.user) and act.offered(job)]
        context = {
            "page_acts": [(act, reverse("admin:leads_scanjob_act", args=[act.name])) for act in acts],
            "page_subject": job.pk if job else "",
        }
        response: HttpResponse = super().changelist_view(request, context | (extra_context or {}))
        return response

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        job = job_of(request)
        if job is None:
            return ()
        now = request.GET.get("state__exact", "")
        everything = Tab("All", list_url("leads_scanjobentry", job=job.pk), job.progress.total, active=not now)
        return [everything] + [
            Tab(
                state.label, list_url("leads_scanjobentry", job=job.pk, state__exact=state.value),
                getattr(job, state.value), active=now == state.value,
            )
            for state in State
        ]  # fmt: skip

    @admin.display(description="domain", ordering="domain")
    def domain_shown(self, entry: ScanJobEntry) -> SafeString:
        return link(shown_domain(entry.domain), list_url("leads_company", q=entry.domain))

    @admin.display(description="state", ordering="state")
    def state_shown(self, entry: ScanJobEntry) -> SafeString:
        return badge(State(entry.state).label.lower(), TONES[State(entry.state)])

    @admin.display(description="why")
    def reason_shown(self, entry: ScanJobEntry) -> SafeString | str:
        return entry.reason or muted("–")

    @admin.display(description="ended", ordering="finished_at")
    def ended(self, entry: ScanJobEntry) -> SafeString:
        return ago(entry.finished_at)
