"""Alerts over HTTP: what rescans found that somebody is told of, and how far each of its messages came."""

from __future__ import annotations

from typing import ClassVar

from django_filters import CharFilter, ChoiceFilter, FilterSet, IsoDateTimeFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers

from hunter.ops.api.resources import Resource
from hunter.ops.api.words import TextOrNull, word
from leads.alerting import AlertState
from leads.api import examples
from leads.models import Alert, AlertChannel, AlertDelivery
from leads.models.alerts import DELIVERY_STATES, TYPES

STATES = [(one.value, one.value) for one in AlertState]


class AlertMessageSerializer(serializers.ModelSerializer[AlertDelivery]):
    """One message that carries the alert. Of a target only what is no secret is told."""

    id = serializers.CharField(source="pk", read_only=True)
    method = serializers.ChoiceField(AlertChannel.Method.choices, source="channel.method", read_only=True)
    target = serializers.CharField(source="channel.shown_target", read_only=True)
    state = word(DELIVERY_STATES)
    reason = TextOrNull()

    class Meta:
        model = AlertDelivery
        fields = ("id", "method", "target", "state", "tries", "reason", "settled_at")
        read_only_fields = fields


@extend_schema_field(OpenApiTypes.ANY)
class ChangedValue(serializers.JSONField):
    """What was, or is: a word, a date, null for none; of a score its priority and its segment."""


@extend_schema_serializer(examples=[OpenApiExample("An alert", examples.ALERT, response_only=True)])
class AlertSerializer(serializers.ModelSerializer[Alert]):
    """A change that somebody is told of, once."""

    id = serializers.CharField(source="pk", read_only=True)
    type = word(TYPES)
    domain = serializers.CharField(source="company.domain", read_only=True)
    previous = ChangedValue(read_only=True, allow_null=True)
    current = ChangedValue(read_only=True, allow_null=True)
    state = word(STATES)
    messages = AlertMessageSerializer(source="deliveries", many=True, read_only=True)

    class Meta:
        model = Alert
        fields = (
            "id", "type", "domain", "text", "previous", "current", "state", "raised_at", "settled_at", "messages",
        )  # fmt: skip
        read_only_fields = fields


class AlertFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Alerts by what changed, for whom, when, and whether anybody was told."""

    type = ChoiceFilter(choices=TYPES)
    state = ChoiceFilter(choices=STATES)
    domain = CharFilter(field_name="company__domain")
    raised_before = IsoDateTimeFilter(field_name="raised_at", lookup_expr="lt")
    raised_after = IsoDateTimeFilter(field_name="raised_at", lookup_expr="gte")


@extend_schema(tags=["alerts"])
@extend_schema_view(
    list=extend_schema(summary="Alerts, newest first"),
    retrieve=extend_schema(summary="One alert"),
)
class AlertViews(Resource[Alert]):
    """What rescans found that somebody is told of."""

    queryset = Alert.objects.select_related("company").prefetch_related("deliveries__channel")
    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {"read": "leads.view_alert"}
