"""The account as a whole: companies, contacts, who belongs to whom, and how it is set."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from hunter.sandbox.hubspot.limits import Usage
from hunter.sandbox.hubspot.records import Record, Records

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

    def merge(self, stays: Record, goes: Record) -> Record:
        """What belonged to the one that goes belongs to the one that stays."""
        for other in self.linked_to(goes):
            self._unlink_either(goes, other)
            pair = (stays, other) if stays.of is self.contacts.of else (other, stays)
            self.link(*pair)
        return self.of_type(stays.of.name).merge(stays, goes)

    def _unlink_either(self, one: Record, other: Record) -> None:
        if one.of is self.contacts.of:
            self.unlink(one, other)
        else:
            self.unlink(other, one)

    def _count(self, company: Record) -> None:
        company.values[COUNT] = str(len(self.linked_to(company)))
        self.companies.touch(company)
