"""Scans that somebody asks for: a job keeps the list, the ledger does the work (R1.2, R1.9)."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import chain, islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.transactions import retried
from hunter.work.models import Item, Priority
from hunter.work.problems import record_problem
from hunter.work.waiting import work_until
from leads.domains import DomainReading, read_domain
from leads.models import Company, ScanJob, ScanJobEntry
from leads.models.choices import LeadSource
from leads.models.company import CompanyQuerySet
from leads.models.scan_jobs import NO_DOMAIN, ScanJobCounts
from leads.scan_kind import SCAN
from leads.services.companies import CompanySeed, RawLeadSeed, consumer_domains, ensure_companies, keep_raw_leads
from leads.services.scan_jobs import (
    CHUNK,
    advance,
    advance_locked,
    give_up_lost,
    locked_job,
    look_after,
    priority_of,
)

VALUE = "scan_value"  # the kind of an error about a value that is no domain; it is no work, so it is not tried again
MOST_TOLD = 100
NOTHING_YET = ScanJobCounts(0, 0, 0, 0, 0)
# A company that an earlier part of the job has scanned waits once more: only a job that goes on all day lists it again.
LIST = """
insert into leads_scanjobentry as e (job_id, domain, state, is_asked, reason)
select %s, chosen.domain, 'pending', false, '' from ({chosen}) chosen (domain)
on conflict (job_id, domain) do update set state = 'pending', is_asked = false, reason = '', finished_at = null
where e.state <> 'pending'
"""


@dataclass(frozen=True, slots=True)
class RefusedValue:
    """A value that is no domain, and why."""

    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScanReport:
    """How a job stands after a run: due = scanned + skipped + failed + cancelled + still waiting.

    `skipped` had been finished before this run or needed no scan; `refused` are the first of the values among the
    failed that are no domain, each with the reason.
    """

    job: int
    due: int
    scanned: int
    skipped: int
    failed_domains: int
    seconds: float
    cancelled: int = 0
    refused: tuple[RefusedValue, ...] = ()

    @property
    def waiting(self) -> int:
        return self.due - self.scanned - self.skipped - self.failed_domains - self.cancelled

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
        if self.cancelled:
            told["cancelled"] = self.cancelled
        return told | ({"refused": [asdict(one) for one in self.refused]} if self.refused else {})

    def sentence(self) -> str:
        if not self.due:
            return "Nothing is due: every company has been scanned."
        parts = [f"{self.scanned} of {self.due} domains were scanned"]
        if self.skipped:
            parts.append(f"{self.skipped} had been scanned before")
        if self.failed_domains:
            parts.append(f"{self.failed_domains} failed")
        if self.cancelled:
            parts.append(f"{self.cancelled} were cancelled")
        if self.waiting:
            parts.append(f"{self.waiting} still wait: `scan_domains --job {self.job}` goes on")
        return f"{', '.join(parts)} (job {self.job}, {self.seconds:.1f} s)."


class Caches(enum.Enum):
    """Whether what was found lately counts (b.4): for a bulk scan it does, for a rescan it doesn't."""

    COUNT = "count"
    IGNORED = "ignored"


def start_scan(
    values: Iterable[str],
    *,
    wanted: str,
    asked_by: str = "",
    priority: Priority | None = None,
    caches: Caches = Caches.IGNORED,
) -> ScanJob:
    """A job that scans these domains; unknown ones become companies. A few go before others' work, many behind it.

    Values are taken in pieces of 1,000, each in a transaction of its own; one that is no domain is an entry that failed,
    with an error record.
    """
    rest = pieces(values, size=CHUNK)
    first = next(rest, [])
    job = ScanJob.objects.create(
        wanted=wanted[:255],
        asked_by=asked_by,
        priority=priority_of(len(first)) if priority is None else priority,
        is_rescan=caches is Caches.IGNORED,
    )
    for piece in chain([first], rest):
        add_to_job(job.pk, piece)
    job.refresh_from_db()
    return job


@retried
@transaction.atomic(durable=True)
def add_to_job(job_id: int, values: Sequence[str]) -> None:
    """Entries, companies and requests for these values.

    A consumer domain makes no company here: a person adds it by hand after a warning; one that is known is scanned (a.5).
    """
    consumers = consumer_domains()
    readings = {
        value.strip()[:255]: read_domain(value, consumer_domains=consumers) for value in values if value.strip()
    }
    named = {reading.domain for reading in readings.values() if reading.domain}
    known = set(Company.objects.filter(domain__in=named).values_list("domain", flat=True))
    refused = {
        value: refusal(reading)
        for value, reading in readings.items()
        if not reading.identifies_company and reading.domain not in known
    }
    domains = sorted({one.domain for value, one in readings.items() if one.domain and value not in refused})
    companies = ensure_companies(CompanySeed(domain, LeadSource.DOMAIN) for domain in domains if domain not in known)
    keep_raw_leads(RawLeadSeed(company, LeadSource.DOMAIN, {"domain": domain}) for domain, company in companies.items())

    job, now = locked_job(job_id), database_now()
    entries = [ScanJobEntry(job=job, domain=domain) for domain in domains]
    entries += [
        ScanJobEntry(job=job, domain=value, state=ScanJobEntry.State.FAILED, reason=reason, finished_at=now)
        for value, reason in refused.items()
    ]
    for value in sorted(refused):
        record_refused(value, reason=refused[value], job=job)
    ScanJobEntry.objects.bulk_create(entries, ignore_conflicts=True)
    begin(job)


