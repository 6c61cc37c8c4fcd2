"""The mapping held against the CRM's live columns before anything is pushed (R4.2, R4.5)."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from crm.backend import CrmBackend
from crm.interface import AccessReport, TableFacts
from crm.mapping.resolving import Fault, ResolvedMapping, held_against
from crm.services.columns import forget_columns, shared_columns
from crm.services.last_check import keep_check
from hunter.remote.errors import Call, Misconfigured
from hunter.remote.gate import DirectGate, direct_gate
from hunter.remote.tokens import with_bearer

OPERATION: Final = "hold the mapping against the CRM"
WAIT_FOR_SLOT: Final = timedelta(seconds=20)


class MappingFault(Misconfigured):
    """Mapping and CRM disagree so that no lead can be pushed; all else that is done with this CRM goes on."""


def live_mapping(backend: CrmBackend, *, token: str, wait: timedelta | None) -> ResolvedMapping:
    """The mapping as it can be sent now, the CRM's columns read once in a while for all processes (R7.6).

    `wait`: how long for one of the lane's slots; None for a drainer, which holds slots already (R2.3). Raises
    RemoteError, Deferred, and Misconfigured with the first fault when one stands in the way of every push.
    """
    mapping = backend.load_mapping()

    def read() -> TableFacts:
        with nullcontext(DirectGate(backend.lane)) if wait is None else direct_gate(backend.lane, wait=wait) as gate:
            table = backend.connect(gate, token, ()).describe()
        keep_check(backend, held_against(mapping, table), table)
        return table

    resolved = held_against(mapping, shared_columns(backend, mapping, read))
    if resolved.errors:
        forget_columns()
        raise mapping_fault(backend, resolved)
    return resolved


def mapping_fault(backend: CrmBackend, resolved: ResolvedMapping) -> MappingFault:
    """One clear error, whatever number of leads wait behind it."""
    first, rest = resolved.errors[0], len(resolved.errors) - 1
    more = f" {rest} more: `manage.py check_crm` lists them." if rest else ""
    return MappingFault(
        f"Mapping v{resolved.mapping.version}, {first.sentence()}{more}",
        call=Call(backend.name, OPERATION),
        field=first.column,
    )


def sendable_columns(resolved: ResolvedMapping) -> list[str]:
    """The columns that pushes write and looks read: all that are not off."""
    return [column.name for column in resolved.columns if not column.off]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Who Hunter is in the CRM, and every way in which mapping and CRM disagree."""

    crm: str
    access: AccessReport
    mapping_version: int
    columns: int
    faults: tuple[Fault, ...]
    domain_is_unique: bool

    @property
    def failed(self) -> bool:
        return bool(self.faults)

    def as_dict(self) -> dict[str, Any]:
        return {
            "crm": self.crm,
            "user": self.access.user,
            "organisation": self.access.organisation,
            "mapping": self.mapping_version,
            "columns": self.columns,
            "domain_is_unique": self.domain_is_unique,
            "faults": [
                {"column": one.column, "gravity": one.gravity.value, "problem": one.problem, "way_out": one.way_out}
                for one in self.faults
            ],
        }

    def sentence(self) -> str:
        head = f"{self.crm}: signed in as {self.access.user}; mapping v{self.mapping_version}, {self.columns} columns."
        key = "" if self.domain_is_unique else (
            "\nThe domain is no active key there: a lead that a person makes at the same moment is not refused."
        )  # fmt: skip
        if not self.faults:
            return f"{head} Nothing is wrong.{key}"
        width = max(len(one.column) for one in self.faults)
        table = "\n".join(
            f"{one.gravity.value:<8} {one.column:<{width}}  {one.problem} {one.way_out}" for one in self.faults
        )
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        return f"{head} {count}:\n{table}{key}"


def check_crm(backend: CrmBackend) -> CheckReport:
    """Sign in, read the columns and compare, whatever was read before. Raises RemoteError, Deferred."""
    mapping = backend.load_mapping()
    with direct_gate(backend.lane, wait=WAIT_FOR_SLOT) as gate:

        def look(token: str) -> tuple[AccessReport, TableFacts]:
            crm = backend.connect(gate, token, ())
            return crm.check_access(), crm.describe()

        access, table = with_bearer(backend.token_source(), look, outlives=timedelta(minutes=5))
    forget_columns()
    resolved = held_against(mapping, table)
    keep_check(backend, resolved, table)
    return CheckReport(
        crm=backend.title,
        access=access,
        mapping_version=mapping.version,
        columns=len(sendable_columns(resolved)),
        faults=resolved.faults,
        domain_is_unique=table.domain_is_unique,
    )
