"""HubSpot over its CRM API: a lead is a company, known by Hunter's id in a property that takes each value once, and its
contact (`crm.hubspot.contacts`), if the mapping speaks of one.

HubSpot refuses a second company with that id, so a repeated create makes none. It has no write that depends on a
version: `change` reads first and writes where nothing has changed since, which leaves a moment in between. So
`describe` says `fenced=False`, and the push promises one lead, not the newest values. Each call writes one of the two
records, the company first, and says what it left (`CrmRow.owed`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue

from crm.hubspot.answers import PropertyPage, RecordAnswer, RecordPage, TokenInfo, names_read, sent_values
from crm.hubspot.calls import COMPANIES, PROPERTIES, HubSpotCalls
from crm.hubspot.changes import ChangedLeads
from crm.hubspot.columns import CONTACT, MAIL, LeadColumns
from crm.hubspot.contacts import Contacts
from crm.hubspot.ids import KEY, id_of_number, number_of
from crm.hubspot.merging import MergedLeads
from crm.hubspot.rows import etag_of, lead_row, merged_row, tells_of_contact
from crm.hubspot.statuses import TAKEN
from crm.interface import (
    AccessReport,
    Changes,
    ColumnFacts,
    ColumnValues,
    CrmRow,
    Refused,
    TableFacts,
    Whereabouts,
)
from crm.locating import SharedLook
from crm.sites import websites_of
from hunter.remote.errors import Call, Duplicate, Misconfigured, NotFound
from hunter.remote.gate import Gate

NEEDED: Final = ("crm.objects.{}.read", "crm.objects.{}.write", "crm.schemas.{}.read")
# Two ids each, and a batch reads a hundred; ten websites each, and a search takes four hundred.
MOST_TOGETHER: Final = 40
MOST_GROUPS: Final = 5
MOST_VALUES: Final = 100
PAGE_SIZE: Final = 200
NONE: Final[frozenset[str]] = frozenset()


class HubSpotCrm:
    """One account's companies with their contacts. Safe to use from several threads."""

    name = "hubspot"

    def __init__(self, *, base_url: str, gate: Gate, bearer: str, columns: LeadColumns) -> None:
        self._columns = columns
        self._calls = HubSpotCalls(base_url=base_url, gate=gate, bearer=bearer)
        self._contacts = Contacts(self._calls, columns)
        self._merged = MergedLeads(self._calls, names_read(columns.company))
        self._changed = ChangedLeads(self._calls, columns, self._contacts, self._merged)
        self._look = SharedLook(self._located, most_together=MOST_TOGETHER)

    def describe(self) -> TableFacts:
        """Raises Misconfigured where Hunter's id is no unique property: every repeat would make another record."""
        columns = self._described("companies", prefix="")
        if self._columns.has_contact:
            columns |= self._described("contacts", prefix=CONTACT)
        return TableFacts(columns=columns, fenced=False)

    def _described(self, objects: str, *, prefix: str) -> dict[str, ColumnFacts]:
        page = self._calls.read(PropertyPage, "GET", f"{PROPERTIES}/{objects}", operation="describe")
        key = next((one for one in page.results if one.name == KEY), None)
        if key is not None and not key.is_unique:
            raise Misconfigured(
                f"{KEY} of {objects} in HubSpot does not take each value only once, so one could be made twice. Delete the "
                "property there; `manage.py provision_crm --crm hubspot` makes it as it must be.",
                call=Call(self.name, "describe"),
                field=f"{prefix}{KEY}",
            )
        return {f"{prefix}{one.name}": one.facts(prefix) for one in page.results}

    def locate(self, where: Whereabouts) -> Sequence[CrmRow]:
        """By id, then by domain and website. Looks of several threads go out together."""
        return self._look.ask(where)

    def read(self, lead_id: str) -> CrmRow | None:
        company = self._company(lead_id, operation="read") or self._successor(lead_id)
        if company is None:
            return None
        if company.lead_id != lead_id:
            return merged_row(lead_id, company, self._columns)
        return lead_row(company, self._contacts.of_lead(lead_id), self._columns)

    def create(self, lead_id: str, values: ColumnValues) -> CrmRow | Refused:
        """The company; its contact is the next write's."""
        properties = sent_values({**self._columns.company_values(values), KEY: lead_id})
        try:
            made = self._calls.write(
                RecordAnswer, "POST", COMPANIES, operation="create", json={"properties": properties}
            )
        except Duplicate as error:
            if error.code == TAKEN and KEY in error.message:
                return Refused.ID_TAKEN
            raise
        person = self._columns.contact_values(values)
        return lead_row(
            made.over({KEY: lead_id}), None, self._columns, owed=_named(person) if person.get(MAIL) else NONE
        )

    def change(self, lead_id: str, values: ColumnValues, *, etag: str) -> CrmRow | Refused:
        """Reads just before: what changed since is seen, but for a change that is made in the moment between."""
        company = self._company(lead_id, operation="read before")
        if company is None:
            return self._missing(lead_id)
        person = self._columns.contact_values(values)
        contact = self._contacts.of_lead(lead_id) if person or tells_of_contact(etag) else None
        if etag_of(company, contact) != etag:
            return Refused.STALE
        if self._is_kept_for_another(company, domain=str(values.get("domain") or "").lower()):
            return Refused.DOMAIN_TAKEN
        can_be_written = contact is not None or bool(person.get(MAIL))
        if can_be_written and person and not self._columns.changes_company(values):
            return self._change_contact(company, contact, person, lead_id=lead_id)
        return self._change_company(company, contact, values, owed=_named(person) if can_be_written else NONE)

    def changes(self, cursor: str) -> Changes:
        return self._changed.after(cursor)

    def check_access(self) -> AccessReport:
        who = self._calls.about_token(TokenInfo)
        objects = ("companies", "contacts") if self._columns.has_contact else ("companies",)
        needed = [scope.format(one) for one in objects for scope in NEEDED]
        missing = [scope for scope in needed if scope not in who.scopes]
        return AccessReport(
            user=f"private app {who.app} of user {who.user}",
            organisation=str(who.account),
            problems=tuple(f"The app lacks the scope {scope}; add it in HubSpot's settings." for scope in missing),
        )

    def _change_company(
        self, company: RecordAnswer, contact: RecordAnswer | None, values: ColumnValues, *, owed: frozenset[str]
    ) -> CrmRow | Refused:
        body = {"properties": sent_values(self._columns.company_values(values))}
        try:
            changed = self._calls.write(
                RecordAnswer, "PATCH", f"{COMPANIES}/{company.number}", operation="change", json=body
            )
        except NotFound:
            return self._missing(company.lead_id)
        return lead_row(changed.over(company.properties), contact, self._columns, owed=owed)

    def _change_contact(
        self, company: RecordAnswer, contact: RecordAnswer | None, person: ColumnValues, *, lead_id: str
    ) -> CrmRow | Refused:
        """Another address is another person: the contact so far is let go, and the next write makes one of its own."""
        everything = self._columns.of_contact
        if contact is None:
            made = self._contacts.create(lead_id, person, company=company.number)
            if isinstance(made, Refused):
                return made
            left = everything - _named(person) if made is not None else NONE
            return lead_row(company, made, self._columns, owed=left)
        if MAIL in person and _small(person[MAIL]) != _small(contact.properties.get(MAIL)):
            return self._contacts.release(contact) or lead_row(company, None, self._columns, owed=everything)
        changed = self._contacts.change(contact, person)
        return changed if isinstance(changed, Refused) else lead_row(company, changed, self._columns)

    def _company(self, lead_id: str, *, operation: str) -> RecordAnswer | None:
        number = number_of(lead_id)
        params = {"properties": ",".join(names_read(self._columns.company))}
        if not number:
            params["idProperty"] = KEY
        try:
            return self._calls.read(
                RecordAnswer, "GET", f"{COMPANIES}/{number or lead_id}", operation=operation, params=params
            )
        except NotFound:
            return None

    def _successor(self, lead_id: str) -> RecordAnswer | None:
        return self._merged.successors({lead_id}).get(lead_id)

    def _missing(self, lead_id: str) -> Refused:
        """Of what went into another company the next read tells."""
        return Refused.MISSING if self._successor(lead_id) is None else Refused.STALE

    def _is_kept_for_another(self, company: RecordAnswer, *, domain: str) -> bool:
        """Whether several leads of Hunter's were merged into it, and it has the domain of another one: each of their
        companies would write over the others."""
        if not (company.merged_numbers and company.domain and domain) or company.domain == domain:
            return False
        return len(self._merged.hunters_in([company])[company.number]) > 1

    def _located(self, wheres: Sequence[Whereabouts]) -> Sequence[CrmRow]:
        """By ids in up to two reads, which tell of what was written a moment ago, and by domains and sites in a search."""
        lead_ids = list(dict.fromkeys(lead_id for where in wheres for lead_id in where.lead_ids))
        own = [lead_id for lead_id in lead_ids if not number_of(lead_id)]
        numbers = [number for lead_id in lead_ids if (number := number_of(lead_id))]
        found = [*self._read_many(own, by=KEY), *self._read_many(numbers, by="")]
        groups = _filter_groups(wheres)
        for start in range(0, len(groups), MOST_GROUPS):
            found += self._search(groups[start : start + MOST_GROUPS])
        companies = {one.number: one for one in reversed(found)}  # a read is newer than the index
        contacts = self._contacts.of_leads([one.lead_id for one in companies.values()])
        rows = [lead_row(one, contacts.get(one.lead_id), self._columns) for one in companies.values()]
        rows += self._located_elsewhere(wheres, {one.lead_id: one for one in companies.values()})
        return sorted(rows, key=lambda row: row.lead_id)

    def _located_elsewhere(self, wheres: Sequence[Whereabouts], known: Mapping[str, RecordAnswer]) -> list[CrmRow]:
        """Leads that went into another company."""
        lost = {
            lead_id
            for where in wheres
            if not where.is_new and not known.keys() & set(where.lead_ids)
            for lead_id in where.lead_ids
        }
        led_to = {id_of_number(number): one for one in known.values() for number in one.merged_numbers}
        found = {lead_id: led_to[lead_id] for lead_id in lost & led_to.keys()}
        if lost - found.keys():
            found |= self._merged.successors(lost - found.keys())
        return [merged_row(lead_id, one, self._columns) for lead_id, one in found.items()]

    def _read_many(self, ids: Sequence[str], *, by: str) -> list[RecordAnswer]:
        names = names_read(self._columns.company)
        return self._calls.read_several(COMPANIES, ids, names, by=by, operation="locate by id")

    def _search(self, groups: Sequence[Mapping[str, Any]]) -> list[RecordAnswer]:
        found: list[RecordAnswer] = []
        after = "0"
        while after:
            body = {
                "filterGroups": list(groups),
                "sorts": [{"propertyName": "createdate", "direction": "ASCENDING"}],
                "properties": names_read(self._columns.company),
                "limit": PAGE_SIZE,
                "after": after,
            }
            page = self._calls.search(RecordPage, COMPANIES, body, operation="locate")
            found += page.results
            after = page.after
        return found


def _filter_groups(wheres: Sequence[Whereabouts]) -> list[Mapping[str, Any]]:
    """Whose domain is one of these; or, where look-alikes are asked for, whose website is, and that have no domain."""
    domains = list(dict.fromkeys(where.domain for where in wheres))
    groups: list[Mapping[str, Any]] = [{"filters": [{"propertyName": "domain", "operator": "IN", "values": domains}]}]
    sites = list(dict.fromkeys(site for where in wheres if where.look_alikes for site in websites_of(where.domain)))
    for start in range(0, len(sites), MOST_VALUES):
        among = {"propertyName": "website", "operator": "IN", "values": sites[start : start + MOST_VALUES]}
        groups.append({"filters": [{"propertyName": "domain", "operator": "NOT_HAS_PROPERTY"}, among]})
    return groups


def _small(address: JsonValue) -> str:
    """HubSpot keeps addresses in small letters."""
    return str(address or "").lower()


def _named(person: ColumnValues) -> frozenset[str]:
    return frozenset(f"{CONTACT}{name}" for name in person)
