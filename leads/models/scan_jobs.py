"""Bulk scans and how far they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from hunter.work.models import Priority


@dataclass(frozen=True, slots=True)
class ScanJobCounts:
    """How far a job is. They always add up: total = pending + scanned + skipped + failed + cancelled."""

    pending: int
    scanned: int
    skipped: int
    failed: int
    cancelled: int

    @property
    def total(self) -> int:
        """All entries of the job."""
        return self.pending + self.scanned + self.skipped + self.failed + self.cancelled

    @property
    def done(self) -> int:
        """Those with an outcome."""
        return self.scanned + self.skipped + self.failed


# Of a job that was resumed what is counted as cancelled will wait again in a moment.
WITH_MORE = Q(pending__gt=0) | Q(cancelled__gt=0)


class ScanJobQuerySet(models.QuerySet["ScanJob"]):
    """Sets of jobs by how they stand; each job is in exactly one of them."""

    def running(self) -> ScanJobQuerySet:
        """Something is still to be scanned."""
        return self.filter(WITH_MORE, wish=ScanJob.Wish.GO)

    def paused(self) -> ScanJobQuerySet:
        """Something is left, and a person has stopped it for a while."""
        return self.filter(WITH_MORE, wish=ScanJob.Wish.PAUSE)

    def cancelled(self) -> ScanJobQuerySet:
        """A person has ended it before its end."""
        return self.filter(WITH_MORE, wish=ScanJob.Wish.CANCEL)

    def done_with_errors(self) -> ScanJobQuerySet:
        """Nothing is left, and something failed."""
        return self.filter(pending=0, cancelled=0, failed__gt=0)

    def done(self) -> ScanJobQuerySet:
        """Nothing is left, and nothing failed."""
        return self.filter(pending=0, cancelled=0, failed=0)


class ScanJob(models.Model):
    """A bulk scan. Its counts are kept by a trigger on its entries, so they add up whoever writes and after any crash
    (R1.2, R1.9).

    Whoever changes entries locks their jobs first, in key order; then the entries, then the ledger's items (R3.6).
    """

    class Wish(models.TextChoices):
        """What people want of the job; its entries are brought in line with it piece by piece."""

        GO = "go", "Go on"
        PAUSE = "pause", "Pause"
        CANCEL = "cancel", "Cancel"

    class Standing(models.TextChoices):
        """How the job stands; it follows from the wish and the counts."""

        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        CANCELLED = "cancelled", "cancelled"
        DONE_WITH_ERRORS = "done_with_errors", "done, with failures"
        DONE = "done", "done"

    asked_by = models.CharField(max_length=150, blank=True)
    wanted = models.CharField(max_length=255, blank=True, help_text="What was asked for, in words.")
    wish = models.CharField(max_length=10, choices=Wish, default=Wish.GO, db_default=Wish.GO)
    is_rescan = models.BooleanField(
        default=False, db_default=False, help_text="What was found before does not count: no cache (b.4)."
    )
    rescan_day = models.DateField(null=True, unique=True, help_text="The day whose stale companies this job scans.")
    priority = models.SmallIntegerField(choices=Priority, default=Priority.BULK, db_default=Priority.BULK)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    going_since = models.DateTimeField(db_default=Now(), editable=False, help_text="When it was started or resumed.")
    done_before = models.PositiveIntegerField(default=0, db_default=0, help_text="How many had an outcome then.")
    moved_at = models.DateTimeField(null=True, editable=False, help_text="The last time that a count changed.")

    pending = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    scanned = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    skipped = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    failed = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    cancelled = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects = ScanJobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="leads_scanjob_wish_known", condition=Q(wish__in=["go", "pause", "cancel"])),
            models.CheckConstraint(name="leads_scanjob_priority_known", condition=Q(priority__in=[0, 1, 2])),
        ]

    def __str__(self) -> str:
        return f"scan {self.pk}: {self.wanted}"

    @property
    def progress(self) -> ScanJobCounts:
        """How far it was when this row was read."""
        return ScanJobCounts(self.pending, self.scanned, self.skipped, self.failed, self.cancelled)

    def counts(self) -> ScanJobCounts:
        """How far it is now: one row is read."""
        return ScanJob.objects.get(pk=self.pk).progress

    @property
    def standing(self) -> ScanJob.Standing:
        """One word for how it stands."""
        if self.pending or self.cancelled:
            return STANDINGS[self.Wish(self.wish)]
        return self.Standing.DONE_WITH_ERRORS if self.failed else self.Standing.DONE

    @property
    def per_second(self) -> float | None:
        """Domains a second since it was started or resumed; None while there is nothing to tell it by."""
        if self.moved_at is None or self.moved_at <= self.going_since or self.progress.done <= self.done_before:
            return None
        return (self.progress.done - self.done_before) / (self.moved_at - self.going_since).total_seconds()

    @property
    def time_left(self) -> timedelta | None:
        """How long the rest takes at that rate; None while nobody can tell."""
        rate = self.per_second
        is_going = self.standing == self.Standing.RUNNING
        return timedelta(seconds=(self.pending + self.cancelled) / rate) if is_going and rate else None


# While a job has something left, it stands as people want it.
STANDINGS = {
    ScanJob.Wish.GO: ScanJob.Standing.RUNNING,
    ScanJob.Wish.PAUSE: ScanJob.Standing.PAUSED,
    ScanJob.Wish.CANCEL: ScanJob.Standing.CANCELLED,
}


class ScanJobEntryQuerySet(models.QuerySet["ScanJobEntry"]):
    """Sets of entries with a name."""

    def unfinished(self) -> ScanJobEntryQuerySet:
        """What running the job again has to do: still waiting, or failed."""
        return self.filter(state__in=[ScanJobEntry.State.PENDING, ScanJobEntry.State.FAILED])

    def pending(self) -> ScanJobEntryQuerySet:
        """Waiting for their first outcome in this run."""
        return self.filter(state=ScanJobEntry.State.PENDING)

    def asked(self) -> ScanJobEntryQuerySet:
        """Waiting, and the ledger was asked to scan them for this job."""
        return self.filter(is_asked=True)

    def unasked(self) -> ScanJobEntryQuerySet:
        """Waiting, and not asked for yet or taken back."""
        return self.filter(state=ScanJobEntry.State.PENDING, is_asked=False)

    def ended_before(self, moment: datetime) -> ScanJobEntryQuerySet:
        """Those that ended without a scan before the job was resumed: they are tried once more, save what is no domain."""
        ended = self.filter(state__in=[ScanJobEntry.State.FAILED, ScanJobEntry.State.CANCELLED])
        no_domain = Q(state=ScanJobEntry.State.FAILED, reason__startswith=NO_DOMAIN)
        return ended.filter(finished_at__lt=moment).exclude(no_domain)

    def of_rescans(self, domains: Iterable[str]) -> ScanJobEntryQuerySet:
        """Waiting entries of these domains for which no cache counts."""
        return self.pending().filter(domain__in=list(domains), job__is_rescan=True)

    def no_domains(self) -> ScanJobEntryQuerySet:
        """Values that can't be scanned, however often one tries."""
        return self.filter(state=ScanJobEntry.State.FAILED, reason__startswith=NO_DOMAIN)


