"""Which columns of a list leave the house, and how its rows are read: pages by key, never all at once (R7.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from hunter.exports.cells import Cell

R = TypeVar("R")
PAGE = 500
MOST_IN_ORDER = 100_000  # the keys of so many are held in memory: about 10 MB


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column: what stands above it, and what a row has there."""

    title: str
    value: Callable[[R], Cell]


def nothing_more(page: Sequence[Any]) -> None:
    """A sheet whose rows have all that its columns need."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of a list. `prepare` attaches to a page of rows what stands in other tables, in a constant number of
    queries; `heavy` names columns of the table that are not read.
    """

    title: str
    columns: tuple[Column[Any], ...]
    related: tuple[str, ...] = ()
    heavy: tuple[str, ...] = ()
    prepare: Callable[[Sequence[Any]], None] = nothing_more

    @property
    def headers(self) -> list[str]:
        return [column.title for column in self.columns]

    def cells_of(self, row: Any) -> list[Cell]:
        return [column.value(row) for column in self.columns]


@dataclass(frozen=True, slots=True)
class Walk:
    """The way over the rows of a list: `keys` in the list's own order, or None where it goes by key."""

    rows: QuerySet[Any]
    count: int
    keys: tuple[Any, ...] | None


def plan_walk(rows: QuerySet[Any], *, most_in_order: int = MOST_IN_ORDER) -> Walk:
    """How many rows there are, and how they will be walked: in their own order up to `most_in_order`, else by key.

    Either way a row is met once at most, whatever changes meanwhile; one that is deleted meanwhile is left out.
    """
    keys = tuple(dict.fromkeys(rows.values_list("pk", flat=True)[: most_in_order + 1]))
    if len(keys) <= most_in_order:
        return Walk(rows, len(keys), keys)
    return Walk(rows, rows.order_by().count(), None)


def cells(walk: Walk, *, sheet: Sheet, page_size: int = PAGE) -> Iterator[list[Cell]]:
    """The cells of every row, read page by page: no transaction and no cursor is held open (pooler)."""
    for keys in key_pages(walk, page_size=page_size):
        page = rows_of(walk.rows.model, keys, sheet=sheet)
        sheet.prepare(page)
        yield from (sheet.cells_of(row) for row in page)


def key_pages(walk: Walk, *, page_size: int) -> Iterator[Sequence[Any]]:
    """The keys of each page."""
    if walk.keys is not None:
        for start in range(0, len(walk.keys), page_size):
            yield walk.keys[start : start + page_size]
        return

    by_key = walk.rows.order_by("pk").values_list("pk", flat=True)
    page = list(by_key[:page_size])
    while page:
        yield tuple(dict.fromkeys(page))
        page = list(by_key.filter(pk__gt=page[-1])[:page_size])


def rows_of(model: type[Model], keys: Sequence[Any], *, sheet: Sheet) -> list[Any]:
    """The rows of these keys, in their order."""
    read = model._default_manager.select_related(*sheet.related) if sheet.related else model._default_manager.all()
    found = read.defer(*sheet.heavy).in_bulk(keys)
    return [found[key] for key in keys if key in found]
