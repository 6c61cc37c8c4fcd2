"""Searching companies or contacts: groups of filters, an order, pages; over the index, which may be behind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hunter.sandbox.hubspot.records import Record, Records
from hunter.sandbox.hubspot.refusals import HubSpotError

LARGEST_PAGE = 200
MOST_FOUND = 10_000
MOST_GROUPS, MOST_FILTERS = 5, 18
MOST_VALUES = 100


def search(body: Mapping[str, Any], records: Records, *, behind: timedelta) -> dict[str, Any]:
    """One page. Raises HubSpotError for what search does not take."""
    groups = [group.get("filters") or [] for group in body.get("filterGroups") or ()]
    if len(groups) > MOST_GROUPS or sum(map(len, groups)) > MOST_FILTERS:
        raise HubSpotError(400, f"There are at most {MOST_GROUPS} filterGroups with {MOST_FILTERS} filters in all")
    limit, after = int(body.get("limit") or 10), int(body.get("after") or 0)
    if not 0 < limit <= LARGEST_PAGE or after + limit > MOST_FOUND:
        raise HubSpotError(400, f"A page has at most {LARGEST_PAGE} results, a search at most {MOST_FOUND}")

    def value_of(record: Record, values: Mapping[str, str], name: str) -> str | None:
        records.schema.named(name)
        return values.get(name) or (record.value(name) if name not in record.values else None)

    found = [
        record
        for record, values in records.as_search_sees(behind=behind)
        if not groups
        or any(all(_holds(one, value_of(record, values, str(one.get("propertyName")))) for one in g) for g in groups)
    ]
    found.sort(key=lambda record: int(record.object_id))
    for sort in reversed(body.get("sorts") or [{"propertyName": "createdate"}]):
        name = sort if isinstance(sort, str) else str(sort["propertyName"])
        descending = isinstance(sort, dict) and sort.get("direction") == "DESCENDING"
        found.sort(key=lambda record, name=name: _place(record.value(name) or ""), reverse=descending)  # type: ignore[misc]
    page = found[after : after + limit]
    names = body.get("properties")
    answer: dict[str, Any] = {
        "total": len(found),
        "results": [record.as_json(names or None) for record in page],
    }
    if after + limit < len(found):
        answer["paging"] = {"next": {"after": str(after + limit), "link": f"?after={after + limit}"}}
    return answer


def _holds(one: Mapping[str, Any], value: str | None) -> bool:
    operator, wanted = str(one.get("operator")), one.get("value")
    match operator:
        case "HAS_PROPERTY":
            return value is not None
        case "NOT_HAS_PROPERTY":
            return value is None
        case "IN" | "NOT_IN":
            words = [str(word) for word in one.get("values") or ()]
            if not 0 < len(words) <= MOST_VALUES:
                raise HubSpotError(400, f"{operator} takes 1 to {MOST_VALUES} values")
            among = value is not None and value.lower() in words  # words of a text must be in small letters
            return among if operator == "IN" else not among
        case "EQ":
            return value is not None and value.lower() == str(wanted).lower()
        case "NEQ":
            return value is None or value.lower() != str(wanted).lower()
        case "GT" | "GTE" | "LT" | "LTE":
            return value is not None and _compared(operator, _number(value), _number(str(wanted)))
        case _:
            raise HubSpotError(400, f"Invalid operator {operator}")


def _compared(operator: str, one: float, other: float) -> bool:
    return {"GT": one > other, "GTE": one >= other, "LT": one < other, "LTE": one <= other}[operator]


def _place(text: str) -> tuple[float, str]:
    """Where a value stands in an order: by number or time where it is one, else by its letters."""
    try:
        return _number(text), ""
    except HubSpotError:
        return 0, text


def _number(text: str) -> float:
    """A number, or a time as the milliseconds that filters give."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError as error:
        raise HubSpotError(400, f"{text} is no number and no time") from error
