"""Errors, units of work and lanes as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from hunter.ops.api import examples
from hunter.ops.api.inputs import StrictSerializer, Text
from hunter.ops.api.jobs import JobState
from hunter.ops.api.words import TextOrNull, word
from hunter.remote.errors import ErrorKind
from hunter.remote.lanes import LaneName
from hunter.work.asides import Until
from hunter.work.models import Attempt, ErrorRecord, Item
from hunter.work.status import LaneStatus

ERROR_CLASSES = [(kind.value, kind.value) for kind in ErrorKind]
LANES = [(lane.value, lane.value) for lane in LaneName]
UNTIL = [(until.value, until.value) for until in Until]
LANE_STATES = [(state, state) for state in ("ok", "probation", "paused", "held")]


@extend_schema_serializer(examples=[OpenApiExample("An error", examples.ERROR, response_only=True)])
class ErrorSerializer(serializers.ModelSerializer[ErrorRecord]):
    """What went wrong with one item and operation, until it goes right (R5.7)."""

    id = serializers.CharField(source="pk", read_only=True)
    error_class = word(ERROR_CLASSES)
    state = word(ErrorRecord.State.choices)
    code = TextOrNull()
    field = TextOrNull()
    request_id = TextOrNull()
    state_reason = TextOrNull()
    cause = serializers.CharField(
        source="fingerprint", read_only=True, help_text="The same for all errors of one cause."
    )
    context = serializers.DictField(read_only=True)  # type: ignore[assignment]  # a member, not DRF's own context

    class Meta:
        model = ErrorRecord
        fields = (
            "id", "kind", "key", "operation", "service", "error_class", "status", "code", "field", "message",
            "request_id", "correlation", "attempt", "gave_up", "times", "context", "state", "state_reason",
            "first_seen", "last_seen", "settled_at", "cause",
        )  # fmt: skip
        read_only_fields = fields


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One try at an item; `exchange` is the request and its answer, masked, where the call was kept."""

    error_class = TextOrNull()
    code = TextOrNull()
    message = TextOrNull()
    request_id = TextOrNull()

    class Meta:
        model = Attempt
        fields = (
            "number", "began_at", "ended_at", "outcome", "error_class", "status", "code", "message", "request_id",
            "seconds", "exchange",
        )  # fmt: skip
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("One try", examples.ATTEMPTS, response_only=True)])
class AttemptsSerializer(serializers.Serializer[Any]):
    """The tries of an error's item, the newest first, and when the next one is."""

    id = serializers.CharField(help_text="The error.")
    next_try = serializers.DateTimeField(allow_null=True)
    attempts = AttemptSerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("A reason", examples.DISMISSAL, request_only=True)])
class DismissalSerializer(StrictSerializer):
    """Why an error is put aside."""

    reason = Text(max_length=500, help_text="So that the next person knows.")
    until = serializers.ChoiceField(
        UNTIL, required=False, allow_null=True,
        help_text="Left out or null: until the same item fails again. Else the whole cause stays aside, with what fails for it "
        "meanwhile: for one, seven or thirty days, or until there are more than twice as many.",
    )  # fmt: skip


class DismissalCountsSerializer(serializers.Serializer[Any]):
    """How many errors matched, and how many of them are put aside by now."""

    detail = serializers.CharField()
    matched = serializers.IntegerField()
    dismissed = serializers.IntegerField()
    run = serializers.CharField(
        allow_null=True, help_text="The work that puts them aside, where they are more than a thousand."
    )
    look_at = serializers.URLField()


class RetryCountsSerializer(serializers.Serializer[Any]):
    """How many errors matched, and how many of them will be tried."""

    detail = serializers.CharField()
    matched = serializers.IntegerField()
    queued = serializers.IntegerField()
    run = serializers.CharField(
        allow_null=True, help_text="The work that queues them, where they are more than a thousand."
    )
    look_at = serializers.URLField()


@extend_schema_serializer(examples=[OpenApiExample("A unit of work", examples.JOB, response_only=True)])
class JobSerializer(serializers.ModelSerializer[Item]):
    """One unit of outside work: a scan of a domain, a push of a company, a sync of an account."""

    id = serializers.CharField(source="pk", read_only=True)
    lane = word(LANES)
    state = word(JobState.choices)
    asked_by = TextOrNull()

    class Meta:
        model = Item
        fields = (
            "id", "kind", "key", "lane", "state", "priority", "attempts", "due_at", "dead_at", "last_success_at",
            "asked_by", "correlation",
        )  # fmt: skip
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("A lane", examples.LANE, response_only=True)])
class LaneSerializer(serializers.Serializer[LaneStatus]):
    """A service and how Hunter's calls to it go; times in seconds, `rate` in items done during the last minute."""

    lane = word(LANES)
    title = serializers.CharField()
    state = word(LANE_STATES)
    reason = TextOrNull()
    held_by = TextOrNull(help_text="Who stopped it, where a person did.")
    limited_by = TextOrNull(help_text="Who set its figures, where they are not the settings'.")
    limited_why = TextOrNull()
    paused_for = serializers.FloatField()
    failing_for = serializers.FloatField(
        help_text="Seconds since calls began to fail, where none has gone right since; else 0."
    )
    limit = serializers.FloatField(help_text="Calls a second; for dns, domains.")
    burst = serializers.IntegerField()
    slots = serializers.IntegerField()
    slots_taken = serializers.IntegerField()
    depth = serializers.IntegerField(help_text="Due and waiting.")
    later = serializers.IntegerField(help_text="Waiting for their time, or for another try.")
    leases = serializers.IntegerField(help_text="Being done.")
    dead = serializers.IntegerField(help_text="Gave up; somebody must act.")
    oldest_age = serializers.FloatField()
    rate = serializers.IntegerField()


@extend_schema_serializer(examples=[OpenApiExample("Why", examples.REASON, request_only=True)])
class ReasonSerializer(StrictSerializer):
    """Why a lane is changed: everybody sees it."""

    why = Text(max_length=300)


@extend_schema_serializer(examples=[OpenApiExample("Half as much", examples.LIMIT, request_only=True)])
class LimitSerializer(ReasonSerializer):
    """How much Hunter may ask of a service; what is left out stays as it is."""

    limit = serializers.FloatField(required=False, help_text="Calls a second; for dns, domains.")
    burst = serializers.IntegerField(required=False)
    slots = serializers.IntegerField(required=False, help_text="Calls at once.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) <= {"why"}:
            raise serializers.ValidationError("Give limit, burst or slots.")
        return attrs


@extend_schema_serializer(
    many=False,
    examples=[
        OpenApiExample("All lanes", {"next": None, "previous": None, "results": [examples.LANE]}, response_only=True)
    ],
)
class LanePageSerializer(serializers.Serializer[Any]):
    """All lanes; there is only one page."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = LaneSerializer(many=True)
