"""What changed in HubSpot: a search by the time of the last change, the oldest first. HubSpot keeps no other list.

A cursor is `since <ms>` where a pass begins, and `page <ms> <n>` within one: by the time of the last change that was
read, not by a place in the list, since what changes meanwhile moves to the end and all behind it one up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from crm.hubspot.answers import CompanyAnswer, CompanyPage, names_read
from crm.hubspot.calls import HubSpotCalls
from crm.interface import Changes, CursorLost
from crm.mapping.columns import Kind

CURSOR: Final = re.compile(r"since (\d{1,15})|page (\d{1,15}) (\d{1,5})")
PAGE_SIZE: Final = 200
OVERLAP: Final = timedelta(minutes=5)  # the index that is searched is filled some time after a write
OVERLAP_MS: Final = int(OVERLAP.total_seconds() * 1000)


def read_changes(calls: HubSpotCalls, cursor: str, kinds: Mapping[str, Kind]) -> Changes:
    """The page behind the cursor, "" for everything. Raises CursorLost for a cursor that is none."""
    found = CURSOR.fullmatch(cursor or "since 0")
    if found is None:
        raise CursorLost("HubSpot can't go on from here: this is no time of a change.")
    begins = found[1] is not None
    since, skip = int(found[1] or found[2]), int(found[3] or 0)
    page = calls.search(CompanyPage, _question(since, skip, kinds), operation="changes")
    newest = max((_milliseconds(one) for one in page.results), default=since)
    return Changes(
        rows=tuple(one.row(kinds) for one in page.results),
        deleted=(),
        cursor=_next(page, since=since, skip=skip, newest=newest, begins=begins),
        is_last=not page.after,
        tells_deletions=False,
    )


def _question(since: int, skip: int, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    return {
        "filterGroups": [
            {"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": str(since)}]}
        ],
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
        "properties": names_read(kinds),
        "limit": PAGE_SIZE,
        "after": str(skip),
    }


def _next(page: CompanyPage, *, since: int, skip: int, newest: int, begins: bool) -> str:
    if page.after:
        # Only where a whole page has one and the same time does the place in the list count.
        return f"page {newest} 0" if newest > since else f"page {since} {skip + len(page.results)}"
    if begins and not page.results:
        return f"since {since}"
    return f"since {max(newest - OVERLAP_MS, 0)}"


def _milliseconds(company: CompanyAnswer) -> int:
    return round(company.updated.timestamp() * 1000)


def is_newer(etag: str, than: str) -> bool:
    """Times of the last change, written alike; where one can't be read, what is another state counts as newer."""
    if not than or not etag:
        return etag != than
    one, other = (_moment(text) for text in (etag, than))
    return one > other if one is not None and other is not None else etag != than


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
