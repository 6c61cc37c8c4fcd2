"""The filters of CRM records."""

from __future__ import annotations

from django_filters import (
    BooleanFilter,
    CharFilter,
    ChoiceFilter,
    FilterSet,
    IsoDateTimeFilter,
    NumberFilter,
    UUIDFilter,
)

from crm.models import RESULTS, STATES
from crm.registry import known_crms


class CrmRecordFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Leads in the CRM by how they stand."""

    domain = CharFilter(field_name="company__domain")
    crm = ChoiceFilter(choices=lambda: [(name, name) for name in known_crms()])
    lead_id = UUIDFilter()
    state = ChoiceFilter(choices=STATES)
    last_result = ChoiceFilter(choices=RESULTS)
    result_after = IsoDateTimeFilter(field_name="last_result_at", lookup_expr="gte")
    result_before = IsoDateTimeFilter(field_name="last_result_at", lookup_expr="lt")
    has_conflict = BooleanFilter()
    mapping_version = NumberFilter()
    is_adopted = BooleanFilter()
