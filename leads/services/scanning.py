"""Scans that somebody asks for: a job keeps the list, the ledger does the work (R1.2, R1.9)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.work.asking import ask
from hunter.work.models import Item, Priority
from hunter.work.waiting import work_until
from leads.domains import DomainReading, read_domain
from leads.models import Company, ScanJob, ScanJobEntry
from leads.models.choices import LeadSource
from leads.scan_kind import SCAN
from leads.services.companies import CompanySeed, RawLeadSeed, ensure_companies, keep_raw_leads

CHUNK = 1000  # b.4: so many domains go into one transaction
GAVE_UP = "It was given up; see its error record."


@dataclass(frozen=True, slots=True)
class ScanReport:
    """How a job stands after a run: due = scanned + skipped + failed + still waiting.

    `skipped` had been finished before this run; `refused` are the values among the failed that are no domain.
    """

    job: int
    due: int
    scanned: int
    skipped: int
    failed_domains: int
    seconds: float
    refused: tuple[str, ...] = ()

    @property
    def waiting(self) -> int:
        return self.due - self.scanned - self.skipped - self.failed_domains

    @property
    def failed(self) -> bool:
        return self.failed_domains > 0

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "job": self.job,
            "due": self.due,
            "scanned": self.scanned,
            "skipped": self.skipped,
            "failed": self.failed_domains,
            "seconds": round(self.seconds, 2),
        }
        return told | ({"refused": list(self.refused)} if self.refused else {})

    def sentence(self) -> str:
        if not self.due:
            return "Nothing is due: every company has been scanned."
        parts = [f"{self.scanned} of {self.due} domains were scanned"]
        if self.skipped:
            parts.append(f"{self.skipped} had been scanned before")
        if self.failed_domains:
            parts.append(f"{self.failed_domains} failed")
        if self.waiting:
            parts.append(f"{self.waiting} still wait: `scan_domains --job {self.job}` goes on")
        return f"{', '.join(parts)} (job {self.job}, {self.seconds:.1f} s)."


def start_scan(
    values: Iterable[str], *, wanted: str, asked_by: str = "", priority: Priority = Priority.PERSON
) -> ScanJob:
    """A job that scans these domains, whatever was scanned before. Unknown domains become companies.

    Values are taken in pieces of 1,000, each in a transaction of its own; one that is no domain is an entry that failed.
    """
    job = ScanJob.objects.create(wanted=wanted[:255], asked_by=asked_by)
    for piece in pieces(values, size=CHUNK):
        add_to_job(job, piece, priority=priority)
    return job


@transaction.atomic(durable=True)
def add_to_job(job: ScanJob, values: Sequence[str], *, priority: Priority) -> None:
    """Entries, companies and requests for these values."""
    readings = {value.strip()[:255]: read_domain(value) for value in values if value.strip()}
    domains = sorted({reading.domain for reading in readings.values() if reading.domain})
    known = set(Company.objects.filter(domain__in=domains).values_list("domain", flat=True))
    companies = ensure_companies(CompanySeed(domain, LeadSource.DOMAIN) for domain in domains if domain not in known)
    keep_raw_leads(RawLeadSeed(company, LeadSource.DOMAIN, {"domain": domain}) for domain, company in companies.items())

    now = database_now()
    entries = [ScanJobEntry(job=job, domain=domain) for domain in domains]
    entries += [
        ScanJobEntry(job=job, domain=value, state=ScanJobEntry.State.FAILED, reason=refusal(reading), finished_at=now)
        for value, reading in readings.items()
        if reading.domain is None
    ]
    ScanJobEntry.objects.bulk_create(entries, ignore_conflicts=True)
    ask(SCAN, domains, priority=priority, asked_by=job.asked_by)


def refusal(reading: DomainReading) -> str:
    """Why a value is no domain, as its entry keeps it."""
    return f"No domain: {reading.reason.value}."


@transaction.atomic(durable=True)
def resume_scan(job_id: int, *, asked_by: str = "", priority: Priority = Priority.PERSON) -> tuple[ScanJob, int]:
    """Ask again for what a job has not finished (R1.2); the job, and how many of its domains are skipped as done.

    Raises HunterError when there is no such job.
    """
    job = ScanJob.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise HunterError(f"There is no scan job {job_id}. Start one: `scan_domains DOMAIN …`.", field="job")

    unfinished = job.entries.unfinished()
    domains = [domain for domain in unfinished.values_list("domain", flat=True) if read_domain(domain).domain == domain]
    unfinished.filter(domain__in=domains).update(state=ScanJobEntry.State.PENDING, finished_at=None, reason="")
    ask(SCAN, domains, priority=priority, asked_by=asked_by)
    counts = job.counts()
    return job, counts.scanned + counts.skipped


def finish_scan(job: ScanJob, *, skipped: int = 0, progress: Callable[[str], None] | None = None) -> ScanReport:
    """Work until the job has nothing left that will still happen, beside the workers there may be."""
    began = time.monotonic()
    tell = progress or (lambda text: None)

    def is_done() -> bool:
        counts = job.counts()
        tell(f"{counts.total - counts.pending} of {counts.total} domains")
        return not under_way(job)

    if not is_done():
        work_until([LaneName.DNS], done=is_done)
    settle_given_up(job)
    counts = job.counts()
    refused = job.entries.filter(state=ScanJobEntry.State.FAILED, reason__startswith="No domain").order_by("pk")
    return ScanReport(
        job=job.pk,
        due=counts.total,
        scanned=counts.scanned + counts.skipped - skipped,
        skipped=skipped,
        failed_domains=counts.failed,
        seconds=time.monotonic() - began,
        refused=tuple(refused.values_list("domain", flat=True)[:100]),
    )


def under_way(job: ScanJob) -> bool:
    """Whether a domain of the job waits for a scan that will still happen."""
    items = Item.objects.filter(kind=SCAN, key=OuterRef("domain"), due_at__isnull=False)
    return job.entries.pending().filter(Exists(items)).exists()


def settle_given_up(job: ScanJob) -> None:
    """What waits for a scan that will not happen any more has failed."""
    items = Item.objects.filter(kind=SCAN, key=OuterRef("domain"), due_at__isnull=False)
    lost = job.entries.pending().exclude(Exists(items))
    lost.update(state=ScanJobEntry.State.FAILED, reason=GAVE_UP, finished_at=database_now())


def unscanned_domains() -> Iterator[str]:
    """Companies that were never scanned, or did not answer, by pages over the key (R7.3)."""
    return paged_domains(lambda after: Company.objects.awaiting_scan().filter(pk__gt=after))


def stale_domains(*, age: timedelta) -> Iterator[str]:
    """Companies whose signals are older than `age`, or that have none."""
    moment = database_now() - age
    return paged_domains(lambda after: Company.objects.scanned_before(moment).filter(pk__gt=after))


def paged_domains(page: Callable[[int], Any]) -> Iterator[str]:
    """The domains of all pages; `page` gives the companies after a key."""
    last = 0
    while rows := list(page(last).order_by("pk").values_list("pk", "domain")[:CHUNK]):
        yield from (domain for _, domain in rows)
        last = rows[-1][0]


def pieces(values: Iterable[str], *, size: int) -> Iterator[list[str]]:
    """The values in lists of at most `size`."""
    rest = iter(values)
    while piece := list(islice(rest, size)):
        yield piece