NO_DOMAIN = "No domain: "


class ScanJobEntry(models.Model):
    """One domain of a bulk scan, and what became of it."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        SCANNED = "scanned", "Scanned"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    job = models.ForeignKey(ScanJob, on_delete=models.CASCADE, related_name="entries")
    domain = models.CharField(max_length=255, help_text="As it was given, where it is no domain.")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    is_asked = models.BooleanField(
        default=False, db_default=False, help_text="One request to the ledger stands for this entry."
    )
    reason = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScanJobEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "scan job entries"
        indexes = [
            models.Index(
                fields=["domain"], name="leads_scanjobentry_open", condition=Q(state__in=["pending", "failed"])
            ),
            models.Index(fields=["job", "state", "id"], name="leads_scanjobentry_of_job"),
            models.Index(fields=["job", "id"], name="leads_scanjobentry_asked", condition=Q(is_asked=True)),
            models.Index(
                fields=["job", "id"],
                name="leads_scanjobentry_unasked",
                condition=Q(state="pending", is_asked=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="leads_scanjobentry_once", fields=["job", "domain"]),
            models.CheckConstraint(
                name="leads_scanjobentry_state_known",
                condition=Q(state__in=["pending", "scanned", "skipped", "failed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="leads_scanjobentry_finished",
                condition=Q(state="pending", finished_at__isnull=True)
                | Q(state__in=["scanned", "skipped", "failed", "cancelled"], finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="leads_scanjobentry_asked_waits", condition=Q(is_asked=False) | Q(state="pending")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain}: {self.state}"
