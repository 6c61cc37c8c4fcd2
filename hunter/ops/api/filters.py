"""Filters that refuse what they don't know: a misspelt filter would otherwise give every row."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import QuerySet
from django_filters import BooleanFilter, FilterSet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

UNFILTERED = frozenset({"cursor", "page_size", "format"})  # known to every list
TRUTHS = frozenset({"true", "false", "True", "False", ""})
ORDERED = frozenset({"ordering"})  # known to those whose pages can stand in several orders


class KnownFilters(DjangoFilterBackend):
    """Filters a list by the view's `filterset_class`; any other parameter is a fault of the request."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: APIView) -> QuerySet:  # type: ignore[type-arg]
        filterset_class = self.get_filterset_class(view, queryset)
        pages = getattr(type(view), "pagination_class", None)
        besides = UNFILTERED | (ORDERED if hasattr(pages, "orders") else frozenset())
        refuse_unknown(request.query_params, filterset_class=filterset_class, besides=besides)
        refuse_half_truths(request.query_params, filterset_class=filterset_class)
        filtered: QuerySet = super().filter_queryset(request, queryset, view)  # type: ignore[type-arg]
        return filtered


def refuse_unknown(
    names: Collection[str], *, filterset_class: type[FilterSet] | None, besides: Collection[str] = UNFILTERED
) -> None:
    """Raises ValidationError for the first name that is no filter."""
    known = {*(filterset_class.base_filters if filterset_class else ()), *besides} - UNFILTERED
    for name in names:
        if name not in known and name not in besides:
            what = f"Known are {', '.join(sorted(known))}." if known else "This address takes none."
            raise ValidationError({name: f"There is no filter {name!r}. {what}"})


def refuse_half_truths(given: Mapping[str, str], *, filterset_class: type[FilterSet] | None) -> None:
    """Raises ValidationError for a yes or no that is neither: it would be left out, and every row be given."""
    for name, known in (filterset_class.base_filters if filterset_class else {}).items():
        if isinstance(known, BooleanFilter) and given.get(name, "") not in TRUTHS:
            raise ValidationError({name: "Give true or false."})
