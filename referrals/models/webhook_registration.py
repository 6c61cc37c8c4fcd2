"""Where Partner Center sent its webhooks when it was last asked, and how the last test went."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class WebhookRegistration(models.Model):
    """What an account has registered at Partner Center, as it was last read there; nothing else changes it."""

    account = models.CharField(max_length=100, primary_key=True)
    url = models.CharField(max_length=500, blank=True, default="")
    events = ArrayField(models.CharField(max_length=100), default=list)
    seen_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True, blank=True)
    test_told = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        default_permissions = ()
        permissions = [("register_webhookregistration", "Can register webhooks at Partner Center, and test them")]

    def __str__(self) -> str:
        return "webhook registration"
