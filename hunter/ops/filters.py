"""The filter that lists are narrowed by: a drop-down with a few words to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter


class ChoiceFilter(DropdownFilter):
    """A filter by words: `choices_shown` are the values and their titles, `narrowed` leaves the rows of one of them."""

    def choices_shown(self) -> Sequence[tuple[str, str]]:
        """What can be chosen."""
        raise NotImplementedError

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        """The rows of what was chosen; a value that there is not leaves them all."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return self.choices_shown()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        return self.narrowed(queryset, chosen) if chosen else queryset
