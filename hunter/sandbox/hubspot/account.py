"""The account as a whole: companies, contacts, who belongs to whom, and how it is set."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from hunter.sandbox.hubspot.limits import Usage
from hunter.sandbox.hubspot.records import Record, Records
from hunter.sandbox.hubspot.refusals import HubSpotError

COUNT = "num_associated_contacts"


class Switches(BaseModel):
    """How the account is: whether the app's token is good, which scopes it has, how far search is behind."""

    model_config = ConfigDict(extra="forbid")

    token_is_good: bool = True
    scopes: tuple[str, ...] = (
        "crm.objects.companies.read", "crm.objects.companies.write", "crm.schemas.companies.read",
        "crm.schemas.companies.write", "crm.objects.contacts.read", "crm.objects.contacts.write",
        "crm.schemas.contacts.read", "crm.schemas.contacts.write",
    )  # fmt: skip
    index_seconds: float = Field(default=0, ge=0)


@dataclass(slots=True)
class Account:
    """Everything in it. The service's lock is held by whoever calls. `links`: contact and company, by their ids."""

    companies: Records
    contacts: Records
    usage: Usage = field(default_factory=Usage)
    switches: Switches = field(default_factory=Switches)
    links: set[tuple[str, str]] = field(default_factory=set)

    def of_type(self, name: str) -> Records:
        return self.contacts if name == self.contacts.of.name else self.companies

    def link(self, contact: Record, company: Record) -> None:
        """HubSpot counts a company's contacts in the company, which is later changed thereby."""
        if (contact.object_id, company.object_id) not in self.links:
            self.links.add((contact.object_id, company.object_id))
            self._count(company)

    def unlink(self, contact: Record, company: Record) -> None:
        if (contact.object_id, company.object_id) in self.links:
            self.links.discard((contact.object_id, company.object_id))
            self._count(company)

    def linked_to(self, record: Record) -> list[Record]:
        """The contacts of a company, or the companies of a contact."""
        if record.of is self.contacts.of:
            ids = [company for contact, company in self.links if contact == record.object_id]
            return [one for one in self.companies.everybody() if one.object_id in ids]
        ids = [contact for contact, company in self.links if company == record.object_id]
        return [one for one in self.contacts.everybody() if one.object_id in ids]

    def archive(self, record: Record) -> None:
        for other in self.linked_to(record):
            self._unlink_either(record, other)
        self.of_type(record.of.name).archive(record)

    def merge(self, primary: Record, other: Record) -> Record:
        """What belonged to one of the two belongs to the new one. Raises HubSpotError where they are one."""
        if primary is other:
            raise HubSpotError(400, "A record can't be merged with itself")
        linked = {one.object_id: one for record in (primary, other) for one in self.linked_to(record)}
        for record in (primary, other):
            for one in self.linked_to(record):
                self._unlink_either(record, one)
        made = self.of_type(primary.of.name).merge(primary, other)
        for one in linked.values():
            pair = (made, one) if made.of is self.contacts.of else (one, made)
            self.link(*pair)
        return made

    def _unlink_either(self, one: Record, other: Record) -> None:
        if one.of is self.contacts.of:
            self.unlink(one, other)
        else:
            self.unlink(other, one)

    def _count(self, company: Record) -> None:
        company.values[COUNT] = str(len(self.linked_to(company)))
        self.companies.touch(company)
