"""What a dry run would have done with single referrals."""

from __future__ import annotations

from django.db import models

from referrals.models.sync_run import SyncRun


class WouldBe(models.TextChoices):
    """What a sync would make of a row; one that would stay the same is counted only."""

    CREATED = "created", "New"
    UPDATED = "updated", "Changed"
    REFUSED = "refused", "Refused"


class PreviewedRow(models.Model):
    """A row of Partner Center that a sync would take in, change or refuse; it goes with its dry run."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="previewed")
    would_be = models.CharField(max_length=10, choices=WouldBe)
    key = models.CharField(max_length=255, help_text="The referral's id, or the hash of a row without one.")
    name = models.CharField(max_length=255, blank=True, default="")
    words = models.CharField(
        max_length=1000, blank=True, default="", help_text="Its company, what would change, or why it is refused."
    )

    class Meta:
        default_permissions = ("view",)
        verbose_name = "row of a dry run"
        verbose_name_plural = "rows of a dry run"
        indexes = [models.Index(fields=["run", "would_be", "id"], name="previewed_of_run")]

    def __str__(self) -> str:
        return self.name or self.key
