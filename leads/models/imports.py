"""Company lists that people import: the file, how far it is, and what became of every row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from leads.importing.opening import ReadingPlan, plan_from


class ImportFile(models.Model):
    """A file as it came, kept in pieces until its import is done: the machines that work share only the database (R7.4)."""

    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    lines = models.PositiveBigIntegerField(
        default=0, help_text="About how many rows it has, to tell how long it takes."
    )
    sample = models.JSONField(default=list, help_text="Its first rows: number and cells.")
    sheets = models.JSONField(default=list)
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    kept = models.BooleanField(default=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["sha256"], name="leads_importfile_same")]

    def __str__(self) -> str:
        return self.name


class ImportPart(models.Model):
    """One piece of a file, in order."""

    file = models.ForeignKey(ImportFile, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="leads_importpart_once", fields=["file", "number"])]


class ImportState(models.TextChoices):
    """How an import stands."""

    PREPARING = "preparing", "Needs your choice"
    RUNNING = "running", "Running"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"
    DONE_WITH_REFUSED = "done_with_refused", "Done, with refused rows"
    FAILED = "failed", "Failed"


ENDED_WELL = (ImportState.DONE, ImportState.DONE_WITH_REFUSED)
COUNTS = ("rows", "created", "updated", "unchanged", "merged", "rejected")


class CompanyImport(models.Model):
    """One pass over a list; its row is the checkpoint from which it goes on after a crash (R1.9).

    rows = created + updated + unchanged + merged + rejected, at every commit. `position` is the number of the last row
    of the file that was worked. A dry run writes its own rows only.
    """

    file = models.ForeignKey(ImportFile, on_delete=models.PROTECT, related_name="imports")
    plan = models.JSONField(default=dict, help_text="How the file is read: encoding, separator, sheet, columns.")
    state = models.CharField(max_length=20, choices=ImportState, default=ImportState.PREPARING)
    dry_run = models.BooleanField(default=False)
    scan_new = models.BooleanField(default=True)

    position = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)

    asked_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    worked_seconds = models.FloatField(default=0, help_text="Time spent on it, without the time it stood still.")
    correlation = models.UUIDField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = "import"
        permissions = [("start_companyimport", "Can import company lists")]
        indexes = [models.Index(fields=["state", "-id"], name="leads_import_state")]
        constraints = [
            models.CheckConstraint(
                name="leads_import_adds_up",
                condition=Q(
                    rows=models.F("created")
                    + models.F("updated")
                    + models.F("unchanged")
                    + models.F("merged")
                    + models.F("rejected")
                ),
            ),
            models.CheckConstraint(name="leads_import_state_known", condition=Q(state__in=ImportState.values)),
        ]

    def __str__(self) -> str:
        return f"{'Check of' if self.dry_run else 'Import of'} “{self.file.name}”"

    @property
    def reading_plan(self) -> ReadingPlan:
        """How the file is read."""
        return plan_from(self.plan)

    @property
    def counts(self) -> dict[str, int]:
        """What was counted so far; it always adds up."""
        return {name: getattr(self, name) for name in COUNTS}

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state not in (ImportState.PREPARING, ImportState.RUNNING)

    @property
    def rate(self) -> float:
        """Rows a second, while it was worked on."""
        return self.rows / self.worked_seconds if self.worked_seconds else 0.0

    @property
    def share(self) -> float:
        """How far it is, from 0 to 1; the number of rows is known roughly until the end."""
        if self.state in ENDED_WELL:
            return 1.0
        return min(0.99, self.position / self.file.lines) if self.file.lines else 0.0

    @property
    def time_left(self) -> timedelta | None:
        """About how long it will still take; None while nobody can tell."""
        left = max(0, self.file.lines - self.position)
        return timedelta(seconds=left / self.rate) if self.state == ImportState.RUNNING and self.rate else None


class RowOutcome(models.TextChoices):
    """What became of a row."""

    CREATED = "created", "New"
    UPDATED = "updated", "Changed"
    UNCHANGED = "unchanged", "Same"
    MERGED = "merged", "Merged"
    REJECTED = "rejected", "Refused"


FIRST_OF_DOMAIN = (RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.UNCHANGED)


class ImportRow(models.Model):
    """One row of a list, and what became of it; of a domain's rows the first one stands for the company.

    `given` are the columns that this file has told of the domain so far, so that a later row only adds what is missing,
    wherever the borders between chunks lie. `told`: a refused row's cells, or what was changed.
    """

    company_import = models.ForeignKey(CompanyImport, on_delete=models.CASCADE, related_name="import_rows")
    number = models.PositiveIntegerField(help_text="As the spreadsheet counts.")
    domain = models.CharField(max_length=253, blank=True)
    outcome = models.CharField(max_length=10, choices=RowOutcome)
    given = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(blank=True)
    told: Any = models.JSONField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(name="leads_importrow_once", fields=["company_import", "number"]),
            models.UniqueConstraint(
                name="leads_importrow_first",
                fields=["company_import", "domain"],
                condition=Q(outcome__in=["created", "updated", "unchanged"]),
            ),
            models.CheckConstraint(name="leads_importrow_outcome_known", condition=Q(outcome__in=RowOutcome.values)),
        ]
        indexes = [models.Index(fields=["company_import", "outcome", "number"], name="leads_importrow_tab")]

    def __str__(self) -> str:
        return f"row {self.number}"
