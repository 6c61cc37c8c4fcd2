"""The filters of companies and scans: every one rests on an index."""

from __future__ import annotations

from django_filters import BooleanFilter, CharFilter, ChoiceFilter, Filter, FilterSet, IsoDateTimeFilter, NumberFilter

from leads.company_lists import found_by
from leads.models import Company, ImportState, ScanJobEntry, choices
from leads.models.company import CompanyQuerySet


class CompanyFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Companies by who they are, what was found and how they are classed."""

    domain = CharFilter()
    registrable_domain = CharFilter()
    search = CharFilter(method="search_for", label="Part of the domain, of the name or of the provider.")
    provider = ChoiceFilter(choices=choices.PROVIDERS)
    segment = ChoiceFilter(choices=choices.SEGMENTS)
    priority_category = ChoiceFilter(choices=choices.PRIORITY_CATEGORIES)
    priority = NumberFilter(min_value=1, max_value=7)
    score_min = NumberFilter(field_name="score", lookup_expr="gte", min_value=0, max_value=100)
    score_max = NumberFilter(field_name="score", lookup_expr="lte", min_value=0, max_value=100)
    rules_version = CharFilter()
    scan_status = ChoiceFilter(choices=choices.ScanState.choices)
    scanned_before = IsoDateTimeFilter(field_name="signals__scanned_at", lookup_expr="lt")
    scanned_after = IsoDateTimeFilter(field_name="signals__scanned_at", lookup_expr="gte")

    class Meta:
        model = Company
        fields: tuple[str, ...] = ()

    def search_for(self, companies: CompanyQuerySet, name: str, value: str) -> CompanyQuerySet:
        return companies.filter(found_by(value))


def register_filter(name: str, one: Filter) -> None:
    """Add a filter of companies; an app above does it once, where its addresses are made."""
    CompanyFilter.base_filters[name] = one


class ScanEntryFilter(FilterSet):  # type: ignore[misc]
    """The domains of a scan by what became of them."""

    state = ChoiceFilter(choices=ScanJobEntry.State.choices)
    domain = CharFilter()


class ImportFilter(FilterSet):  # type: ignore[misc]
    """Imports by how they stand."""

    state = ChoiceFilter(choices=ImportState.choices)
    dry_run = BooleanFilter()
