"""Bulk scans and how far they are."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now


@dataclass(frozen=True, slots=True)
class ScanJobCounts:
    """How far a job is. They always add up: total = pending + scanned + skipped + failed."""

    pending: int
    scanned: int
    skipped: int
    failed: int

    @property
    def total(self) -> int:
        """All entries of the job."""
        return self.pending + self.scanned + self.skipped + self.failed


class ScanJob(models.Model):
    """A bulk scan. Its progress is that of its entries, so it is right after a crash too (R1.2, R1.9)."""

    asked_by = models.CharField(max_length=150, blank=True)
    wanted = models.CharField(max_length=255, blank=True, help_text="What was asked for, in words.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"scan {self.pk}: {self.wanted}"

    def counts(self) -> ScanJobCounts:
        """Counted from the entries, in one query."""
        states = ScanJobEntry.State
        return ScanJobCounts(
            **self.entries.aggregate(
                pending=Count("pk", filter=Q(state=states.PENDING)),
                scanned=Count("pk", filter=Q(state=states.SCANNED)),
                skipped=Count("pk", filter=Q(state=states.SKIPPED)),
                failed=Count("pk", filter=Q(state=states.FAILED)),
            )
        )


class ScanJobEntryQuerySet(models.QuerySet["ScanJobEntry"]):
    """Sets of entries with a name."""

    def unfinished(self) -> ScanJobEntryQuerySet:
        """What running the job again has to do: still waiting, or failed."""
        return self.filter(state__in=[ScanJobEntry.State.PENDING, ScanJobEntry.State.FAILED])

    def pending(self) -> ScanJobEntryQuerySet:
        """Waiting for their first outcome in this run."""
        return self.filter(state=ScanJobEntry.State.PENDING)


class ScanJobEntry(models.Model):
    """One domain of a bulk scan, and what became of it."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        SCANNED = "scanned", "Scanned"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"

    job = models.ForeignKey(ScanJob, on_delete=models.CASCADE, related_name="entries")
    domain = models.CharField(max_length=255, help_text="As it was given, where it is no domain.")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScanJobEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "scan job entries"
        indexes = [
            models.Index(
                fields=["domain"], name="leads_scanjobentry_open", condition=Q(state__in=["pending", "failed"])
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="leads_scanjobentry_once", fields=["job", "domain"]),
            models.CheckConstraint(
                name="leads_scanjobentry_state_known",
                condition=Q(state__in=["pending", "scanned", "skipped", "failed"]),
            ),
            models.CheckConstraint(
                name="leads_scanjobentry_finished",
                condition=Q(state="pending", finished_at__isnull=True)
                | Q(state__in=["scanned", "skipped", "failed"], finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain}: {self.state}"
