"""The filters of referrals and sync runs."""

from __future__ import annotations

from django.db.models import Q
from django_filters import CharFilter, ChoiceFilter, FilterSet, IsoDateTimeFilter

from referrals.models import ReferralQuerySet, SyncMode, SyncState, choices


class ReferralFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Referrals by their link, their status, and when they changed."""

    link_status = ChoiceFilter(choices=choices.LINK_STATUSES)
    status = CharFilter()
    domain = CharFilter()
    engagement_id = CharFilter()
    company = CharFilter(field_name="company__domain", label="The domain of the company it is linked to.")
    updated_after = IsoDateTimeFilter(field_name="updated_at_source", lookup_expr="gte")
    updated_before = IsoDateTimeFilter(field_name="updated_at_source", lookup_expr="lt")
    search = CharFilter(method="search_for", label="Part of its name or of the company's name.")

    def search_for(self, referrals: ReferralQuerySet, name: str, value: str) -> ReferralQuerySet:
        return referrals.filter(Q(name__icontains=value) | Q(company_name__icontains=value))


class SyncRunFilter(FilterSet):  # type: ignore[misc]
    """Runs by account, and how they stand."""

    account = CharFilter()
    state = ChoiceFilter(choices=SyncState.choices)
    mode = ChoiceFilter(choices=SyncMode.choices)
