"""What the rooms above show on a company's JSON: each registers its members here, leads knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from leads.api.examples import COMPANY
from leads.models import Company

FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class CompanyFigures:
    """Members of a company's JSON: their serializer, where they come from for a whole page at once, an example.

    `read` takes a constant number of queries and gives an entry for each company, by its id.
    """

    serializer: type[serializers.Serializer[Any]]
    read: Callable[[Sequence[Company]], Mapping[int, Mapping[str, Any]]]
    example: Mapping[str, Any]


_registered: list[CompanyFigures] = []


def register(figures: CompanyFigures) -> None:
    """Add members to a company's JSON, and to its example; an app does it once, where its addresses are made."""
    _registered.append(figures)
    COMPANY.update(figures.example)


def attach_figures(companies: Sequence[Company]) -> Sequence[Company]:
    """The same companies with their figures, ready to be shown."""
    read = [one.read(companies) for one in _registered]
    for company in companies:
        vars(company)[FIGURES] = {name: value for figures in read for name, value in figures[company.pk].items()}
    return companies


def figure_fields() -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """The registered members as fields that read the attached figures."""
    fields = {name: field for one in _registered for name, field in one.serializer().get_fields().items()}
    for name, field in fields.items():
        field.source = f"{FIGURES}.{name}"
        field.read_only = True
    return fields
