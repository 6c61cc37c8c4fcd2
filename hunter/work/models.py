"""The ledger's tables (architecture §1). They are written by the statements of this package only."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from hunter.work import wordings


class Priority(models.IntegerChoices):
    """What a person clicked comes before what a schedule asked for (R7.2)."""

    PERSON = 0, "a person"
    SCHEDULE = 1, "schedule"
    BULK = 2, "bulk"


class Item(models.Model):
    """One unit of outside work, unique by (kind, key): asking twice is asking once.

    `due_at` of a claimed item is the end of its lease, so an expired lease is a due item (R1.10).
    There is no state column: it follows from (lease, due_at, dead_at).
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    lane = models.CharField(max_length=30)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.SCHEDULE)
    requested = models.BigIntegerField(default=1)
    taken = models.BigIntegerField(default=0)
    served = models.BigIntegerField(default=0)
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    dead_at = models.DateTimeField(null=True)
    died = models.SmallIntegerField(default=0, help_text="attempts that ended without a word: the process died")
    correlation = models.UUIDField(default=uuid.uuid4)
    asked_by = models.CharField(max_length=150, blank=True)
    last_success_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=["kind", "key"], name="item_kind_key"),
            models.CheckConstraint(
                name="item_served_taken_requested",
                condition=Q(served__lte=models.F("taken"), taken__lte=models.F("requested")),
            ),
            models.CheckConstraint(
                name="item_leased_is_due", condition=Q(lease__isnull=True) | Q(due_at__isnull=False)
            ),
            models.CheckConstraint(
                name="item_dead_rests", condition=Q(dead_at__isnull=True) | Q(due_at__isnull=True, lease__isnull=True)
            ),
        )
        indexes = (
            models.Index(fields=["lane", "priority", "due_at"], name="item_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["kind", "dead_at"], name="item_dead", condition=Q(dead_at__isnull=False)),
            models.Index(fields=["lane", "due_at"], name="item_deadly", condition=Q(due_at__isnull=False, died__gte=2)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Attempt(models.Model):
    """One try at an item, as it ended: every failure, and a success where the kind says so. Only ever added.

    `exchange` is what a failed call sent and was answered; it is cleared away with the attempt.
    """

    item_id = models.BigIntegerField()
    number = models.SmallIntegerField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(
        max_length=20, choices=[(word, word) for word in ("done", "later", "dead", "deferred", "lost")]
    )
    error_class = models.CharField(max_length=20, blank=True)
    status = models.SmallIntegerField(null=True)
    code = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    seconds = models.FloatField(default=0)
    exchange = models.JSONField(null=True, help_text="the request and its answer, masked and cut (R5.6)")

    class Meta:
        default_permissions = ("view",)
        ordering = ("-ended_at", "-id")
        indexes = (models.Index(fields=["item_id", "-id"], name="attempt_of_item"),)

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.outcome}"


class ErrorRecordQuerySet(models.QuerySet["ErrorRecord"]):
    """Sets of error records, by what a person asks of them."""

    def unsettled(self) -> ErrorRecordQuerySet:
        """What still fails or is being tried again."""
        return self.filter(state__in=[ErrorRecord.State.OPEN, ErrorRecord.State.RETRYING])

    def about(self, *, kind: str, keys: list[str]) -> ErrorRecordQuerySet:
        """What is known of these items."""
        return self.filter(kind=kind, key__in=keys)


class ErrorRecord(models.Model):
    """What went wrong with one item or row, until it goes right: at most one unsettled for each operation on it (R5.7).

    Errors of one `fingerprint` have one cause; `wording` is what their messages have in common.
    """

    class State(models.TextChoices):
        OPEN = "open", "failed"
        RETRYING = "retrying", "being tried again"
        RESOLVED = "resolved", "resolved"
        DISMISSED = "dismissed", "put aside"

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    operation = models.CharField(max_length=60)
    service = models.CharField(max_length=40)
    error_class = models.CharField(max_length=20)
    status = models.SmallIntegerField(null=True)
    code = models.CharField(max_length=100, blank=True)
    field = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=2000)
    request_id = models.CharField(max_length=100, blank=True)
    correlation = models.UUIDField(null=True)
    attempt = models.SmallIntegerField(default=1)
    gave_up = models.BooleanField(default=False, help_text="no further try by itself")
    times = models.IntegerField(default=1)
    context = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    state_reason = models.CharField(max_length=500, blank=True)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)
    wording = models.GeneratedField(expression=wordings.wording(), output_field=models.TextField(), db_persist=True)
    fingerprint = models.GeneratedField(
        expression=wordings.fingerprint(), output_field=models.CharField(max_length=32), db_persist=True
    )

    objects = ErrorRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "error"
        ordering = ("-last_seen", "-id")
        default_permissions = ("view",)
        permissions = (
            ("retry_errorrecord", "Can try failed work again"),
            ("dismiss_errorrecord", "Can put errors aside"),
            ("export_errorrecord", "Can export errors"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "key", "operation"],
                name="one_unsettled_error",
                condition=Q(state__in=["open", "retrying"]),
            ),
        )
        indexes = (
            models.Index(fields=["-last_seen", "-id"], name="error_newest_first"),
            models.Index(fields=["state", "error_class", "service"], name="error_by_class"),
            models.Index(fields=["kind", "key"], name="error_of_item"),
            models.Index(
                fields=["state", "fingerprint"],
                include=["service", "error_class", "gave_up", "first_seen", "last_seen", "id"],
                name="error_of_cause",
            ),
        )

    def __str__(self) -> str:
        return f"{self.operation}: {self.key}"


