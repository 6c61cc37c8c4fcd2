"""A run of the sync: where it stands and what it did."""

from __future__ import annotations

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
    DONE = "done", "Done"
    DONE_WITH_ERRORS = "done_with_errors", "Done, with errors"
    FAILED = "failed", "Failed"


FINISHED_WELL = (SyncState.DONE, SyncState.DONE_WITH_ERRORS)


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    """Named sets of runs."""

    def running(self, account: str) -> Self:
        """The run that goes on for the account: one at most."""
        return self.filter(account=account, state=SyncState.RUNNING)

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

    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.CharField(max_length=150, blank=True, default="")
    correlation = models.UUIDField(null=True, blank=True)
    newest_seen = models.DateTimeField(null=True, blank=True)
    watermark = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        permissions = [("start_syncrun", "Can start a sync"), ("export_syncrun", "Can export syncs")]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state="running"), name="sync_run_one_running_per_account"
            ),
            models.CheckConstraint(
                name="sync_run_ends_with_a_time",
                condition=models.Q(state="running", finished_at__isnull=True)
                | (~models.Q(state="running") & models.Q(finished_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="sync_run_newest")]

    def __str__(self) -> str:
        return f"Sync {self.pk}"

    @property
    def skipped_total(self) -> int:
        """How many rows were passed over, for whatever reason."""
        return sum(self.skipped.values())
