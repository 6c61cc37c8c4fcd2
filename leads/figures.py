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
from leads.models import Company, ScanJob
from leads.scan_kind import SCAN

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


def company_page(domain: str) -> str:
    """The page of the company of that domain; empty when there is none any more."""
    pk = Company.objects.filter(domain=domain).values_list("pk", flat=True).first()
    return page_url("leads_company", pk) if pk else ""


register_subject(SCAN, address=company_page)
registry.breakdowns.append(companies_by_segment)
registry.runs.append(latest_scans)
