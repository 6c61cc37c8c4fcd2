"""HubSpot over its CRM API v3: a lead is a company, known by Hunter's id in a property that takes each value once.

HubSpot refuses a second company with that id, so a repeated create makes none. It has no write that depends on a
version: `change` reads first and writes where nothing has changed since, which leaves a moment in between. So
`describe` says `fenced=False`, and the push promises one lead, not the newest values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from crm.hubspot.answers import CompanyAnswer, CompanyPage, PropertyPage, TokenInfo, names_read, sent_values
from crm.hubspot.calls import COMPANIES, PROPERTIES, HubSpotCalls
from crm.hubspot.changes import read_changes
from crm.hubspot.ids import KEY, number_of
from crm.hubspot.statuses import TAKEN
from crm.interface import (
    AccessReport,
    Changes,
    ColumnValues,
    CrmRow,
    Refused,
    TableFacts,
    Whereabouts,
)
from crm.locating import SharedLook
from crm.mapping.columns import Kind
from hunter.remote.errors import Call, Duplicate, Misconfigured, NotFound
from hunter.remote.gate import Gate

NEEDED: Final = ("crm.objects.companies.read", "crm.objects.companies.write", "crm.schemas.companies.read")
MOST_TOGETHER: Final = 40  # two ids each, and a batch reads a hundred
PAGE_SIZE: Final = 200


class HubSpotCrm:
    """One account's companies. Safe to use from several threads.

    `kinds`: the columns that are read with every company, and what each holds: HubSpot tells all values as texts.
    """

    name = "hubspot"

    def __init__(self, *, base_url: str, gate: Gate, bearer: str, kinds: Mapping[str, Kind]) -> None:
        self._kinds = dict(kinds)
        self._calls = HubSpotCalls(base_url=base_url, gate=gate, bearer=bearer)
        self._look = SharedLook(self._located, most_together=MOST_TOGETHER)

    def describe(self) -> TableFacts:
        """Raises Misconfigured where Hunter's id is no unique property: every repeat would make another company."""
        page = self._calls.read(PropertyPage, "GET", PROPERTIES, operation="describe")
        key = next((one for one in page.results if one.name == KEY), None)
        if key is not None and not key.is_unique:
            raise Misconfigured(
                f"{KEY} in HubSpot does not take each value only once, so a company could be made twice. Delete the "
                "property there; `manage.py provision_crm --crm hubspot` makes it as it must be.",
                call=Call(self.name, "describe"),
                field=KEY,
            )
        return TableFacts(columns={one.name: one.facts() for one in page.results}, fenced=False)

    def locate(self, where: Whereabouts) -> Sequence[CrmRow]:
        """By id, then by domain. Looks of several threads go out together."""
        return self._look.ask(where)

    def read(self, lead_id: str) -> CrmRow | None:
        company = self._company(lead_id, operation="read")
        return company.row(self._kinds) if company else None

    def create(self, lead_id: str, values: ColumnValues) -> CrmRow | Refused:
        properties = sent_values({**values, KEY: lead_id})
        try:
            made = self._calls.write(
                CompanyAnswer, "POST", COMPANIES, operation="create", json={"properties": properties}
            )
        except Duplicate as error:
            if error.code == TAKEN and KEY in error.message:
                return Refused.ID_TAKEN
            raise
        return made.row(self._kinds, before={KEY: lead_id})

    def change(self, lead_id: str, values: ColumnValues, *, etag: str) -> CrmRow | Refused:
        """Reads just before: what changed since is seen, but for a change that is made in the moment between."""
        there = self._company(lead_id, operation="read before")
        if there is None:
            return Refused.MISSING
        if there.etag != etag:
            return Refused.STALE
        try:
            changed = self._calls.write(
                CompanyAnswer,
                "PATCH",
                f"{COMPANIES}/{there.number}",
                operation="change",
                json={"properties": sent_values(values)},
            )
        except NotFound:
            return Refused.MISSING
        before = there.row(self._kinds)
        held = {KEY: there.properties.get(KEY), "domain": there.properties.get("domain"), **before.values}
        return changed.row(self._kinds, before=held)

    def changes(self, cursor: str) -> Changes:
        return read_changes(self._calls, cursor, self._kinds)

    def check_access(self) -> AccessReport:
        who = self._calls.about_token(TokenInfo)
        missing = [scope for scope in NEEDED if scope not in who.scopes]
        return AccessReport(
            user=f"private app {who.app} of user {who.user}",
            organisation=str(who.account),
            problems=tuple(f"The app lacks the scope {scope}; add it in HubSpot's settings." for scope in missing),
        )

    def _company(self, lead_id: str, *, operation: str) -> CompanyAnswer | None:
        number = number_of(lead_id)
        params = {"properties": ",".join(names_read(self._kinds))}
        if not number:
            params["idProperty"] = KEY
        try:
            return self._calls.read(
                CompanyAnswer, "GET", f"{COMPANIES}/{number or lead_id}", operation=operation, params=params
            )
        except NotFound:
            return None

    def _located(self, wheres: Sequence[Whereabouts]) -> Sequence[CrmRow]:
        """By ids in up to two reads, which tell of what was written a moment ago, and by domains in a search."""
        lead_ids = list(dict.fromkeys(lead_id for where in wheres for lead_id in where.lead_ids))
        own = [lead_id for lead_id in lead_ids if not number_of(lead_id)]
        numbers = [number for lead_id in lead_ids if (number := number_of(lead_id))]
        found = [*self._read_many(own, by=KEY), *self._read_many(numbers, by="")]
        found += self._of_domains(list(dict.fromkeys(where.domain for where in wheres)))
        rows = {one.number: one.row(self._kinds) for one in reversed(found)}  # a read is newer than the index
        return sorted(rows.values(), key=lambda row: row.lead_id)

    def _read_many(self, ids: Sequence[str], *, by: str) -> list[CompanyAnswer]:
        if not ids:
            return []
        body = {
            "inputs": [{"id": one} for one in ids],
            "properties": names_read(self._kinds),
            "propertiesWithHistory": [],
        } | ({"idProperty": by} if by else {})
        page = self._calls.read(CompanyPage, "POST", f"{COMPANIES}/batch/read", operation="locate by id", json=body)
        return page.results

    def _of_domains(self, domains: Sequence[str]) -> list[CompanyAnswer]:
        found: list[CompanyAnswer] = []
        after = "0"
        while after:
            body = {
                "filterGroups": [{"filters": [{"propertyName": "domain", "operator": "IN", "values": list(domains)}]}],
                "sorts": [{"propertyName": "createdate", "direction": "ASCENDING"}],
                "properties": names_read(self._kinds),
                "limit": PAGE_SIZE,
                "after": after,
            }
            page = self._calls.search(CompanyPage, body, operation="locate")
            found += page.results
            after = page.after
        return found
