"""What Partner Center told by webhook, kept before it is answered, and the certificates that vouch for it."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models.functions import Now


class DeliveryState(models.TextChoices):
    """What became of a delivery."""

    WAITING = "waiting", "waiting"
    DONE = "done", "done"
    IGNORED = "ignored", "nothing to do"
    FAILED = "failed", "failed"
    REFUSED = "refused", "refused"


OPEN = (DeliveryState.WAITING, DeliveryState.FAILED)


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Named sets of deliveries."""

    def open_for(self, referral_id: str) -> Self:
        """Those about the referral that were not acted on yet."""
        return self.filter(referral_id=referral_id, is_verified=True, state__in=OPEN)


class WebhookDelivery(models.Model):
    """One message of Partner Center; the same bytes again are the same row (`times`).

    One that was refused is kept beside the genuine ones, so that a forged copy can't take a genuine one's place.
    """

    source = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    is_verified = models.BooleanField()
    state = models.CharField(max_length=10, choices=DeliveryState)
    event = models.CharField(max_length=100, blank=True, default="")
    referral_id = models.CharField(max_length=255, blank=True, default="")
    changed_at = models.DateTimeField(null=True, blank=True)
    told = models.CharField(max_length=1000, blank=True, default="")
    body = models.TextField(blank=True, default="")
    certificate_url = models.CharField(max_length=500, blank=True, default="")
    times = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(db_default=Now())
    last_received_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        default_permissions = ("view",)
        permissions = [("retry_webhookdelivery", "Can have a webhook delivery worked again")]
        constraints = [
            models.UniqueConstraint(fields=["source", "digest", "is_verified"], name="webhook_delivery_once"),
            models.CheckConstraint(
                name="webhook_delivery_refused_unless_verified",
                condition=models.Q(is_verified=True) & ~models.Q(state="refused")
                | models.Q(is_verified=False, state="refused"),
            ),
        ]
        indexes = [
            models.Index(fields=["referral_id", "state"], name="webhook_delivery_open"),
            models.Index(fields=["last_received_at"], name="webhook_delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event or 'delivery'} {self.referral_id}".strip()


class WebhookCertificate(models.Model):
    """A certificate as it was fetched from its address, so that a delivery is checked without a call (R7.6).

    `fetching_until` is the right of one process to fetch it; a failure is remembered for a while too.
    """

    url = models.CharField(max_length=500, unique=True)
    pem = models.TextField(blank=True, default="")
    fetched_at = models.DateTimeField(null=True, blank=True)
    fresh_until = models.DateTimeField(null=True, blank=True)
    fetching_until = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=500, blank=True, default="")
    tried_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.url
