"""The filters of companies and scans: every one rests on an index."""

from __future__ import annotations

from django.db.models import Q
from django_filters import CharFilter, ChoiceFilter, FilterSet, IsoDateTimeFilter, NumberFilter

from leads.models import Company, ScanJobEntry, choices
from leads.models.company import CompanyQuerySet


class CompanyFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Companies by who they are, what was found and how they are classed."""

    domain = CharFilter()
    registrable_domain = CharFilter()
    search = CharFilter(method="search_for", label="Part of the domain or of the name.")
    provider = ChoiceFilter(choices=choices.PROVIDERS)
    segment = ChoiceFilter(choices=choices.SEGMENTS)
    priority_category = ChoiceFilter(choices=choices.PRIORITY_CATEGORIES)
    priority = NumberFilter(min_value=1, max_value=7)
    score_min = NumberFilter(field_name="score", lookup_expr="gte", min_value=0, max_value=100)
    score_max = NumberFilter(field_name="score", lookup_expr="lte", min_value=0, max_value=100)
    scan_status = ChoiceFilter(choices=choices.ScanState.choices)
    scanned_before = IsoDateTimeFilter(field_name="signals__scanned_at", lookup_expr="lt")
    scanned_after = IsoDateTimeFilter(field_name="signals__scanned_at", lookup_expr="gte")

    class Meta:
        model = Company
        fields: tuple[str, ...] = ()

    def search_for(self, companies: CompanyQuerySet, name: str, value: str) -> CompanyQuerySet:
        return companies.filter(Q(domain__icontains=value) | Q(name__icontains=value))


class ScanEntryFilter(FilterSet):  # type: ignore[misc]
    """The domains of a scan by what became of them."""

    state = ChoiceFilter(choices=ScanJobEntry.State.choices)
    domain = CharFilter()
