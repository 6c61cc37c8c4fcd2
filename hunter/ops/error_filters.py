"""What the list of errors is narrowed by: its tabs, drop-downs, and what its own links set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from hunter.ops.advice import ADVICE
from hunter.ops.causes import only_part
from hunter.ops.filters import ChoiceFilter
from hunter.remote.lanes import FIGURES
from hunter.work.models import ErrorRecord

State = ErrorRecord.State
TABS = (
    (State.OPEN, "Open"),
    (State.RETRYING, "Being tried"),
    (State.DISMISSED, "Put aside"),
    (State.RESOLVED, "Resolved"),
)


class StateFilter(ChoiceFilter):
    """Open errors unless another tab is chosen: an inbox shows what is to be done."""

    title = "state"
    parameter_name = "state"
    all_option = ["all", "All"]

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(state.value, title) for state, title in TABS]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows if chosen == "all" else rows.filter(state=chosen)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.narrowed(queryset, self.value() or State.OPEN.value)


class ServiceFilter(ChoiceFilter):
    title = "service"
    parameter_name = "service"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(name.value, one.title) for name, one in FIGURES.items()]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(service=chosen)


class ClassFilter(ChoiceFilter):
    title = "class"
    parameter_name = "error_class"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(kind.value, one.label) for kind, one in ADVICE.items()]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(error_class=chosen)


class SinceFilter(ChoiceFilter):
    """By when it was seen last."""

    title = "seen last"
    parameter_name = "since"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [
            ("1h", "In the last hour"),
            ("1d", "In the last day"),
            ("7d", "In the last week"),
            ("30d", "In 30 days"),
        ]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        span = SPANS.get(chosen)
        return rows.filter(last_seen__gte=timezone.now() - span) if span else rows


class SetByLinks(admin.SimpleListFilter):
    """A filter that the page's own links set; it has no choices to be shown."""

    template = "admin/no_choices.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        return iter(())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class CauseFilter(SetByLinks):
    """The errors of one cause."""

    title = "cause"
    parameter_name = "cause"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(fingerprint=self.value()) if self.value() else queryset


class PartFilter(SetByLinks):
    """The part of a cause that has one wording, message, kind or status."""

    title = "part"
    parameter_name = "part"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return only_part(queryset, self.value() or "") if self.value() else queryset


class EachFilter(SetByLinks):
    """Set: a line for each error; else a line for each cause. It narrows nothing."""

    title = "each"
    parameter_name = "each"


class AfterFilter(SetByLinks):
    """After how many causes the page begins. It narrows nothing."""

    title = "after"
    parameter_name = "after"


SPANS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
