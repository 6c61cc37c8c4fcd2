"""The contact of a lead: the one that holds the lead's id in a property that takes each value once.

One that was found by its address belongs to somebody: it is linked with the company, and nothing else is written to it
(decision 0011).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from crm.hubspot.answers import LinkAnswer, RecordAnswer, sent_values
from crm.hubspot.calls import CONTACTS, LARGEST_BATCH, LINKS, HubSpotCalls
from crm.hubspot.columns import LeadColumns
from crm.hubspot.ids import KEY
from crm.hubspot.statuses import TAKEN
from crm.interface import ColumnValues, Refused
from hunter.remote.errors import Duplicate, NotFound

OF_COMPANY: Final = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}  # without a label
EXISTING: Final = re.compile(r"Existing ID: (\d+)")


class Contacts:
    """The contacts of one account's leads. Where the mapping speaks of none, nothing is asked."""

    def __init__(self, calls: HubSpotCalls, columns: LeadColumns) -> None:
        self._calls = calls
        self._names = [KEY, *(name for name in columns.contact if name != KEY)]
        self._is_kept = bool(columns.contact)

    def of_lead(self, lead_id: str) -> RecordAnswer | None:
        """The lead's contact, as it is now."""
        return self._read(lead_id, by=KEY) if self._is_kept else None

    def of_leads(self, lead_ids: Sequence[str]) -> Mapping[str, RecordAnswer]:
        """The contacts of these leads, by the leads' ids."""
        found: list[RecordAnswer] = []
        for start in range(0, len(lead_ids) if self._is_kept else 0, LARGEST_BATCH):
            ids = lead_ids[start : start + LARGEST_BATCH]
            found += self._calls.read_several(CONTACTS, ids, self._names, by=KEY, operation="read contacts")
        return {one.held_id: one for one in found}

    def create(self, lead_id: str, values: ColumnValues, *, company: str) -> RecordAnswer | Refused | None:
        """A contact of the lead, of the company from the beginning. STALE where the lead has one meanwhile.

        None where the address belongs to a contact that is not the lead's: then that one was linked with the company.
        """
        body = {
            "properties": sent_values({**values, KEY: lead_id}),
            "associations": [{"to": {"id": company}, "types": [OF_COMPANY]}],
        }
        try:
            made = self._write("POST", CONTACTS, body, operation="create contact")
        except Duplicate as error:
            if error.code == TAKEN and KEY in error.message:
                return Refused.STALE
            number = EXISTING.search(error.message)
            if number is None:
                raise
            return self._linked(number[1], lead_id, company=company)
        return made.over({KEY: lead_id})

    def change(self, there: RecordAnswer, values: ColumnValues) -> RecordAnswer | Refused:
        try:
            changed = self._write(
                "PATCH", f"{CONTACTS}/{there.number}", {"properties": sent_values(values)}, operation="change contact"
            )
        except NotFound:
            return Refused.STALE
        return changed.over(there.properties)

    def release(self, there: RecordAnswer) -> Refused | None:
        """It stays as it is, and is the lead's no more."""
        try:
            self._write("PATCH", f"{CONTACTS}/{there.number}", {"properties": {KEY: ""}}, operation="release contact")
        except NotFound:
            return Refused.STALE
        return None

    def _linked(self, number: str, lead_id: str, *, company: str) -> Refused | None:
        there = self._read(number, by="")
        if there is None or there.held_id == lead_id:
            return Refused.STALE
        path = f"{LINKS}/contacts/{there.number}/associations/default/companies/{company}"
        self._calls.write(LinkAnswer, "PUT", path, operation="link contact")
        return None

    def _read(self, named: str, *, by: str) -> RecordAnswer | None:
        params = {"properties": ",".join(self._names)} | ({"idProperty": by} if by else {})
        try:
            return self._calls.read(RecordAnswer, "GET", f"{CONTACTS}/{named}", operation="read contact", params=params)
        except NotFound:
            return None

    def _write(self, method: str, path: str, body: Mapping[str, Any], *, operation: str) -> RecordAnswer:
        return self._calls.write(RecordAnswer, method, path, operation=operation, json=dict(body))
