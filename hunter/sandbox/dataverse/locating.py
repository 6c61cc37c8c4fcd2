"""Which lead an address means: its GUID, or the values of an alternate key (contract 4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_request, no_such_record
from hunter.sandbox.dataverse.lifecycle import Environment
from hunter.sandbox.dataverse.records import Lead
from hunter.sandbox.dataverse.schema import ColumnType

Address = str | dict[str, str]
WHOLE = (ColumnType.INTEGER, ColumnType.PICKLIST)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Finds leads in one environment."""

    environment: Environment

    def found(self, address: Address) -> Lead | None:
        """The lead, None when there is none. Raises DataverseError for what is no key of the table."""
        if isinstance(address, str):
            return self.environment.store.get(address)
        key = self.environment.schema.key_of(address)
        if key is None:
            raise bad_request(
                "The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.lead'. Ensure that the "
                "names and number of key properties match the declared or alternate key properties for the resource "
                "'Microsoft.Dynamics.CRM.lead'."
            )
        if not key.is_active:
            raise DataverseError(
                Refusal.KEY_NOT_ACTIVE, f"The entity key {key.name} is not active; its status is {key.status}."
            )
        typed = self.typed_key(address)
        leads = self.environment.store.with_key_value(key, tuple(typed[column] for column in key.columns))
        return leads[0] if leads else None

    def existing(self, address: Address) -> Lead:
        """The lead. Raises DataverseError when there is none."""
        lead = self.found(address)
        if lead is None:
            raise absent(address)
        return lead

    def typed_key(self, address: Mapping[str, str]) -> dict[str, Any]:
        """The key's values as the columns hold them: a URL has texts only."""
        columns = self.environment.schema.columns
        return {
            name: int(text) if columns[name].type in WHOLE and text.lstrip("-").isdecimal() else text
            for name, text in address.items()
        }


def absent(address: Address) -> DataverseError:
    """What is said of an address that leads nowhere."""
    if isinstance(address, str):
        return no_such_record("lead", address)
    return DataverseError(
        Refusal.NO_SUCH_KEY_VALUE, "A record with the specified key values does not exist in lead entity"
    )
