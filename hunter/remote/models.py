"""What all workers share about a service: its purse, its slots, its pause, its token."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Lane(models.Model):
    """One service's limits and state. Bought from, paused and rung by single statements (ledger: lanes)."""

    name = models.CharField(max_length=30, primary_key=True)
    rate = models.FloatField(help_text="calls a second")
    burst = models.IntegerField()
    slot_count = models.IntegerField(db_default=0, help_text="calls at once")
    slots_per_drainer = models.IntegerField()
    own_rate = models.FloatField(null=True, help_text="what a person set, in place of the environment's")
    own_burst = models.IntegerField(null=True)
    own_slots = models.IntegerField(null=True)
    limited_by = models.CharField(max_length=150, blank=True, db_default="")
    limited_why = models.CharField(max_length=300, blank=True, db_default="")
    tokens = models.FloatField()
    filled_at = models.DateTimeField(db_default=Now())
    paused_until = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    held = models.BooleanField(default=False, help_text="stopped by a person until a person lets it go on")
    held_reason = models.CharField(max_length=300, blank=True)
    held_by = models.CharField(max_length=150, blank=True, db_default="")
    rung_at = models.DateTimeField(null=True)
    failures = models.IntegerField(db_default=0, help_text="of the service, in a row")
    failing_since = models.DateTimeField(
        null=True, help_text="the service's last answer was a failure, the first of those in a row came then"
    )
    failed_item = models.BigIntegerField(null=True, help_text="the item of the first of them")
    failed_several = models.BooleanField(db_default=False, help_text="they met more than one item")
    probation = models.BooleanField(
        db_default=False, help_text="the service failed; one call at a time tries whether it is well again"
    )
    pauses = models.IntegerField(db_default=0, help_text="for failures, since the last success")
    probe_until = models.DateTimeField(
        null=True, help_text="the last call of a probation has leave for itself until then"
    )

    class Meta:
        verbose_name = "lane"
        ordering = ("name",)
        default_permissions = ("view", "change")
        constraints = (
            models.CheckConstraint(name="lane_rate_is_positive", condition=models.Q(rate__gt=0, burst__gt=0)),
        )

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """The right to have one call open; taken for a while and renewed, so a dead holder loses it."""

    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="slots")
    number = models.IntegerField()
    holder = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        constraints = (models.UniqueConstraint(fields=["lane", "number"], name="slot_number_in_lane"),)

    def __str__(self) -> str:
        return f"{self.lane_id} {self.number}"


class Alarm(models.Model):
    """Something about a lane that somebody should see to, by name: told once when it begins and once when it is over."""

    name = models.CharField(max_length=60, primary_key=True)
    lane = models.CharField(max_length=30)
    sentence = models.CharField(max_length=500)
    raised_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    times = models.IntegerField(default=1)

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.sentence


class Host(models.Model):
    """A host of somebody's choice that messages go to, and the trouble with it: it rests alone, its lane goes on."""

    name = models.CharField(max_length=300, primary_key=True)
    failures = models.IntegerField(default=0, help_text="in a row")
    pauses = models.IntegerField(default=0, help_text="since the last success")
    paused_until = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    probed_until = models.DateTimeField(null=True, help_text="one message is out to see whether the host is well again")

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class SharedAnswer(models.Model):
    """An answer that all processes share, and who computes it now and until when that counts (R7.6); nothing secret."""

    name = models.CharField(max_length=200, primary_key=True)
    answer = models.TextField(db_default="")
    fresh_until = models.DateTimeField(null=True)
    stale_until = models.DateTimeField(null=True, help_text="given until then while one computes it anew")
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class StoredToken(models.Model):
    """A service's access token and what renews it, encrypted; shared by all processes (R2.7)."""

    name = models.CharField(max_length=100, primary_key=True)
    access_token = models.BinaryField()
    expires_at = models.DateTimeField()
    renewal = models.BinaryField(help_text="what the next renewal needs: a sign-in cache or a refresh token")
    renewed_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class SignIn(models.Model):
    """Which account a service's token belongs to, and who signed in there, how and when; nothing secret.

    `name` is the token's. A service that takes an application's own token has no sign-in.
    """

    class How(models.TextChoices):
        """The ways to sign in."""

        BROWSER = "browser", "in a browser"
        DEVICE_CODE = "device_code", "by device code"
        GIVEN = "given", "by a refresh token from the settings"

    name = models.CharField(max_length=100, primary_key=True)
    account_id = models.CharField(max_length=200, help_text="the person's and the tenant's id at the service")
    account_name = models.CharField(max_length=320)
    how = models.CharField(max_length=20, choices=How)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    signed_in_at = models.DateTimeField()

    class Meta:
        verbose_name = "sign-in"
        default_permissions = ("view",)
        permissions = (("make_signin", "Can sign in to services for Hunter, and sign out"),)

    def __str__(self) -> str:
        return f"sign-in to {self.name}"
