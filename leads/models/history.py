"""What changed from one scan to the next."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from leads.models.company import Company


class SignalChange(models.Model):
    """One difference that a rescan found, append-only (g.4). The first scan of a company writes none."""

    class What(models.TextChoices):
        SPF = "spf", "SPF"
        DKIM = "dkim", "DKIM"
        DMARC = "dmarc", "DMARC"
        MX = "mx", "Mail host"
        SCORE = "score", "Score"
        SEGMENT = "segment", "Segment"
        ENDS_SOON = "ends_soon", "Domain ends soon"

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="signal_changes")
    what = models.CharField(max_length=20, choices=What)
    previous = models.JSONField(null=True)
    current = models.JSONField(null=True)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index("company", models.F("changed_at").desc(), name="leads_signalchange_newest")]

    def __str__(self) -> str:
        return f"{self.what}: {self.previous} to {self.current}"


class ProviderChange(models.Model):
    """A move from one known provider to another, append-only (c.1)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="provider_changes")
    previous = models.CharField(max_length=20)
    current = models.CharField(max_length=20)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index("company", models.F("changed_at").desc(), name="leads_providerchange_newest")]

    def __str__(self) -> str:
        return f"{self.previous} to {self.current}"
