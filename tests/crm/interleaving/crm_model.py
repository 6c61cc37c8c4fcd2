"""A CRM with eTags, as far as the push can see one: fences, lost and stuck writes, people who edit and create."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from pydantic import JsonValue

from crm.interface import ColumnValues, CrmRow, Refused
from crm.push.act import Answer, Call, Locate, Read
from crm.push.brief import Change, Create


@dataclass(slots=True)
class Lead:
    values: dict[str, JsonValue]
    version: int
    by_hunter: bool
    site: str = ""  # of a lead without a domain
    phone_by_person: JsonValue = None  # the last value that a person there gave the phone


@dataclass(slots=True)
class ModelCrm:
    """One organisation; `domain_is_key` says whether its alternate key is active."""

    domain: str
    domain_is_key: bool
    leads: dict[str, Lead] = field(default_factory=dict)
    stuck: list[Create | Change] = field(default_factory=list)
    versions: int = 0
    written: set[str] = field(default_factory=set)  # leads of people that Hunter wrote to
    beside_ours: set[str] = field(default_factory=set)  # look-alikes that were there when Hunter made its lead

    def answer(self, call: Call) -> Answer:
        """The call takes effect, and this is what it gives."""
        match call:
            case Locate(where=where):
                return [
                    self._row(lead_id)
                    for lead_id, lead in self.leads.items()
                    if lead_id in where.lead_ids
                    or lead.values.get("hnt_domain") == where.domain
                    or (where.look_alikes and lead_id in self.look_alikes())
                ]
            case Read(lead_id=lead_id):
                return self._row(lead_id) if lead_id in self.leads else None
            case Create():
                return self._create(call)
            case Change():
                return self._change(call)

    def land(self, rng: Random) -> None:
        """A write that was stuck on the way arrives; its fence decides."""
        self.answer(self.stuck.pop(rng.randrange(len(self.stuck))))

    def edit(self, lead_id: str, column: str, value: JsonValue) -> None:
        """A person there changes a lead."""
        lead = self.leads[lead_id]
        lead.values[column] = value
        lead.version = self._next_version()
        if column == "phone":
            lead.phone_by_person = value

    def add_by_person(self, lead_id: str, phone: JsonValue) -> None:
        """A person there makes a lead for the same domain, where no key forbids it."""
        if self.domain_is_key and self.with_domain():
            return
        values: dict[str, JsonValue] = {"hnt_domain": self.domain, "phone": phone}
        self.leads[lead_id] = Lead(values, self._next_version(), by_hunter=False, phone_by_person=phone)

    def add_look_alike(self, lead_id: str, phone: JsonValue) -> None:
        """A person there makes one with the company's website and no domain, which no key forbids."""
        self.leads[lead_id] = Lead(
            {"phone": phone}, self._next_version(), by_hunter=False, site=self.domain, phone_by_person=phone
        )

    def look_alikes(self) -> set[str]:
        return {lead_id for lead_id, lead in self.leads.items() if lead.site and not lead.values.get("hnt_domain")}

    def with_domain(self) -> list[str]:
        return [lead_id for lead_id, lead in self.leads.items() if lead.values.get("hnt_domain") == self.domain]

    def made_by_hunter(self) -> Iterator[str]:
        return (lead_id for lead_id, lead in self.leads.items() if lead.by_hunter)

    def _create(self, call: Create) -> CrmRow | Refused:
        if call.lead_id in self.leads:
            return Refused.ID_TAKEN
        if self.domain_is_key and self.with_domain():
            return Refused.DOMAIN_TAKEN
        self.beside_ours = self.look_alikes()
        self.leads[call.lead_id] = Lead(dict(call.body), self._next_version(), by_hunter=True)
        return self._row(call.lead_id)

    def _change(self, call: Change) -> CrmRow | Refused:
        lead = self.leads.get(call.lead_id)
        if lead is None:
            return Refused.MISSING
        if str(lead.version) != call.etag:
            return Refused.STALE
        if not lead.by_hunter:
            self.written.add(call.lead_id)
        lead.values |= dict(call.body)
        lead.version = self._next_version()
        return self._row(call.lead_id)

    def _row(self, lead_id: str) -> CrmRow:
        lead = self.leads[lead_id]
        values: ColumnValues = {name: lead.values.get(name) for name in ("hnt_domain", "score", "phone")}
        domain = str(lead.values.get("hnt_domain") or "")
        return CrmRow(lead_id, str(lead.version), values, domain=domain, site="" if domain else lead.site)

    def _next_version(self) -> int:
        self.versions += 1
        return self.versions
