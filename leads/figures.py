"""What the home page shows of companies and scans."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone

from hunter.ops.figures import Breakdown, Figure, LatestRun, Need, registry
from hunter.ops.showing import Tone, list_url, page_url
from hunter.ops.subjects import register_subject
from leads.alerting import ENDS_SOON_DAYS
from leads.classes import Segment
from leads.models import Alert, Company, CompanyImport, ImportState, ScanJob, Signals
from leads.models.alerts import TYPES
from leads.scan_kind import SCAN
from leads.services.alerts import DELIVER, alert_of_delivery
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
ALERTS_OF = timedelta(days=7)


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


def alert_page(delivery: str) -> str:
    """The page of the alert that a message carries; empty when there is none any more."""
    pk = alert_of_delivery(delivery)
    return page_url("leads_alert", pk) if pk else ""


def ending_domains() -> Iterable[Need]:
    """Domains whose end is near, whether or not anybody was told."""
    today = timezone.now().date()
    first, last = (today + timedelta(days=days) for days in (ENDS_SOON_DAYS[0], ENDS_SOON_DAYS[-1]))
    if count := Signals.objects.filter(expires_at__range=(first, last)).count():
        words = "1 domain ends" if count == 1 else f"{count:,} domains end"
        yield Need(
            f"{words} within 30 days", list_url("leads_company", ends="soon"), "See", tone=Tone.WAITING,
            permission="leads.view_company",
        )  # fmt: skip


def untold_alerts() -> Iterable[Need]:
    """Alerts of which nobody could be told."""
    failed = Alert.objects.failed().aggregate(count=Count("pk"), since=Min("raised_at"))
    if count := failed["count"]:
        words = "1 alert could" if count == 1 else f"{count:,} alerts could"
        yield Need(
            f"{words} not be sent", list_url("leads_alert", told="failed"), "See", since=failed["since"],
            weight=count, permission="leads.view_alert",
        )  # fmt: skip


def alerts_by_type() -> Iterable[Breakdown]:
    """What changed in the last week, by type; nothing where nothing did."""
    lately = Alert.objects.filter(raised_at__gt=timezone.now() - ALERTS_OF).order_by()
    counted = dict(lately.values_list("type").annotate(Count("pk")))
    if counted:
        parts = [
            Figure(counted.get(word, 0), title, list_url("leads_alert", type__exact=word)) for word, title in TYPES
        ]
        yield Breakdown("Alerts, last 7 days", tuple(parts))


register_subject(DELIVER, address=alert_page)
registry.needs += [ending_domains, untold_alerts]
register_subject(SCAN, address=company_page)
register_subject(KIND, address=import_page)
registry.breakdowns += [companies_by_segment, alerts_by_type]
registry.runs.append(latest_scans)
registry.runs.append(latest_imports)
