"""The log of what people did; it can only grow."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """One act of a person (or of a named machine) on one row. A trigger refuses update and delete."""

    happened_at = models.DateTimeField(db_default=Now(), editable=False)
    act = models.CharField(max_length=50)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    subject_type = models.CharField(max_length=100)
    subject_id = models.CharField(max_length=100)
    subject_name = models.CharField(max_length=300)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    why = models.TextField(blank=True)

    class Meta:
        verbose_name = "act"
        verbose_name_plural = "audit log"
        ordering = ("-happened_at", "-id")
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=["-happened_at", "-id"], name="audit_newest_first"),
            models.Index(fields=["subject_type", "subject_id"], name="audit_subject"),
        )

    def __str__(self) -> str:
        return f"{self.act} {self.subject_name}"
