"""Where companies come from, and which mail domains are no company's."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from leads.models.choices import LeadSource
from leads.models.company import Company


class RawLead(models.Model):
    """What came in, as it came: the proof of where a company is from.

    `reference` is the source's own id where it has one; the same lead told twice is one row.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True, related_name="raw_leads")
    source = models.CharField(max_length=30, choices=LeadSource)
    reference = models.CharField(max_length=255, blank=True)
    payload = models.JSONField(default=dict)
    received_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="leads_rawlead_once", fields=["source", "reference"], condition=~Q(reference="")
            ),
            models.CheckConstraint(name="leads_rawlead_source_known", condition=Q(source__in=LeadSource.values)),
        ]

    def __str__(self) -> str:
        return f"{self.source} lead {self.reference or self.pk}"


class ConsumerDomain(models.Model):
    """A mail domain of private persons, which never identifies a company (a.5). Administrators edit the list."""

    domain = models.CharField(max_length=253, unique=True)
    note = models.CharField(max_length=255, blank=True)
    added_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.CheckConstraint(name="leads_consumer_domain_ascii", condition=Q(domain__regex=r"^[a-z0-9.-]+$"))
        ]

    def __str__(self) -> str:
        return self.domain
