"""Refused rows, received webhooks and what is written to Partner Center as JSON."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from hunter.ops.api.inputs import StrictSerializer, Text
from hunter.ops.api.words import TextOrNull, word
from referrals.api import received_examples as examples
from referrals.models import DeliveryState, RefusedReferral, WebhookDelivery, WriteBack, WriteBackState
from referrals.writing import StatusStep

STEPS = [(step.value, step.value) for step in StatusStep]


@extend_schema_serializer(examples=[OpenApiExample("A refused referral", examples.REFUSED, response_only=True)])
class RefusedReferralSerializer(serializers.ModelSerializer[RefusedReferral]):
    """A row that could not be stored, and why; the row itself is kept encrypted and is not shown."""

    id = serializers.CharField(source="pk", read_only=True)
    key = serializers.CharField(read_only=True, help_text="The referral's id, or a name for a row without one.")
    field = TextOrNull()
    settled_how = TextOrNull()

    class Meta:
        model = RefusedReferral
        fields = (
            "id", "key", "reason", "field", "times", "first_refused_at", "last_refused_at", "settled_at", "settled_how",
        )  # fmt: skip
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("A delivery", examples.DELIVERY, response_only=True)])
class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """A message of Partner Center, whether it was vouched for, and what became of it."""

    id = serializers.CharField(source="pk", read_only=True)
    state = word(DeliveryState.choices)
    event = TextOrNull()
    referral_id = TextOrNull()
    told = TextOrNull()

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "source", "state", "is_verified", "event", "referral_id", "changed_at", "told", "times", "received_at",
            "last_received_at", "settled_at",
        )  # fmt: skip
        read_only_fields = fields


class WrittenSerializer(serializers.ModelSerializer[WriteBack]):
    """What a person or Hunter wants a referral to say at Partner Center, and how far the writing of it is."""

    referral_id = serializers.CharField(source="referral.referral_id", read_only=True)
    state = word(WriteBackState.choices)
    told = TextOrNull()
    wanted_status = TextOrNull()
    wanted_substatus = TextOrNull()
    wanted_reason = TextOrNull()
    wanted_by = serializers.CharField(source="wanted_by.username", read_only=True, allow_null=True, default=None)
    reference_written = TextOrNull()

    class Meta:
        model = WriteBack
        fields = (
            "referral_id", "state", "told", "wanted_status", "wanted_substatus", "wanted_reason", "wanted_by",
            "wanted_at", "reference_written", "written_at",
        )  # fmt: skip
        read_only_fields = fields


class StatusChoiceSerializer(StrictSerializer):
    """What a person chose."""

    step = serializers.ChoiceField(choices=STEPS)
    why = Text(max_length=1000, required=False, help_text="Written to the referral as the reason, and kept.")


class KeepStatusSerializer(StrictSerializer):
    """Why a choice is given up."""

    why = Text(max_length=300, required=False, help_text="Kept in the audit log.")