class ErrorRun(models.Model):
    """One act of a person on more errors than he would wait for: done block by block, as work of the ledger."""

    class Act(models.TextChoices):
        TRY_AGAIN = "try again", "trying again"
        PUT_ASIDE = "put aside", "putting aside"

    act = models.CharField(max_length=20, choices=Act.choices)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    matched = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    acted = models.IntegerField(default=0, help_text="those of them that could be acted on")
    begun_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        indexes = (models.Index(fields=["-begun_at"], name="error_run_newest_first"),)

    def __str__(self) -> str:
        return f"{self.act}: {self.matched:,} errors"


class ErrorRunEntry(models.Model):
    """An error that a run has still to act on."""

    run = models.ForeignKey(ErrorRun, on_delete=models.CASCADE, related_name="entries", db_index=False)
    error_id = models.BigIntegerField()

    class Meta:
        default_permissions = ("view",)
        constraints = (models.UniqueConstraint(fields=["run", "error_id"], name="error_once_in_a_run"),)

    def __str__(self) -> str:
        return f"{self.run_id}: {self.error_id}"


class CauseNote(models.Model):
    """What is remembered of a cause of errors: whether it was told that it is open, and until when it was put aside.

    Aside is what has `aside_at`; it ends at `aside_until`, or with more than `aside_above` items.
    """

    fingerprint = models.CharField(max_length=32, primary_key=True)
    title = models.CharField(max_length=300)
    items = models.IntegerField(default=0)
    is_open = models.BooleanField(default=False)
    opened_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)
    aside_at = models.DateTimeField(null=True)
    aside_until = models.DateTimeField(null=True)
    aside_above = models.IntegerField(null=True)
    aside_reason = models.CharField(max_length=500, blank=True)
    aside_by = models.CharField(max_length=150, blank=True)

    class Meta:
        default_permissions = ("view",)
        indexes = (models.Index(fields=["over_at"], name="cause_over", condition=Q(is_open=False, aside_at=None)),)

    def __str__(self) -> str:
        return self.title


class Heartbeat(models.Model):
    """The last sign of life of a machine's part, written by real work and not by a process that merely runs."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class Holder(models.Model):
    """A drainer at work: `tag` is the end of each lease it gives, so that people can see who has what (R7.2)."""

    tag = models.CharField(max_length=12, primary_key=True)
    lane = models.CharField(max_length=30)
    process = models.CharField(max_length=60)
    began_at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField(help_text="dead when it has not renewed its leases by then")

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.process} in {self.lane}"
