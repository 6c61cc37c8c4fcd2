"""A value that the CRM won comes into the company itself, where people see it: the mapping, backwards (R4.7, f.7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from django.contrib.auth.models import AbstractBaseUser
from pydantic import JsonValue

from crm.backend import CrmBackend
from crm.mapping.columns import Mapping as ColumnMapping
from crm.mapping.merge import Taken
from crm.services.assembling import FIELDS, Assembled
from hunter.audit import recording
from leads.models import Company

MAIL: Final = "primary_email"


def take_over(
    known: Assembled, taken: Mapping[str, Taken], backend: CrmBackend, *, by: AbstractBaseUser | None
) -> None:
    """Bring these values into the company, with an audit entry; its row is locked by the caller."""
    company = known.company
    mapping = backend.load_mapping()
    changes = taken_over(company, taken, mapping, withheld=known.figures.withheld)
    if changes:
        before = {field: getattr(company, field) for field in changes}
        for field, value in changes.items():
            setattr(company, field, value)
        company.save()
        columns = [column.name for column in mapping.column if FIELDS.get(column.value) in changes]
        why = "; ".join(f"{name}: {taken[name].why}" for name in columns if name in taken and taken[name].why)
        recording.record(company, act=f"taken from {backend.title}", by=by, before=before, after=changes, why=why)


def taken_over(
    company: Company, taken: Mapping[str, Taken], mapping: ColumnMapping, *, withheld: Collection[str]
) -> dict[str, JsonValue]:
    """What of the company these values change, by field. A value that was cleared there clears nothing here.

    A contact's name and title belong to a referral: they stay with the record.
    """
    changes: dict[str, JsonValue] = {}
    for column in mapping.column:
        held = taken.get(column.name)
        if held is None or not isinstance(held.value, str) or not held.value.strip():
            continue
        value = held.value.strip()[: column.length]
        if column.value == MAIL:
            changes |= _mail_first(company, value, withheld=withheld)
        elif (field := FIELDS.get(column.value)) and getattr(company, field) != value:
            changes[field] = value
    return changes


def _mail_first(company: Company, mail: str, *, withheld: Collection[str]) -> dict[str, JsonValue]:
    """The address becomes the first; one whose owner does not want to be written to is passed over (e.2)."""
    known: list[JsonValue] = list(company.contact_emails)
    address = mail.lower()
    if "@" not in address or address in withheld or (known and known[0] == address):
        return {}
    return {"contact_emails": [address, *(one for one in known if one != address)]}
