"""What the home page shows of companies and scans."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from hunter.ops.figures import Breakdown, Figure, LatestRun, registry
from hunter.ops.showing import Tone, list_url, page_url
from hunter.ops.subjects import register_subject
from leads.classes import Segment
from leads.models import Company, CompanyImport, ImportState, ScanJob
from leads.scan_kind import SCAN
from leads.services.imports import KIND

TONES = {
    Segment.MIGRATION: Tone.GOOD,
    Segment.EXISTING: Tone.RUNNING,
    Segment.COLD: Tone.WAITING,
    Segment.SKIP: Tone.ASIDE,
}
JOB_TONES = {
    ScanJob.Standing.RUNNING: Tone.RUNNING,
    ScanJob.Standing.PAUSED: Tone.WAITING,
    ScanJob.Standing.CANCELLED: Tone.ASIDE,
    ScanJob.Standing.DONE_WITH_ERRORS: Tone.NEEDS_YOU,
    ScanJob.Standing.DONE: Tone.GOOD,
}
IMPORT_WORDS = {
    ImportState.PREPARING: ("needs your choice", Tone.NEEDS_YOU),
    ImportState.RUNNING: ("running", Tone.RUNNING),
    ImportState.STOPPED: ("stopped", Tone.ASIDE),
    ImportState.DONE: ("done", Tone.GOOD),
    ImportState.DONE_WITH_REFUSED: ("done", Tone.NEEDS_YOU),
    ImportState.FAILED: ("failed", Tone.FAILED),
}
MOST_RUNS, RUNS_OF = 4, timedelta(days=30)


def companies_by_segment() -> Iterable[Breakdown]:
    """All companies, cut by segment."""
    counted = dict(Company.objects.order_by().values_list("segment").annotate(Count("pk")))
    parts = [
        Figure(
            counted.get(segment.value, 0), segment.value, list_url("leads_company", segment__exact=segment.value), tone
        )
        for segment, tone in TONES.items()
    ]
    unscored = Figure(counted.get("", 0), "not scored", list_url("leads_company", segment__exact=""), Tone.ASIDE)
    yield Breakdown("Companies by segment", (*parts, *([unscored] if unscored.number else [])))


def latest_scans() -> Iterable[LatestRun]:
    """The last scans that somebody asked for."""
    jobs = ScanJob.objects.filter(created_at__gt=timezone.now() - RUNS_OF)
    for job in jobs.order_by("-id")[:MOST_RUNS]:
        failed = job.standing == ScanJob.Standing.DONE_WITH_ERRORS
        yield LatestRun(
            f"Scan, {job.wanted}" if job.wanted else f"Scan {job.pk}",
            list_url("leads_scanjobentry", job=job.pk), job.created_at,
            f"{job.failed:,} failed" if failed else job.standing.label, JOB_TONES[job.standing],
            words=f"{job.progress.total - job.pending:,} of {job.progress.total:,} domains",
        )  # fmt: skip


def latest_imports() -> Iterable[LatestRun]:
    """The last lists that somebody brought."""
    newest = CompanyImport.objects.filter(created_at__gt=timezone.now() - RUNS_OF).select_related("file")
    for run in newest.order_by("-id")[:MOST_RUNS]:
        state, tone = IMPORT_WORDS[ImportState(run.state)]
        if run.rejected:
            state = f"{run.rejected:,} refused" if run.has_ended else state
        yield LatestRun(
            f"{'Check' if run.dry_run else 'Import'} “{run.file.name}”", page_url("leads_companyimport", run.pk),
            run.created_at, state, tone, words=f"+{run.created:,} ~{run.updated:,} ={run.unchanged:,}",
        )  # fmt: skip


def import_page(key: str) -> str:
    """The page of the import of that key; empty when there is none any more."""
    known = key.isdecimal() and CompanyImport.objects.filter(pk=key).exists()
    return page_url("leads_companyimport", key) if known else ""


def company_page(domain: str) -> str:
    """The page of the company of that domain; empty when there is none any more."""
    pk = Company.objects.filter(domain=domain).values_list("pk", flat=True).first()
    return page_url("leads_company", pk) if pk else ""


register_subject(SCAN, address=company_page)
register_subject(KIND, address=import_page)
registry.breakdowns.append(companies_by_segment)
registry.runs.append(latest_scans)
registry.runs.append(latest_imports)
