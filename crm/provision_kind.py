"""Creating what the mapping needs in a CRM, as work of the ledger: one part for each act, and a fresh look before it.

The CRM itself is the checkpoint, so a run that was killed goes on where the CRM stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crm.backend import CrmBackend
from crm.connecting import SignedInToCrm
from crm.interface import Inventory, Part, Provisioner, WantedColumn
from crm.mapping.provisioning import wanted_columns
from crm.models import ProvisionedPart
from hunter.errors import HunterError
from hunter.remote.errors import Misconfigured
from hunter.remote.gate import Gates
from hunter.work.kinds import Claimed, Dead, Done, Handler, Kind, Later, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES

NEEDED, WITH_OPTIONAL = "what the mapping needs", "and what it can use"
OPERATION = "create what the CRM lacks"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What one act found and made; `made` None when there was nothing to make, or nothing that may be made."""

    inventory: Inventory
    made: Part | None = None
    made_id: str = ""


class ProvisionHandler(SignedInToCrm, Handler[tuple[WantedColumn, ...], Provisioned]):
    """Makes the first part that is missing. Knows the interface of a CRM, never a CRM."""

    _provisioner: Provisioner | None = None

    def _connect(self, token: str) -> None:
        if self._backend.provisioner is not None:
            self._provisioner = self._backend.provisioner(self._gates[self._backend.lane], token)

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, tuple[WantedColumn, ...] | Verdict]:
        if self._provisioner is None:
            return {one.item_id: Done() for one in claimed}
        mapping = self._backend.load_mapping()
        return {one.item_id: wanted_columns(mapping, with_optional=one.key == WITH_OPTIONAL) for one in claimed}

    def act(self, brief: tuple[WantedColumn, ...], gates: Gates) -> Provisioned:
        """What one part's refusal says of the set-up is this run's trouble, not that of the whole lane."""
        if self._provisioner is None:
            raise HunterError(f"{self._backend.title} is off.")
        try:
            inventory = self._provisioner.inventory(brief)
            if inventory.obstacle or not inventory.missing:
                return Provisioned(inventory)
            part = inventory.missing[0]
            return Provisioned(inventory, part, self._provisioner.make(part))
        except Misconfigured as error:
            raise HunterError(error.message, field=error.field) from error

    def settle(self, outcomes: Sequence[Outcome[Provisioned]]) -> Mapping[int, Verdict]:
        ended = [(one, one.result) for one in outcomes if one.result is not None]
        ProvisionedPart.objects.bulk_create(
            ProvisionedPart(
                crm=self._backend.name,
                kind=result.made.kind.value,
                name=result.made.name,
                remote_id=result.made_id,
                asked_by=one.claimed.asked_by,
            )
            for one, result in ended
            if result.made is not None and (result.made_id or result.made.again)
        )
        return {one.claimed.item_id: _verdict(result) for one, result in ended}


def _verdict(result: Provisioned) -> Verdict:
    if result.made is not None:
        return Progress()
    if result.inventory.obstacle:
        return Dead(HunterError(result.inventory.obstacle))
    if result.inventory.awaited:
        return Later(HunterError(result.inventory.awaited))
    return Done()


def provision_kind(backend: CrmBackend) -> Kind:
    """How the ledger provisions this CRM."""
    return Kind(
        name=backend.provision_kind,
        lane=backend.lane,
        handler=lambda: ProvisionHandler(backend),
        policy=POLICIES[backend.provision_kind],
        service=backend.name,
        operation=OPERATION,
        longest_act=backend.longest_act + timedelta(seconds=60),
    )
