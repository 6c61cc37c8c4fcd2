"""What an adapter of a CRM brings to the contract tests: a simulator, the way people edit there, and how it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID, uuid5

from crm.interface import ColumnValues, Crm, Whereabouts
from crm.mapping.columns import Mapping as ColumnMapping
from hunter.remote.errors import Deferred
from hunter.remote.gate import Gate

SPACE = UUID("5f3a0000-0000-4000-8000-00000000c0de")


class World(Protocol):
    """One CRM and its people. Words for columns are the same everywhere: domain, name, website, phone, score, mail,
    first_name."""

    @property
    def mapping(self) -> ColumnMapping: ...

    @property
    def columns(self) -> Mapping[str, str]:
        """Each word's column there."""

    @property
    def page_size(self) -> int:
        """How many changes come in one page."""

    def is_newer(self, etag: str, than: str) -> bool: ...

    def connected(self, *, gate: Gate | None = None, bearer: str | None = None) -> Crm:
        """A client with a good token, or with these."""

    def person_creates(self, domain: str, **words: Any) -> str:
        """A person makes a lead without Hunter, "" for one without a domain; its id as the interface tells it."""

    def person_changes(self, lead_id: str, **words: Any) -> None: ...

    def person_deletes(self, lead_id: str) -> None: ...

    def person_merges(self, lead_id: str, *, into: str) -> None:
        """Make one lead of the two, which goes on as `into`."""

    def person_closes(self, lead_id: str) -> bool:
        """Close the lead there; False where this CRM knows no closed ones."""

    def drop_column(self, word: str) -> None: ...

    def fails(self, operation: str, **fault: Any) -> None:
        """The next call of this operation of the interface meets a fault."""

    def held(self, domain: str) -> list[Mapping[str, Any]]:
        """What the CRM itself holds for the domain, by these words."""

    def calls(self) -> int:
        """How many requests it has seen."""


def own_id(number: int) -> str:
    """An id as the push derives it."""
    return str(uuid5(SPACE, str(number)))


def where(domain: str, *lead_ids: str, look_alikes: bool = False, is_new: bool = False) -> Whereabouts:
    return Whereabouts(lead_ids or (own_id(999_999),), domain, look_alikes, is_new)


def sent(world: World, **words: Any) -> ColumnValues:
    """The columns of these words."""
    return {world.columns[word]: value for word, value in words.items()}


class ClosedGate:
    """Lets nobody through."""

    def pass_(self, *, deadline: float) -> None:
        raise Deferred("Closed.")

    async def pass_async(self, *, deadline: float) -> None:
        raise Deferred("Closed.")
