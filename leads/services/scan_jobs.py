"""A job's entries are brought in line with what people want of it, a piece at a time (R1.9, R1.11).

Each piece is one short transaction: the job is locked first, then its entries, then the ledger's items (R3.6). So a job
can be started, paused, cancelled and resumed at any moment, beside the workers and beside others who want its domains.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from hunter.audit.recording import record
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.transactions import retried
from hunter.work.asking import ask, withdraw
from hunter.work.models import Item, Priority
from leads.models import Company, ScanJob, ScanJobEntry
from leads.models.scan_jobs import ScanJobCounts, ScanJobEntryQuerySet
from leads.scan_kind import SCAN

SCAN_JOB = "scan_job"
CHUNK = 1000  # b.4: so many domains go into one transaction
FRESH = timedelta(hours=1)  # b.4: how long a whole scan counts
FEW = 100  # domains that a person waits for; more of them would hold up what others click
GAVE_UP = "It was given up; see its error record."
WAS_FRESH = "It had been scanned within the hour before."

State, Wish = ScanJobEntry.State, ScanJob.Wish


@dataclass(frozen=True, slots=True)
class JobTold:
    """A job after somebody wanted something of it. `before`: how far it was then."""

    job: ScanJob
    words: str
    before: ScanJobCounts
    failed: bool = False

    def sentence(self) -> str:
        return self.words


@retried
@transaction.atomic(durable=True)
def advance(job_id: int) -> bool:
    """Do one piece of what the job still has to do; whether there may be more."""
    return advance_locked(locked_job(job_id))


def advance_locked(job: ScanJob) -> bool:
    """The same in the caller's transaction, for a job that it has locked."""
    if job.wish == Wish.GO:
        return ask_for_piece(job)
    return take_back_piece(job) if job.wish == Wish.PAUSE else cancel_piece(job)


def ask_for_piece(job: ScanJob) -> bool:
    """Ask for the scans of the next entries; those whose last scan is fresh are skipped, unless it is a rescan.

    Of a job that was resumed all that ended without a scan waits again first, before the first of it is asked for.
    """
    if let_wait_again(job) == CHUNK:
        return True
    entries = dict(job.entries.unasked().order_by("pk").values_list("domain", "pk")[:CHUNK])
    if not entries:
        return False

    fresh = set() if job.is_rescan else fresh_domains(entries)
    skipped = ScanJobEntry.objects.filter(pk__in=[entries[domain] for domain in fresh])
    skipped.update(state=State.SKIPPED, reason=WAS_FRESH, finished_at=Now())
    wanted = entries.keys() - fresh
    ScanJobEntry.objects.filter(pk__in=[entries[domain] for domain in wanted]).update(is_asked=True)
    ask(SCAN, wanted, priority=Priority(job.priority), asked_by=job.asked_by)
    return len(entries) == CHUNK


def let_wait_again(job: ScanJob) -> int:
    """The next entries that had failed or were cancelled before the job was resumed wait once more; how many."""
    ended = list(job.entries.ended_before(job.going_since).order_by("pk").values_list("pk", flat=True)[:CHUNK])
    again = ScanJobEntry.objects.filter(pk__in=ended)
    return again.update(state=State.PENDING, is_asked=False, finished_at=None, reason="") if ended else 0


def fresh_domains(domains: dict[str, int]) -> set[str]:
    """Those of the domains whose whole scan is so young that it counts."""
    fresh = Company.objects.scanned_since(database_now() - FRESH).filter(domain__in=list(domains))
    return set(fresh.values_list("domain", flat=True))


def take_back_piece(job: ScanJob) -> bool:
    """Nothing more of a paused job is begun. What runs is finished, what others want too is scanned for them."""
    entries = dict(job.entries.asked().order_by("pk").values_list("domain", "pk")[:CHUNK])
    taken_back = withdraw(SCAN, entries)
    ScanJobEntry.objects.filter(pk__in=[entries[domain] for domain in taken_back]).update(is_asked=False)
    return len(entries) == CHUNK and bool(taken_back)


def cancel_piece(job: ScanJob) -> bool:
    """The next waiting entries of a cancelled job end; what runs is finished and kept, though the job counts it no more."""
    entries = list(job.entries.pending().order_by("pk").values_list("pk", "domain", "is_asked")[:CHUNK])
    ended = ScanJobEntry.objects.filter(pk__in=[pk for pk, _, _ in entries])
    ended.update(state=State.CANCELLED, is_asked=False, finished_at=Now())
    withdraw(SCAN, [domain for _, domain, is_asked in entries if is_asked])
    return len(entries) == CHUNK


