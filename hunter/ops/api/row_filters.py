"""The filters of errors and of units of work."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import BooleanFilter, CharFilter, ChoiceFilter, FilterSet, IsoDateTimeFilter
from django_filters.utils import translate_validation

from hunter.ops.api.jobs import JobState
from hunter.ops.api.serializers import ERROR_CLASSES, LANES
from hunter.work.models import ErrorRecord, Priority


class ErrorFilter(FilterSet):
    """Errors by what they are, whom they are about, and when."""

    state = ChoiceFilter(choices=ErrorRecord.State.choices)
    error_class = ChoiceFilter(choices=ERROR_CLASSES)
    service = CharFilter()
    kind = CharFilter()
    key = CharFilter(label="The domain, referral or account that it is about.")
    operation = CharFilter()
    gave_up = BooleanFilter(label="No further try by itself.")
    cause = CharFilter(field_name="fingerprint", label="The errors of one cause, as each of them names it.")
    seen_before = IsoDateTimeFilter(field_name="last_seen", lookup_expr="lt")
    seen_after = IsoDateTimeFilter(field_name="last_seen", lookup_expr="gte")


class JobFilter(FilterSet):
    """Units of work by what they are and how they stand."""

    kind = CharFilter()
    key = CharFilter(label="The domain, referral or account that it is about.")
    lane = ChoiceFilter(choices=LANES)
    priority = ChoiceFilter(choices=Priority.choices)
    state = ChoiceFilter(choices=JobState.choices)


def filtered_by(filterset_class: type[Any], values: Any, *, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """The rows that the filters leave. Raises django-filter's errors as a fault of the request."""
    filterset = filterset_class(data=values, queryset=queryset)
    if not filterset.is_valid():
        raise translate_validation(filterset.errors)
    rows: QuerySet[Any] = filterset.qs
    return rows
