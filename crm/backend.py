"""What a CRM's folder offers to the rest of Hunter: `crm/<name>/backend.py` holds one of these as BACKEND."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from crm.interface import ColumnValues, Crm, Provisioner
from crm.mapping.columns import Mapping
from crm.mapping.loading import MappingError
from hunter.remote.gate import Gate
from hunter.remote.lanes import LaneName
from hunter.remote.tokens import TokenSource

Connect = Callable[[Gate, str, Iterable[str]], Crm]


@dataclass(frozen=True, slots=True)
class CrmBackend:
    """One CRM: its words, its lane, its mapping, and how to reach it. Nothing here makes a call by itself."""

    name: str
    title: str
    lane: LaneName
    longest_act: timedelta
    touch: str  # the column that is sent when nothing else would move a lead's eTag
    is_enabled: Callable[[], bool]
    how_to_enable: str
    load_mapping: Callable[[], Mapping]
    token_source: Callable[[], TokenSource]
    connect: Connect  # gate, bearer token, the columns to read with every lead
    address_of: Callable[[str, ColumnValues | None], str]  # a lead's page there, by its id and the values last read
    pull_every: Callable[[], timedelta]  # how often what changed there is read
    is_newer: Callable[[str, str], bool]  # whether the first eTag is of a later state of a lead than the second
    load_version: Callable[[int], Mapping] | None = None  # a mapping that need not be in force; raises MappingError
    provisioner: Callable[[Gate, str], Provisioner] | None = None  # gate, bearer token; None: it can't be provisioned

    def mapping_of(self, version: int) -> Mapping:
        """The mapping of that version, in force or not (R4.8). Raises MappingError where there is none."""
        chosen = self.load_mapping()
        if chosen.version == version:
            return chosen
        if self.load_version is None:
            raise MappingError(f"{self.title} has no mapping v{version}; v{chosen.version} is in force.")
        return self.load_version(version)

    @property
    def push_kind(self) -> str:
        """The name of its pushes in the ledger."""
        return f"push_{self.name}"

    @property
    def repush_kind(self) -> str:
        """The name of the standing work that asks for its pushes."""
        return f"repush_{self.name}"

    @property
    def pull_kind(self) -> str:
        """The name of the work that reads what changed there."""
        return f"pull_{self.name}"

    @property
    def provision_kind(self) -> str:
        """The name of the work that creates what the mapping needs."""
        return f"provision_{self.name}"