def locked_job(job_id: int) -> ScanJob:
    """The job, locked until the transaction ends. Raises HunterError when there is none."""
    job = ScanJob.objects.select_for_update(no_key=True).filter(pk=job_id).first()
    if job is None:
        raise HunterError(f"There is no scan job {job_id}. Start one: `scan_domains DOMAIN …`.", field="job")
    return job


def look_after(job: ScanJob) -> None:
    """Let workers do the further pieces, and look now and then until the job has ended."""
    ask(SCAN_JOB, [str(job.pk)], priority=Priority.PERSON)


def lost(job: ScanJob) -> ScanJobEntryQuerySet:
    """The entries that wait for a scan which will not happen any more."""
    items = Item.objects.filter(kind=SCAN, key=OuterRef("domain"), due_at__isnull=False)
    return job.entries.asked().exclude(Exists(items))


def give_up_lost(job: ScanJob) -> bool:
    """The next entries that wait in vain have failed; whether there may be more. The job is locked by the caller."""
    given_up = lost_piece(job).update(state=State.FAILED, is_asked=False, reason=GAVE_UP, finished_at=Now())
    return given_up == CHUNK


@retried
@transaction.atomic(durable=True)
def take_up_lost(job_id: int) -> bool:
    """The next entries that wait in vain may be asked for once more; whether there may be more."""
    return lost_piece(locked_job(job_id)).update(is_asked=False) == CHUNK


def lost_piece(job: ScanJob) -> ScanJobEntryQuerySet:
    """The next of the lost entries, as many as go into one transaction."""
    return ScanJobEntry.objects.filter(pk__in=list(lost(job).order_by("pk").values_list("pk", flat=True)[:CHUNK]))


# What people want of it ------------------------------------------------------------------------------------------------


@retried
@transaction.atomic(durable=True)
def pause_scan(job_id: int, *, by: AbstractBaseUser | None = None) -> JobTold:
    """Begin nothing more until somebody resumes the job. Audited. Raises HunterError when it does not run."""
    job = locked_job(job_id)
    if job.standing != ScanJob.Standing.RUNNING:
        raise HunterError(f"Scan {job.pk} is {job.standing.label}, so it can't be paused.")
    before = wish_for(job, Wish.PAUSE, act="pause", by=by)
    return JobTold(job, f"Scan {job.pk} is paused; {job.pending:,} of its domains wait until it goes on.", before)


@retried
@transaction.atomic(durable=True)
def cancel_scan(job_id: int, *, by: AbstractBaseUser | None = None) -> JobTold:
    """End the job: what waits is cancelled, what was found stays. Audited. Raises HunterError when it has ended."""
    job = locked_job(job_id)
    if job.standing not in {ScanJob.Standing.RUNNING, ScanJob.Standing.PAUSED}:
        raise HunterError(f"Scan {job.pk} is {job.standing.label}, so there is nothing to cancel.")
    before = wish_for(job, Wish.CANCEL, act="cancel", by=by)
    words = f"Scan {job.pk} is cancelled: {before.pending:,} domains are not scanned, {before.done:,} had been done."
    return JobTold(job, words, before)


def resume_scan(job_id: int, *, by: AbstractBaseUser | None = None) -> JobTold:
    """Go on with what the job has not finished: what waits, what was cancelled, and what failed, once more (R1.2).

    What is done stays done; a value that is no domain is not tried again. However large the job is, its entries move
    in pieces (R1.11, R3.7). Audited. Raises HunterError when there is no such job.
    """
    while take_up_lost(job_id):
        pass
    return go_on(job_id, by=by)


@retried
@transaction.atomic(durable=True)
def go_on(job_id: int, *, by: AbstractBaseUser | None) -> JobTold:
    """Wish that the job goes on, and move its first piece."""
    job = locked_job(job_id)
    job.going_since = database_now()
    left = job.pending + job.entries.ended_before(job.going_since).count()
    job.priority = priority_of(left)
    job.done_before = job.progress.total - left
    before = wish_for(job, Wish.GO, act="go on", by=by)
    words = f"{left:,} of its domains will be scanned; {before.scanned + before.skipped:,} are done and stay so."
    return JobTold(job, words, before)


def wish_for(job: ScanJob, wish: ScanJob.Wish, *, act: str, by: AbstractBaseUser | None) -> ScanJobCounts:
    """Write the wish down, begin with it, and let the workers do the rest; how far the job was."""
    job.wish, before = wish, job.progress
    job.save(update_fields=["wish", "priority", "going_since", "done_before"])
    record(job, act=act, by=by)
    advance_locked(job)
    look_after(job)
    job.refresh_from_db()
    return before


def priority_of(domains: int) -> Priority:
    """A few domains are a click; more of them wait behind what others click (R7.2)."""
    return Priority.PERSON if domains <= FEW else Priority.BULK
