"""What changed in HubSpot: a search by the time of the last change, the oldest first. HubSpot keeps no other list.

Companies come first, then Hunter's contacts, each with the other as it is now. A cursor tells by the time of the last
change how far both are, not by a place in the list, since what changes meanwhile moves to the end and all behind it
one up; a number that a mapping without contacts does not need is left out:

    since <companies> <contacts>                begins a pass
    page <companies> <n> <contacts>             within the companies
    contacts <contacts> <companies>             begins the contacts; the next pass goes on with these companies
    contacts <contacts> <n> <companies>         within them
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from crm.hubspot.answers import RecordAnswer, RecordPage, names_read
from crm.hubspot.calls import COMPANIES, CONTACTS, LARGEST_BATCH, HubSpotCalls
from crm.hubspot.columns import LeadColumns
from crm.hubspot.contacts import Contacts
from crm.hubspot.ids import KEY
from crm.hubspot.merging import MergedLeads
from crm.hubspot.rows import lead_row, merged_row
from crm.interface import Changes, CrmRow, CursorLost

MOMENT: Final = r"(\d{1,15})"
BEGIN: Final = re.compile(rf"since {MOMENT}(?: {MOMENT})?")
WITHIN: Final = re.compile(rf"page {MOMENT} (\d{{1,5}})(?: {MOMENT})?")
BEGIN_CONTACTS: Final = re.compile(rf"contacts {MOMENT} {MOMENT}")
WITHIN_CONTACTS: Final = re.compile(rf"contacts {MOMENT} (\d{{1,5}}) {MOMENT}")
PAGE_SIZE: Final = 200
OVERLAP: Final = timedelta(minutes=5)  # the index that is searched is filled some time after a write
OVERLAP_MS: Final = int(OVERLAP.total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a pass is in one of the two lists, `of` companies or contacts.

    `skip`: how many that changed at that time were read; None where the list begins. `other`: where the other goes on.
    """

    of: str
    since: int
    skip: int | None
    other: int

    @classmethod
    def read(cls, cursor: str) -> Place:
        """Raises CursorLost for a cursor that is none."""
        if found := BEGIN.fullmatch(cursor or "since 0"):
            return cls(COMPANIES, int(found[1]), None, int(found[2] or 0))
        if found := WITHIN.fullmatch(cursor):
            return cls(COMPANIES, int(found[1]), int(found[2]), int(found[3] or 0))
        if found := BEGIN_CONTACTS.fullmatch(cursor):
            return cls(CONTACTS, int(found[1]), None, int(found[2]))
        if found := WITHIN_CONTACTS.fullmatch(cursor):
            return cls(CONTACTS, int(found[1]), int(found[2]), int(found[3]))
        raise CursorLost("HubSpot can't go on from here: this is no time of a change.")

    @property
    def of_contacts(self) -> bool:
        return self.of == CONTACTS

    def behind(self, page: RecordPage) -> tuple[int, int]:
        """Where the next page begins: the time, and how many of that time were read."""
        newest = max((_milliseconds(one) for one in page.results), default=self.since)
        # Only where a whole page has one and the same time does the place in the list count.
        return (newest, 0) if newest > self.since else (self.since, (self.skip or 0) + len(page.results))

    def ended(self, page: RecordPage) -> int:
        """Where the next pass begins with this list."""
        if self.skip is None and not page.results:
            return self.since
        return max(self.behind(page)[0] - OVERLAP_MS, 0)


class ChangedLeads:
    """Page after page of the leads of one account that changed."""

    def __init__(self, calls: HubSpotCalls, columns: LeadColumns, contacts: Contacts, merged: MergedLeads) -> None:
        self._calls = calls
        self._columns = columns
        self._contacts = contacts
        self._merged = merged

    def after(self, cursor: str) -> Changes:
        """The page behind the cursor, "" for everything. Raises CursorLost for a cursor that is none."""
        place = Place.read(cursor)
        page = self._changed(place)
        has_contacts = bool(self._columns.contact)
        return Changes(
            rows=self._of_contacts(page.results) if place.of_contacts else self._of_companies(page.results),
            deleted=(),
            cursor=_next(place, page, has_contacts=has_contacts),
            is_last=not page.after and (place.of_contacts or not has_contacts),
            tells_deletions=False,
        )

    def _changed(self, place: Place) -> RecordPage:
        by = "lastmodifieddate" if place.of_contacts else "hs_lastmodifieddate"
        filters: list[dict[str, Any]] = [{"propertyName": by, "operator": "GTE", "value": str(place.since)}]
        if place.of_contacts:
            filters.append({"propertyName": KEY, "operator": "HAS_PROPERTY"})
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": by, "direction": "ASCENDING"}],
            "properties": [KEY, *self._columns.contact] if place.of_contacts else names_read(self._columns.company),
            "limit": LARGEST_BATCH if place.of_contacts else PAGE_SIZE,
            "after": str(place.skip or 0),
        }
        return self._calls.search(RecordPage, place.of, body, operation="changes")

    def _of_companies(self, companies: Sequence[RecordAnswer]) -> tuple[CrmRow, ...]:
        """What was merged into one of them has changed with it."""
        contacts = self._contacts.of_leads([one.lead_id for one in companies])
        rows = [lead_row(one, contacts.get(one.lead_id), self._columns) for one in companies]
        gone = self._merged.gone_into(companies)
        merged = [
            merged_row(lead_id, one, self._columns) for one in companies for lead_id in sorted(gone.get(one.number, ()))
        ]
        return (*merged, *rows)

    def _of_contacts(self, contacts: Sequence[RecordAnswer]) -> tuple[CrmRow, ...]:
        """A company that has a contact of Hunter's was written by Hunter, and so holds its id."""
        by_lead = {one.held_id: one for one in contacts}
        names = names_read(self._columns.company)
        operation = "companies of contacts"
        companies = self._calls.read_several(COMPANIES, list(by_lead), names, by=KEY, operation=operation)
        return tuple(lead_row(one, by_lead.get(one.held_id), self._columns) for one in companies)


def _next(place: Place, page: RecordPage, *, has_contacts: bool) -> str:
    since, skip = place.behind(page)
    if place.of_contacts:
        if page.after:
            return f"contacts {since} {skip} {place.other}"
        return f"since {place.other} {place.ended(page)}"
    if page.after:
        return f"page {since} {skip}{f' {place.other}' if has_contacts else ''}"
    return f"contacts {place.other} {place.ended(page)}" if has_contacts else f"since {place.ended(page)}"


def _milliseconds(record: RecordAnswer) -> int:
    return round(record.updated.timestamp() * 1000)
