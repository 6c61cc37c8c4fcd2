"""Who and what leads can point to: users, teams, and rows of other tables. Enough to check a lookup (contract 12, D25, D26)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_payload, no_such_record
from hunter.sandbox.dataverse.guids import GUID, fixed_guid

SET_NAMES = {
    "systemusers": "systemuser",
    "teams": "team",
    "accounts": "account",
    "contacts": "contact",
    "campaigns": "campaign",
    "opportunities": "opportunity",
    "transactioncurrencies": "transactioncurrency",
    "leads": "lead",
}
BIND_ADDRESS = re.compile(rf"(?:https?://[^/]+(?:/[^/]+)*/api/data/v9\.\d/|/)?(\w+)\(({GUID.pattern})\)")

SALES_PERSON = fixed_guid("systemuser:sales person")
SALES_TEAM = fixed_guid("team:sales")
ORGANIZATION = fixed_guid("organization")
BUSINESS_UNIT = fixed_guid("businessunit:root")
CURRENCY = fixed_guid("transactioncurrency:euro")


@dataclass(frozen=True, slots=True)
class Reference:
    """A row of some table that a lookup points to."""

    table: str
    row_id: str


@dataclass
class Directory:
    """The rows of the other tables, by table and id, each with its name."""

    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    teams_without_read: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.add(Reference("systemuser", SALES_PERSON), name="Sales Person")
        self.add(Reference("team", SALES_TEAM), name="Sales")
        self.add(Reference("businessunit", BUSINESS_UNIT), name="Hunter Demo")
        self.add(Reference("transactioncurrency", CURRENCY), name="Euro")

    def add(self, reference: Reference, *, name: str) -> None:
        self.rows.setdefault(reference.table, {})[reference.row_id] = name

    def application_user(self, app_id: str) -> str:
        """The systemuser of an app; it is there from the app's first call on."""
        user_id = fixed_guid(f"systemuser:{app_id}")
        self.add(Reference("systemuser", user_id), name=f"# {app_id}")
        return user_id

    def name_of(self, reference: Reference) -> str | None:
        return self.rows.get(reference.table, {}).get(reference.row_id)

    def resolve(self, address: str, *, tables: tuple[str, ...]) -> Reference:
        """The row that `/teams(GUID)` names. Raises DataverseError: not an address, a wrong table, no such row."""
        found = BIND_ADDRESS.fullmatch(address)
        table = SET_NAMES.get(found[1]) if found else None
        if found is None or table is None:
            raise bad_payload(f"Resource not found for the segment '{address}'.")
        if table not in tables:
            raise bad_payload(f"The URI '{address}' does not match the type of the navigation property.")
        reference = Reference(table, found[2].lower())
        if self.name_of(reference) is None:
            raise no_such_record(table, reference.row_id)
        return reference

    def check_owner(self, owner: Reference) -> None:
        """Raises DataverseError when the team to own a lead has no role that reads leads."""
        if owner.row_id in self.teams_without_read:
            raise DataverseError(
                Refusal.OWNER_CANNOT_READ,
                f"Read Privilege Check For Owner failed with exception: Principal team (Id={owner.row_id}, type=9, "
                "roleCount=0, privilegeCount=0, accessMode='N/A') is missing prvReadLead privilege.",
            )
