"""The query of a list and its pages (contract P15-P21, P43)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from hunter.sandbox.partner_center.filters import FilterRefused, Row, Test, read_filter
from hunter.sandbox.partner_center.moments import comparable

PAGE_SIZE = 100
SORTABLE = frozenset({"createdDateTime", "updatedDateTime"})
KNOWN_OPTIONS = frozenset({"$filter", "$orderby", "$select", "$top", "$count"})
SKIPTOKEN_LIFE = timedelta(hours=1)
_KEY = b"sandbox skiptoken"


class QueryRefused(ValueError):
    """A query option that the service does not take; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a list asks for. `after` is the place where the last page ended: the sort value and the id."""

    filter: str = ""
    order_by: str = "createdDateTime"
    descending: bool = False
    select: tuple[str, ...] = ()
    left: int | None = None
    after: tuple[str, str] | None = None


def read_query(options: Mapping[str, str], *, members: Collection[str], now: datetime, oldest_token: datetime) -> Query:
    """The query of a first page, or of the page that a skiptoken stands for. Raises QueryRefused."""
    named = {name: value for name, value in options.items() if name.startswith("$")}
    if (token := named.pop("$skiptoken", None)) is not None:
        if named:
            raise QueryRefused(f"{', '.join(named)} can't be given with $skiptoken.")
        return _from_token(token, now=now, oldest=oldest_token)
    if unknown := named.keys() - KNOWN_OPTIONS:
        raise QueryRefused(f"The query option {', '.join(sorted(unknown))} is not supported.")
    order_by, descending = _order(named.get("$orderby", "createdDateTime asc"))
    query = Query(
        filter=named.get("$filter", ""),
        order_by=order_by,
        descending=descending,
        select=_selected(named["$select"], members) if "$select" in named else (),
        left=_top(named["$top"]) if "$top" in named else None,
    )
    matching_test(query)
    return query


def page_of(rows: list[Row], query: Query) -> tuple[list[Row], Query | None]:
    """One page of rows that are in order already, and the query of the next page, None after the last."""
    start = 0 if query.after is None else _first_after(rows, query)
    size = PAGE_SIZE if query.left is None else min(PAGE_SIZE, query.left)
    page = rows[start : start + size]
    left = None if query.left is None else query.left - len(page)
    if start + size >= len(rows) or left == 0 or not page:
        return page, None
    end = sort_key(page[-1], query)
    return page, Query(query.filter, query.order_by, query.descending, query.select, left, end)


def in_order(rows: list[Row], query: Query) -> list[Row]:
    fits = matching_test(query)
    return sorted((row for row in rows if fits(row)), key=lambda row: sort_key(row, query), reverse=query.descending)


def matching_test(query: Query) -> Test:
    """Whether a row belongs to the list. Raises QueryRefused."""
    if not query.filter.strip():
        return lambda _row: True
    try:
        return read_filter(query.filter)
    except FilterRefused as error:
        raise QueryRefused(f"$filter: {error}") from error


def sort_key(row: Row, query: Query) -> tuple[str, str]:
    """The sort value, then the id, so that equal times keep one order (P19)."""
    return comparable(row.get(query.order_by)) or "", str(row.get("id") or "")


def skiptoken(query: Query, *, now: datetime) -> str:
    text = json.dumps({**asdict(query), "at": now.timestamp()}, separators=(",", ":"))
    raw = text.encode()
    return base64.urlsafe_b64encode(_mac(raw) + raw).decode()


def _from_token(token: str, *, now: datetime, oldest: datetime) -> Query:
    try:
        data = base64.urlsafe_b64decode(token)
    except (binascii.Error, ValueError) as error:
        raise QueryRefused("The $skiptoken is invalid.") from error
    if not hmac.compare_digest(data[:16], _mac(data[16:])):
        raise QueryRefused("The $skiptoken is invalid.")
    state = json.loads(data[16:])
    made = state.pop("at")
    if made < max(oldest, now - SKIPTOKEN_LIFE).timestamp():
        raise QueryRefused("The $skiptoken has expired.")
    after = state.pop("after")
    return Query(**{**state, "select": tuple(state["select"])}, after=None if after is None else (after[0], after[1]))


def _mac(raw: bytes) -> bytes:
    return hmac.new(_KEY, raw, hashlib.sha256).digest()[:16]


def _first_after(rows: list[Row], query: Query) -> int:
    assert query.after is not None  # noqa: S101  asked by page_of only then
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        key = sort_key(rows[middle], query)
        is_before = key >= query.after if query.descending else key <= query.after
        low, high = (middle + 1, high) if is_before else (low, middle)
    return low


def _order(text: str) -> tuple[str, bool]:
    field, _, direction = text.strip().partition(" ")
    if field not in SORTABLE or direction.strip() not in ("", "asc", "desc"):
        raise QueryRefused(f"$orderby: '{text}' is not supported; {' or '.join(sorted(SORTABLE))}, asc or desc.")
    return field, direction.strip() == "desc"


def _selected(text: str, members: Collection[str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in members:
            raise QueryRefused(f"$select: there is no property '{name}'.")
    return names


def _top(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise QueryRefused(f"$top: '{text}' is no whole number.")
    return int(text)
