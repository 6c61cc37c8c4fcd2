"""What an act at the other side works with: the environment, the clock, and how to find the lead that is meant."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from hunter.sandbox.clock import Clock
from hunter.sandbox.dataverse import dates
from hunter.sandbox.dataverse.customizing.lock import CustomizationLock
from hunter.sandbox.dataverse.customizing.solutions import Solutions
from hunter.sandbox.dataverse.directory import SALES_PERSON
from hunter.sandbox.dataverse.guids import read_guid
from hunter.sandbox.dataverse.lifecycle import Author, Environment
from hunter.sandbox.dataverse.limits import ServiceProtection
from hunter.sandbox.dataverse.records import Lead, folded
from hunter.sandbox.dataverse.schema import Column
from hunter.sandbox.service import EditRefused


@dataclass(frozen=True, slots=True)
class Hands:
    """The reach of a person at the other side. The service's lock is held while an act uses it."""

    environment: Environment
    protection: ServiceProtection
    clock: Clock
    solutions: Solutions
    customization_lock: CustomizationLock

    @property
    def author(self) -> Author:
        return Author(user_id=SALES_PERSON, at=dates.moment_text(self.clock.now()), by_api=False)

    def lead(self, named: str, *, field: str = "lead") -> Lead:
        """The lead with this GUID or this domain; of several the oldest. Raises EditRefused when there is none."""
        store = self.environment.store
        guid = read_guid(named)
        found = store.get(guid) if guid else None
        if found is None:
            wanted = folded(named)
            same = (lead for lead in store.all() if folded(lead.values.get("hnt_domain")) == wanted)
            found = min(same, key=lambda lead: (str(lead.values["createdon"]), lead.lead_id), default=None)
        if found is None:
            raise EditRefused(
                f"No lead has the id or the domain '{named}'; see /_control/state/dataverse.", field=field
            )
        return found

    def column(self, name: str) -> Column:
        column = self.environment.schema.columns.get(name)
        if column is None:
            raise EditRefused(f"The lead table has no column '{name}'.", field="column")
        return column


class Act(BaseModel):
    """Something a person or an administrator over there does. `apply` gives what the answer to the edit says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def apply(self, hands: Hands) -> dict[str, Any]: ...
