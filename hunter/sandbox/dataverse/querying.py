"""Answering a query over leads: options, order, pages (contract 4.7, D30 to D32)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

from hunter.sandbox.dataverse.addressing import LARGEST_PAGE, Preferences
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_request, no_such_property
from hunter.sandbox.dataverse.filters import Node, parse_filter
from hunter.sandbox.dataverse.matching import Matches, comparable, compile_filter, pinned_values
from hunter.sandbox.dataverse.records import Lead, LeadStore
from hunter.sandbox.dataverse.representing import selected_columns
from hunter.sandbox.dataverse.schema import Column, Schema

KNOWN_OPTIONS = frozenset({"$select", "$filter", "$orderby", "$top", "$count", "$skiptoken"})
NOT_YET = frozenset({"$expand"})
SIGNING_KEY = b"dataverse-simulator"  # a skiptoken is opaque, not secret; the signature only shows tampering
COOKIE = re.compile(r'<cookie pagenumber="(\d+)" pagingcookie="([\w=-]+)\.([0-9a-f]{16})" istracking="False" />')


@dataclass(frozen=True, slots=True)
class Sorting:
    column: Column
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was asked for, checked against the schema."""

    options: Mapping[str, str]
    columns: list[Column] | None
    filter: Node | None
    matches: Matches
    order: tuple[Sorting, ...]
    top: int | None
    wants_count: bool
    page_size: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the answer. `next_options` is the query string of the next one, empty on the last."""

    leads: list[Lead]
    total: int
    next_options: str


def read_query(options: Mapping[str, str], schema: Schema, *, preferences: Preferences) -> Query:
    """Raises DataverseError with the documented 400 for what the query language or the table does not have."""
    for name in options:
        if name in NOT_YET:
            raise DataverseError(Refusal.NOT_IMPLEMENTED, f"The simulator does not answer queries with {name}.")
        if name.startswith("$") and name not in KNOWN_OPTIONS:
            raise bad_request(f"The query parameter '{name}' is not supported.")
    node = parse_filter(options["$filter"]) if "$filter" in options else None
    top = _top(options.get("$top"))
    return Query(
        options=options,
        columns=selected_columns(options.get("$select"), schema),
        filter=node,
        matches=compile_filter(node, schema) if node is not None else _everything,
        order=_order(options.get("$orderby", ""), schema),
        # Sent together, the page size wins (D32).
        top=None if preferences.page_size is not None else top,
        wants_count=_boolean(options.get("$count", "false")),
        page_size=preferences.page_size or LARGEST_PAGE,
    )


def run_query(query: Query, store: LeadStore) -> Page:
    leads = [lead for lead in _candidates(query, store) if query.matches(lead.values)]
    leads.sort(key=lambda lead: lead.lead_id)
    for sorting in reversed(query.order):
        leads.sort(key=lambda lead: _sort_value(lead, sorting.column), reverse=sorting.descending)
    total = len(leads)
    if query.top is not None:
        return Page(leads[: min(query.top, LARGEST_PAGE)], total, "")

    number, start = 1, 0
    if "$skiptoken" in query.options:
        number, *last = _read_cookie(query)
        start = next((place for place, lead in enumerate(leads) if _comes_after(lead, last, query.order)), total)
    page = leads[start : start + query.page_size]
    if start + query.page_size >= total:
        return Page(page, total, "")
    place = [_sort_value(page[-1], sorting.column) for sorting in query.order]
    return Page(page, total, _next_options(query, [number + 1, *place, page[-1].lead_id]))


def _everything(row: object) -> bool:
    return True


def _candidates(query: Query, store: LeadStore) -> Iterable[Lead]:
    """Found by an index where the filter pins columns: a lookup by ids and domains does not read the table."""
    pins = pinned_values(query.filter) if query.filter is not None else None
    return store.all() if pins is None else store.with_any(pins)


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal():
        raise bad_request(
            f"Invalid value '{text}' for $top query option found. The $top query option requires a non-negative integer value."
        )
    return int(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise bad_request(f"Invalid value '{text}' for $count query option found.")
    return text == "true"


def _order(text: str, schema: Schema) -> tuple[Sorting, ...]:
    return tuple(_sorting(part.split(), schema) for part in text.split(",")) if text.strip() else ()


def _sorting(words: list[str], schema: Schema) -> Sorting:
    if not words or len(words) > 2 or words[1:] not in ([], ["asc"], ["desc"]):
        raise bad_request(f"Syntax error in $orderby at '{' '.join(words)}'.")
    column = schema.by_property(words[0])
    if column is None:
        raise no_such_property(words[0])
    return Sorting(column, descending=words[1:] == ["desc"])


def _sort_value(lead: Lead, column: Column) -> tuple[bool, Any]:
    """Nulls come first, as in SQL Server."""
    value = lead.values.get(column.property_name)
    return (value is not None, 0 if value is None else comparable(column, value))


def _comes_after(lead: Lead, last: list[Any], order: tuple[Sorting, ...]) -> bool:
    """Whether the lead stands behind the row that ended the last page, which may be gone or changed by now."""
    *values, last_id = last
    for sorting, value in zip(order, values, strict=True):
        here, there = _sort_value(lead, sorting.column), tuple(value)
        if here != there:
            return (here > there) != sorting.descending
    return lead.lead_id > str(last_id)


def _next_options(query: Query, place: list[Any]) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    signed = f"{payload}.{_signature(query, payload)}"
    cookie = f'<cookie pagenumber="{place[0]}" pagingcookie="{signed}" istracking="False" />'
    kept = {name: value for name, value in query.options.items() if name != "$skiptoken"}
    return urlencode({**kept, "$skiptoken": quote(cookie)}, safe="$(),'/:", quote_via=quote)


def _signature(query: Query, payload: str) -> str:
    kept = sorted((name, value) for name, value in query.options.items() if name != "$skiptoken")
    return hmac.new(SIGNING_KEY, json.dumps([kept, payload]).encode(), hashlib.sha256).hexdigest()[:16]


def _read_cookie(query: Query) -> list[Any]:
    """The number of the page, the sort values of the row before it, and that row's id."""
    found = COOKIE.fullmatch(unquote(query.options["$skiptoken"]))
    if found is None or not hmac.compare_digest(found[3], _signature(query, found[2])):
        raise bad_request("Invalid value of the query option $skiptoken: the paging cookie does not fit the query.")
    try:
        return list(json.loads(base64.urlsafe_b64decode(found[2])))
    except (binascii.Error, ValueError) as error:
        raise bad_request("Malformed XML in the paging cookie.") from error
