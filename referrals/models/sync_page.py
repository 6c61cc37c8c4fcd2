"""Which referrals were on each page of a run, and what became of them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from referrals.models.sync_run import SyncRun


class Became(models.TextChoices):
    """What became of a referral in a run; the names are the columns of a page that hold their keys."""

    CREATED = "created", "New"
    UPDATED = "updated", "Changed"
    UNCHANGED = "unchanged", "Same"


class SyncPage(models.Model):
    """A page of a run: the keys of the referrals on it, so that every count of the run opens into its rows.

    One small row for each page, in its transaction: a referral that did not change is not written for it. From it a
    full run knows, too, which of the stored referrals it has not seen.
    """

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="page_records")
    number = models.PositiveIntegerField(help_text="As the run counts; a run that began anew goes on counting.")
    created = ArrayField(models.BigIntegerField(), default=list)
    updated = ArrayField(models.BigIntegerField(), default=list)
    unchanged = ArrayField(models.BigIntegerField(), default=list)
    refused = ArrayField(models.CharField(max_length=255), default=list)
    read_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="sync_page_once")]
        indexes = [models.Index(fields=["read_at"], name="sync_page_age")]

    def __str__(self) -> str:
        return f"page {self.number}"
