"""A run of the sync: where it stands and what it did."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now


class SyncMode(models.TextChoices):
    """How much of Partner Center a run reads."""

    FULL = "full", "Everything"
    INCREMENTAL = "incremental", "What changed"


class SyncState(models.TextChoices):
    """Whether a run goes on."""

    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    DONE_WITH_ERRORS = "done_with_errors", "Done, with errors"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    DRY_RUN = "dry_run", "Dry run"


OPEN = (SyncState.RUNNING, SyncState.PAUSED)
FINISHED_WELL = (SyncState.DONE, SyncState.DONE_WITH_ERRORS)


class VanishCheck(models.TextChoices):
    """How far the look for referrals that left Partner Center's list is; only a full run has one."""

    NONE = "", "Not looked for"
    WAITING = "waiting", "Waits"
    CHECKING = "checking", "Each is asked for"
    HELD = "held", "Waits for a person"
    DONE = "done", "Done"
    OUTDATED = "outdated", "Left to a later run"


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    """Named sets of runs."""

    def open(self, account: str) -> Self:
        """The run that goes on for the account, or that a person has paused: one at most."""
        return self.filter(account=account, state__in=OPEN)

    def running(self, account: str) -> Self:
        """The run that goes on for the account."""
        return self.filter(account=account, state=SyncState.RUNNING)

    def real(self) -> Self:
        """Without the dry runs, which store nothing."""
        return self.exclude(state=SyncState.DRY_RUN)

    def good(self, account: str) -> Self:
        """The runs that read to the end, newest first."""
        return self.filter(account=account, state__in=FINISHED_WELL).order_by("-id")


class SyncRun(models.Model):
    """One run over the pages of Partner Center; its row is the checkpoint from which it goes on after a crash (R1.9).

    fetched = created + updated + unchanged + the skipped + failed, and
    created + updated + unchanged = linked + unlinked, at every commit.
    """

    account = models.CharField(max_length=100)
    mode = models.CharField(max_length=20, choices=SyncMode)
    state = models.CharField(max_length=20, choices=SyncState, default=SyncState.RUNNING)
    since = models.DateTimeField(null=True, blank=True)
    cursor = models.TextField(blank=True, default="")
    restarts = models.PositiveSmallIntegerField(default=0)

    pages = models.PositiveIntegerField(default=0)
    fetched = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    linked = models.PositiveIntegerField(default=0)
    unlinked = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(
        default=0, db_default=0, help_text="About how many it will read; 0: nobody can tell."
    )
    worked_seconds = models.FloatField(
        default=0, db_default=0, help_text="Time spent on its pages, without the time it stood still."
    )

    vanish_check = models.CharField(
        max_length=20, choices=VanishCheck, blank=True, default=VanishCheck.NONE, db_default=""
    )
    checked_to = models.BigIntegerField(
        default=0, db_default=0, help_text="The key of the last referral that was asked for."
    )
    missing = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Stored referrals that no page of a full run had."
    )
    vanished = models.PositiveIntegerField(default=0, db_default=0)

    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.CharField(max_length=150, blank=True, default="")
    halted_by = models.CharField(
        max_length=150, blank=True, default="", db_default="", help_text="Who paused or cancelled it."
    )
    then_full = models.BooleanField(
        default=False, db_default=False, help_text="Somebody wants everything read right after it."
    )
    then_full_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    correlation = models.UUIDField(null=True, blank=True)
    newest_seen = models.DateTimeField(null=True, blank=True)
    watermark = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        permissions = [("start_syncrun", "Can start a sync"), ("export_syncrun", "Can export syncs")]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=["running", "paused"]),
                name="sync_run_one_open_per_account",
            ),
            models.CheckConstraint(
                name="sync_run_ends_with_a_time",
                condition=models.Q(state__in=["running", "paused"], finished_at__isnull=True)
                | (~models.Q(state__in=["running", "paused"]) & models.Q(finished_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="sync_run_newest")]

    def __str__(self) -> str:
        return f"Sync {self.pk}"

    @property
    def is_dry_run(self) -> bool:
        """Whether it only said what a sync would do."""
        return self.state == SyncState.DRY_RUN

    @property
    def is_open(self) -> bool:
        """Whether it goes on, or would if a person had not paused it."""
        return self.state in OPEN

    @property
    def skipped_total(self) -> int:
        """How many rows were passed over, for whatever reason."""
        return sum(self.skipped.values())

    @property
    def rate(self) -> float:
        """Referrals a second, while it was worked on."""
        return self.fetched / self.worked_seconds if self.worked_seconds else 0.0

    @property
    def share(self) -> float | None:
        """How far it is, from 0 to 1; None while nobody can tell."""
        return min(0.99, self.fetched / self.expected) if self.expected and self.is_open else None

    @property
    def time_left(self) -> timedelta | None:
        """About how long it will still take; None while nobody can tell."""
        left = max(0, self.expected - self.fetched)
        return timedelta(seconds=left / self.rate) if left and self.rate and self.is_open else None
