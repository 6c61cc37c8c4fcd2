"""What people are told of, by which channel, and how each message stands (g.4)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from hunter.versioning import VersionedModel
from leads.alerting import OPERATIONS, AlertState, AlertType, DeliveryState
from leads.models.company import Company

TYPE_TITLES = {
    AlertType.MX_CHANGED: "Mail host changed",
    AlertType.DMARC_ADDED: "DMARC added",
    AlertType.EXPIRE_SOON: "Domain ends soon",
    AlertType.SCORE_CHANGED: "Priority or segment changed",
}
TYPES = [(one.value, title) for one, title in TYPE_TITLES.items()]
CHANNEL_TYPES = [*TYPES, (OPERATIONS, "Errors in Hunter, and their end")]
DELIVERY_STATES = [(one.value, one.value) for one in DeliveryState]


class AlertQuerySet(models.QuerySet["Alert"]):
    """Sets of alerts with a name."""

    def unrouted(self) -> AlertQuerySet:
        """Raised, and not yet given to the channels."""
        return self.filter(routed_at__isnull=True)

    def failed(self) -> AlertQuerySet:
        """Nobody could be told."""
        return self.filter(state=AlertState.FAILED)


class Alert(models.Model):
    """A change that a rescan found and that somebody is told of, once: by company, type and occasion (g.4).

    Written in the transaction of the scan that found it; who is told is decided when it is routed.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="alerts")
    type = models.CharField(max_length=20, choices=TYPES)
    occasion = models.CharField(max_length=50)
    previous = models.JSONField(null=True)
    current = models.JSONField(null=True)
    text = models.CharField(max_length=600)
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in AlertState], default=AlertState.PENDING.value
    )
    raised_at = models.DateTimeField(db_default=Now(), editable=False)
    routed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        permissions = [("retry_alert", "Can send failed alerts again")]
        constraints = [
            models.UniqueConstraint(name="leads_alert_once", fields=["company", "type", "occasion"]),
            models.CheckConstraint(name="leads_alert_type_known", condition=Q(type__in=[word for word, _ in TYPES])),
            models.CheckConstraint(
                name="leads_alert_state_known", condition=Q(state__in=[one.value for one in AlertState])
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="leads_alert_unrouted", condition=Q(routed_at__isnull=True)),
            models.Index(fields=["state", "-id"], name="leads_alert_state"),
            models.Index(fields=["type", "-id"], name="leads_alert_type"),
            models.Index(fields=["-raised_at"], name="leads_alert_newest"),
        ]

    def __str__(self) -> str:
        return self.text


class AlertChannel(VersionedModel):
    """Where alerts of one type go. Several channels may take the same type; a type without one is told to nobody.

    The target may be a secret in itself (a Slack address is), so it is kept encrypted; `shown_target` is fit for pages.
    """

    class Method(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        EMAIL = "email", "E-mail"
        SLACK = "slack", "Slack"

    class Frequency(models.TextChoices):
        IMMEDIATE = "immediate", "At once"
        DAILY = "daily", "Once a day"

    type = models.CharField(max_length=20, choices=CHANNEL_TYPES)
    method = models.CharField(max_length=10, choices=Method)
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.IMMEDIATE)
    enabled = models.BooleanField(default=True)
    sealed_target = models.BinaryField()
    target_digest = models.CharField(max_length=64)
    shown_target = models.CharField(max_length=300)
    sealed_secret = models.BinaryField(null=True)
    old_secret = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        default_permissions = ("view", "add", "change")
        ordering = ("type", "id")
        constraints = [
            models.UniqueConstraint(name="leads_alertchannel_once", fields=["type", "method", "target_digest"]),
            models.CheckConstraint(
                name="leads_alertchannel_type_known", condition=Q(type__in=[word for word, _ in CHANNEL_TYPES])
            ),
            models.CheckConstraint(
                name="leads_alertchannel_method_known", condition=Q(method__in=["webhook", "email", "slack"])
            ),
            models.CheckConstraint(
                name="leads_alertchannel_frequency_known", condition=Q(frequency__in=["immediate", "daily"])
            ),
            models.CheckConstraint(
                name="leads_alertchannel_webhooks_sign", condition=~Q(method="webhook") | Q(sealed_secret__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()}: {self.get_method_display()} to {self.shown_target}"


class AlertDelivery(models.Model):
    """One message to one channel: a unit of work of the ledger, whose key is the id. A digest carries several alerts.

    `in_doubt` is written before the message goes out and taken back when it is known not to have arrived: what is
    sent while it stands may be a repeat, and says so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    channel = models.ForeignKey(AlertChannel, on_delete=models.PROTECT, related_name="deliveries")
    digest_at = models.DateTimeField(null=True, help_text="when this digest goes out; null: at once")
    state = models.CharField(max_length=10, choices=DELIVERY_STATES, default=DeliveryState.WAITING.value)
    reason = models.CharField(max_length=500, blank=True)
    tries = models.IntegerField(default=0)
    in_doubt = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    begun_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    alerts = models.ManyToManyField(Alert, through="AlertLine", related_name="deliveries")
    notices = models.JSONField(default=list, help_text="news of Hunter itself that it carries, in place of alerts")

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                name="leads_alertdelivery_digest", fields=["channel", "digest_at"],
                condition=Q(digest_at__isnull=False),
            ),
            models.CheckConstraint(
                name="leads_alertdelivery_state_known", condition=Q(state__in=[word for word, _ in DELIVERY_STATES])
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"message {self.pk}"


class AlertLine(models.Model):
    """That an alert goes out with a message; once to each channel."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="lines")
    delivery = models.ForeignKey(AlertDelivery, on_delete=models.CASCADE, related_name="lines")
    channel = models.ForeignKey(AlertChannel, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="leads_alertline_once", fields=["alert", "channel"])]

    def __str__(self) -> str:
        return f"alert {self.alert_id} by {self.delivery_id}"
