"""What a list may change of a company, decided from values alone (g.1).

Several rows of a file about one domain are one company: the first row that tells a value counts. A list fills what is
empty and replaces what an earlier list had told; what a person, a referral or the CRM has set stays. A name replaces
only a name that was the domain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from leads.importing.listed import ListedCompany

FIELDS = ("name", "phone", "address", "city", "country_text", "country")  # their order is stored: add at the end only
COLUMN_OF: Mapping[str, str] = {
    "phone": "phone",
    "address": "address_line1",
    "city": "address_city",
    "country_text": "address_country",
    "country": "country",
}
FROM_LISTS = ("name", *COLUMN_OF.values(), "contact_emails", "sources")


@dataclass(frozen=True, slots=True)
class Told:
    """What the rows of one domain tell that this file has not told before; `given` are all fields told so far."""

    domain: str
    values: Mapping[str, str]
    emails: tuple[str, ...]
    given: int


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a company before; `company` is its key."""

    company: int
    domain: str
    name_set_by_person: bool
    values: Mapping[str, Any]


def told_by(rows: Sequence[ListedCompany], *, given: int = 0) -> Told:
    """What these rows, in their order, add to the fields that earlier rows of the file have given."""
    values: dict[str, str] = {}
    for place, name in enumerate(FIELDS):
        value = next((text for row in rows if (text := getattr(row, name))), "")
        if value and not given & 1 << place:
            values[name] = value
            given |= 1 << place
    emails = tuple(dict.fromkeys(email for row in rows for email in row.emails))
    return Told(rows[0].domain, values, emails, given)


def changes_to(held: Held, told: Told, *, source: str, listed: Mapping[str, AbstractSet[str]]) -> dict[str, Any]:
    """The columns to set. `listed`: by column the values that lists have told of this company before."""
    changes: dict[str, Any] = {}
    name = told.values.get("name", "")
    if name and held.values["name"] in ("", held.domain) and not held.name_set_by_person and name != held.domain:
        changes["name"] = name
    for field, column in COLUMN_OF.items():
        value, now = told.values.get(field, ""), held.values[column]
        if value and value != now and (not now or now in listed.get(column, frozenset())):
            changes[column] = value
    known = {str(email).lower() for email in held.values["contact_emails"] if isinstance(email, str)}
    if fresh := [email for email in told.emails if email not in known]:
        changes["contact_emails"] = [*held.values["contact_emails"], *fresh]
    if source not in held.values["sources"]:
        changes["sources"] = [*held.values["sources"], source]
    return {column: value for column, value in changes.items() if value != held.values[column]}


def differs(held: Held, told: Told) -> bool:
    """Whether a value stands against another one, so that it matters who has told it."""
    return any(
        (value := told.values.get(field, "")) and held.values[column] and value != held.values[column]
        for field, column in COLUMN_OF.items()
    )
