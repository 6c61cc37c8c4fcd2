"""Pages of a list that can stand in several orders: a cursor keeps where the last row stood, in every column of its order.

DRF's own cursor keeps one column and counts within equal values, up to a thousand: it loses its place in a list where
a hundred thousand rows share a priority.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from hunter.ops.api.pages import NewestFirst

ORDERING = "ordering"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind the row with these values, or before it when going back."""

    values: tuple[Any, ...]
    is_back: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One column of an order. What is empty stands last, whichever way the column runs."""

    field: str
    descending: bool
    nullable: bool

    def order(self, *, is_back: bool) -> OrderBy:
        """The column as the database sorts by it; backwards, what was last comes first."""
        turned = self.descending != is_back
        nulls: dict[str, bool] = {("nulls_first" if is_back else "nulls_last"): True} if self.nullable else {}
        column = F(self.field)
        return column.desc(**nulls) if turned else column.asc(**nulls)

    def beyond(self, value: Any, *, is_back: bool) -> Q | None:
        """Rows that stand further on in this column; None where there are none."""
        if value is None:
            return Q(**{f"{self.field}__isnull": False}) if is_back else None
        further = Q(**{f"{self.field}__{'lt' if self.descending != is_back else 'gt'}": value})
        return further | Q(**{f"{self.field}__isnull": True}) if self.nullable and not is_back else further

    def level(self, value: Any) -> Q:
        """Rows that stand beside it."""
        return Q(**{f"{self.field}__isnull": True}) if value is None else Q(**{self.field: value})

    def reach(self, value: Any, *, is_back: bool) -> Q:
        """Level or beyond, so that an index on the column can begin there."""
        if self.nullable or value is None:
            return Q()
        return Q(**{f"{self.field}__{'lte' if self.descending != is_back else 'gte'}": value})

    def value_of(self, row: Any) -> Any:
        value = row
        for name in self.field.split("__"):
            try:
                value = getattr(value, name)
            except ObjectDoesNotExist:
                return None
        return value.isoformat() if isinstance(value, datetime) else value


def steps_of(order: Sequence[OrderBy], *, nullable: frozenset[str]) -> tuple[Step, ...]:
    """The columns of an order, as Django writes it."""
    named: list[tuple[Any, bool]] = [(one.expression, one.descending) for one in order]  # each an F, of unknown type
    return tuple(Step(column.name, descending, column.name in nullable) for column, descending in named)


def reversed_first(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The same order with its first column the other way round; ties stay as they are."""
    first, *rest = steps
    return (Step(first.field, not first.descending, first.nullable), *rest)


def beyond(steps: Sequence[Step], place: Place) -> Q:
    """The rows behind a place (or before it)."""
    condition, level = Q(pk=None), Q()
    for step, value in zip(steps, place.values, strict=True):
        further = step.beyond(value, is_back=place.is_back)
        if further is not None:
            condition |= level & further
        level &= step.level(value)
    return condition & steps[0].reach(place.values[0], is_back=place.is_back)


class OrderedPages(NewestFirst):
    """Pages in an order that the caller chooses; the last column of each order is unique.

    `orders` are the orders by name, the first one counts unless another is asked for; `-name` turns it round.
    """

    orders: ClassVar[Mapping[str, Sequence[OrderBy]]]
    nullable: ClassVar[frozenset[str]] = frozenset()

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        self.request = request
        self.page_size = self.get_page_size(request) or 0
        self.address = request.build_absolute_uri()
        self.steps = self.chosen_steps(request)
        self.place = self.read_cursor(request)
        is_back = self.place is not None and self.place.is_back
        try:
            rows = queryset.order_by(*(step.order(is_back=is_back) for step in self.steps))
            if self.place is not None:
                rows = rows.filter(beyond(self.steps, self.place))
            found = list(rows[: self.page_size + 1])
        except (ValueError, TypeError, DjangoValidationError):
            raise self.unknown_cursor() from None
        self.has_more = len(found) > self.page_size
        self.rows = found[: self.page_size][::-1] if is_back else found[: self.page_size]
        return self.rows

    @classmethod
    def chosen_steps(cls, request: Request) -> tuple[Step, ...]:
        """The order that is asked for. Raises ValidationError for one that there is not."""
        asked = request.query_params.get(ORDERING, next(iter(cls.orders)))
        name = asked.removeprefix("-")
        if name not in cls.orders:
            raise ValidationError({ORDERING: f"There is no order {asked!r}. Known are {', '.join(cls.orders)}."})
        steps = steps_of(cls.orders[name], nullable=cls.nullable)
        return reversed_first(steps) if asked.startswith("-") else steps

    def read_cursor(self, request: Request) -> Place | None:
        given = request.query_params.get(self.cursor_query_param)
        if given is None:
            return None
        try:
            told = json.loads(urlsafe_b64decode(given.encode("ascii")))
            place = Place(tuple(told["at"]), told["back"] is True)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self.unknown_cursor() from None
        if len(place.values) != len(self.steps) or not all(
            one is None or isinstance(one, str | int) for one in place.values
        ):
            raise self.unknown_cursor()
        return place

    @staticmethod
    def unknown_cursor() -> ValidationError:
        return ValidationError({"cursor": "This is no cursor that Hunter gave. Begin with the first page."})

    def get_next_link(self) -> str | None:
        is_back = self.place is not None and self.place.is_back
        has_next = bool(self.rows) and (is_back or self.has_more)
        return self.link_to(self.rows[-1], is_back=False) if has_next else None

    def get_previous_link(self) -> str | None:
        has_previous = bool(self.rows) and self.place is not None and (not self.place.is_back or self.has_more)
        return self.link_to(self.rows[0], is_back=True) if has_previous else None

    def link_to(self, row: Any, *, is_back: bool) -> str:
        """The address of the page that begins behind (or ends before) the row."""
        told = {"at": [step.value_of(row) for step in self.steps], "back": is_back}
        cursor = urlsafe_b64encode(json.dumps(told, ensure_ascii=False).encode()).decode("ascii")
        return str(replace_query_param(self.address, self.cursor_query_param, cursor))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        words = "The order: one of these, or with `-` in front the other way round."
        choices = [*self.orders, *(f"-{name}" for name in self.orders)]
        order = {
            "name": ORDERING, "in": "query", "required": False, "description": words,
            "schema": {"type": "string", "enum": choices, "default": choices[0]},
        }  # fmt: skip
        return [*super().get_schema_operation_parameters(view), order]
