"""Rows that could not be stored: the quarantine."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models.functions import Now


class RefusedReferralQuerySet(models.QuerySet["RefusedReferral"]):
    """Named sets of rows in quarantine."""

    def waiting(self) -> Self:
        """Those that still can't be stored."""
        return self.filter(settled_at__isnull=True)


class RefusedReferral(models.Model):
    """A row that could not be stored, kept whole and encrypted until it can be (quarantine).

    `reader` is the release and the way of reading that refused it: another one tries it again by itself.
    Once it is settled the row itself is forgotten; that it was refused stays known for its run.
    """

    key = models.CharField(
        max_length=255, unique=True, help_text="The referral's id, or the hash of a row without one."
    )
    sealed_row = models.BinaryField(default=b"")
    reason = models.CharField(max_length=2000)
    field = models.CharField(max_length=100, blank=True, default="")
    reader = models.CharField(max_length=60)
    times = models.PositiveIntegerField(default=1)
    first_refused_at = models.DateTimeField(db_default=Now(), editable=False)
    last_refused_at = models.DateTimeField(db_default=Now(), editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_how = models.CharField(max_length=200, blank=True, default="")

    objects = RefusedReferralQuerySet.as_manager()

    class Meta:
        verbose_name = "refused referral"
        default_permissions = ("view",)
        permissions = [
            ("retry_refusedreferral", "Can try refused referrals again"),
            ("export_refusedreferral", "Can export refused referrals, with all they hold"),
        ]
        indexes = [
            models.Index(fields=["reader"], name="refused_by_reader", condition=models.Q(settled_at__isnull=True)),
            models.Index(fields=["-last_refused_at", "-id"], name="refused_newest"),
        ]

    def __str__(self) -> str:
        return self.key