@retried
@transaction.atomic(durable=True)
def start_scan_of(
    companies: QuerySet[Company],
    *,
    wanted: str,
    asked_by: str = "",
    priority: Priority | None = None,
    caches: Caches = Caches.COUNT,
) -> ScanJob:
    """A job that scans these companies, however many: they are listed in one statement, and asked for in pieces.

    The first piece is asked for here, the others by the workers (or by `finish_scan`).
    """
    job = ScanJob.objects.create(wanted=wanted[:255], asked_by=asked_by, is_rescan=caches is Caches.IGNORED)
    listed = list_companies(job, companies)
    job.priority = priority_of(listed) if priority is None else priority
    job.save(update_fields=["priority"])
    begin(job)
    job.refresh_from_db()
    return job


def list_companies(job: ScanJob, companies: QuerySet[Company]) -> int:
    """Make these companies entries of the job, or let them wait once more; how many. The job is locked or new."""
    chosen, values = companies.order_by("domain").values_list("domain").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(LIST.format(chosen=chosen), [job.pk, *values])
        return int(cursor.rowcount)


def begin(job: ScanJob) -> None:
    """Ask for the first piece of a locked job, and let the workers see to the rest."""
    advance_locked(job)
    look_after(job)


def record_refused(value: str, *, reason: str, job: ScanJob) -> None:
    """Keep an error of a value that is no domain, one for each value; a person corrects it and puts the error aside."""
    error = HunterError(
        f"{value!r} can't be scanned. {reason} Correct it where it came from and scan it again; then put this error aside.",
        field="domain",
    )
    told = {"scan": job.pk, "asked for": job.wanted}
    record_problem(VALUE, value, error, operation="read a domain", service=LaneName.HUNTER.value, context=told)


def refusal(reading: DomainReading) -> str:
    """Why a value is no company's domain, as its entry keeps it."""
    return f"{NO_DOMAIN}{reading.reason.value}."


def finish_scan(
    job: ScanJob, *, before: ScanJobCounts = NOTHING_YET, progress: Callable[[str], None] | None = None
) -> ScanReport:
    """Work until the job has nothing left that will still happen, beside the workers there may be.

    `before` is how far the job was when it was resumed.
    """
    began = time.monotonic()
    tell = progress or (lambda text: None)

    def is_done() -> bool:
        counts = job.counts()
        tell(f"{counts.total - counts.pending} of {counts.total} domains")
        return not under_way(job)

    while advance(job.pk):
        tell(f"{job.entries.unasked().count()} domains to ask for")
    if not is_done():
        work_until([LaneName.DNS], done=is_done)
    while end_lost(job):
        pass
    counts = job.counts()
    return ScanReport(
        job=job.pk,
        due=counts.total,
        scanned=counts.scanned - before.scanned,
        skipped=counts.skipped + before.scanned,
        failed_domains=counts.failed,
        cancelled=counts.cancelled,
        seconds=time.monotonic() - began,
        refused=refused_values(job),
    )


def refused_values(job: ScanJob) -> tuple[RefusedValue, ...]:
    """The first values of the job that are no domain."""
    rows = job.entries.no_domains().order_by("pk").values_list("domain", "reason")[:MOST_TOLD]
    return tuple(RefusedValue(value, reason.removeprefix(NO_DOMAIN)) for value, reason in rows)


def under_way(job: ScanJob) -> bool:
    """Whether a domain of the job waits for a scan that will still happen."""
    items = Item.objects.filter(kind=SCAN, key=OuterRef("domain"), due_at__isnull=False)
    return job.entries.asked().filter(Exists(items)).exists()


@retried
@transaction.atomic(durable=True)
def end_lost(job: ScanJob) -> bool:
    """The next that wait for a scan which will not happen any more have failed; whether there may be more."""
    return give_up_lost(locked_job(job.pk))


def unscanned_companies() -> CompanyQuerySet:
    """Never scanned, or not answered when it was tried."""
    return Company.objects.awaiting_scan()


def stale_companies(*, age: timedelta) -> CompanyQuerySet:
    """Companies whose signals are older than `age`, or that have none."""
    return Company.objects.scanned_before(database_now() - age)


def pieces(values: Iterable[str], *, size: int) -> Iterator[list[str]]:
    """The values in lists of at most `size`."""
    rest = iter(values)
    while piece := list(islice(rest, size)):
        yield piece
