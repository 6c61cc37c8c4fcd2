"""Which of a lead's columns stand in the company, and which in its contact: those that begin with `contact.`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from crm.hubspot.ids import KEY
from crm.interface import ColumnValues
from crm.mapping.columns import Column, Kind
from crm.mapping.columns import Mapping as ColumnMapping
from crm.mapping.loading import Broken

CONTACT: Final = "contact."
MAIL: Final = "email"


@dataclass(frozen=True, slots=True)
class LeadColumns:
    """The columns that are read with every lead, and what each holds: HubSpot tells all values as texts.

    `contact`: by the contact's own names. `bookkeeping`: what tells of the push itself, part of every write.
    `has_contact`: whether the mapping speaks of contacts at all; else they are left alone.
    """

    company: Mapping[str, Kind]
    contact: Mapping[str, Kind]
    bookkeeping: frozenset[str]
    has_contact: bool

    @classmethod
    def of(cls, columns: Iterable[Column], wanted: Iterable[str]) -> LeadColumns:
        known, names = list(columns), set(wanted)
        kinds = {column.name: column.kind for column in known if column.name in names}
        return cls(
            company={name: kind for name, kind in kinds.items() if not name.startswith(CONTACT)},
            contact={name.removeprefix(CONTACT): kind for name, kind in kinds.items() if name.startswith(CONTACT)},
            bookkeeping=frozenset(column.name for column in known if column.bookkeeping),
            has_contact=any(column.name.startswith(CONTACT) for column in known),
        )

    @property
    def of_contact(self) -> frozenset[str]:
        """The contact's columns, by the mapping's names."""
        return frozenset(f"{CONTACT}{name}" for name in self.contact)

    def company_values(self, values: ColumnValues) -> ColumnValues:
        return {name: value for name, value in values.items() if not name.startswith(CONTACT)}

    def contact_values(self, values: ColumnValues) -> ColumnValues:
        """By the contact's own names, without Hunter's id, which only a create gives it."""
        named = {name.removeprefix(CONTACT): value for name, value in values.items() if name.startswith(CONTACT)}
        return {name: value for name, value in named.items() if name != KEY}

    def changes_company(self, values: ColumnValues) -> bool:
        """Whether there is more to write to the company than that it was written."""
        return bool(self.company_values(values).keys() - self.bookkeeping)


def can_be_kept(mapping: ColumnMapping) -> Broken:
    """What this adapter can't do with a mapping: columns of a third record, or contacts that it can't tell apart."""
    contact: dict[str, tuple[int, Column]] = {}
    for position, column in enumerate(mapping.column):
        if column.name.startswith(CONTACT):
            contact[column.name.removeprefix(CONTACT)] = (position, column)
        elif "." in column.name:
            return ("column", position, "name"), (
                f"{column.name!r}: a lead in HubSpot is a company and its contact; name a property of the company as it is, "
                f"one of the contact with {CONTACT} before it"
            )
    if not contact:
        return None
    first = ("column", min(position for position, _ in contact.values()))
    if KEY not in contact:
        return first, (
            f"{CONTACT}{KEY} must be in the mapping with it, or Hunter can't tell its contacts from those of others; add it "
            'with value = "push.lead_id" and bookkeeping = true'
        )
    position, mark = contact[KEY]
    if mark.value != "push.lead_id":
        return ("column", position, "value"), 'it holds whose contact it is: value = "push.lead_id"'
    if MAIL not in contact:
        return first, f"{CONTACT}{MAIL} must be in the mapping with it: HubSpot knows a contact by its address"
    return None
