"""Whether companies are known that a waiting referral may belong to."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from referrals.models.referral import Referral


class ReferralHint(models.Model):
    """How many candidates the last search for a waiting referral's company found, and the best of them.

    Kept apart from the referral: a search raises no version, and no page that a person has open grows stale by it.
    """

    referral = models.OneToOneField(Referral, on_delete=models.CASCADE, primary_key=True, related_name="hint")
    found = models.PositiveSmallIntegerField(default=0)
    best_domain = models.CharField(max_length=253, blank=True)
    best_score = models.PositiveSmallIntegerField(default=0)
    looked_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.referral_id}: {self.found}"
