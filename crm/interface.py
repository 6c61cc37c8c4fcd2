"""What Hunter asks of a CRM, whichever it is (R8.2).

A CRM's folder gives one class with these methods; nothing outside that folder knows which CRM it is. Every method
that calls passes the lane's gate and raises RemoteError or Deferred. What must hold, because the push relies on it:

- `create` writes only where the id is free, and `change` only where the record still has the eTag: the CRM itself
  refuses otherwise. A CRM without such a fence can't keep an older write of ours, or of a person, from being covered;
  its adapter must say so in `fenced`, and the push then promises "one lead", not "the newest values".
- a write whose answer is lost raises with `outcome_unknown=True`; any other error means that it did not take effect.
- `create` and `change` give the record as it is right after the write, with the eTag of that very state.
- a CRM that keeps a lead in several records writes one of them for each call: what is left it names in `owed`, and the
  push goes on with a next change (decision 0011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from hunter.errors import HunterError

ColumnValues = Mapping[str, JsonValue]
OptionName = int | str  # what is sent for an option: its number, or its own name


class ColumnType(StrEnum):
    """A column's type in words that fit every CRM; also what errors say."""

    TEXT = "text"
    LINES = "text of several lines"
    WHOLE = "a whole number"
    DECIMAL = "a decimal number"
    NUMBER = "a number"  # where the CRM makes no difference between the two
    YES_NO = "yes or no"
    CHOICE = "a choice"
    MOMENT = "a date and time"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What the CRM says of one column."""

    name: str
    type: ColumnType
    writable: bool = True
    length: int | None = None
    least: float | None = None
    most: float | None = None
    options: Mapping[OptionName, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What the CRM says of the table that leads are in."""

    columns: Mapping[str, ColumnFacts]
    fenced: bool = True
    domain_is_unique: bool = False


class Standing(StrEnum):
    """Whether a lead may still be written."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class CrmRow:
    """A lead as it was read: its eTag belongs to exactly these values. `domain`: the company's, in small letters.

    `site`: of a lead without one, the domain of its website. `name`: the company's, as people read it there.
    `owed`: after a write, the columns that wait for a next one, those asked for and those that are as they were no more.
    `unheld`: the columns whose record there is none of now; they are not among the values.
    """

    lead_id: str
    etag: str
    values: ColumnValues
    standing: Standing = Standing.OPEN
    master_id: str = ""
    changed_at: datetime | None = None
    domain: str = ""
    site: str = ""
    name: str = ""
    owed: frozenset[str] = frozenset()
    unheld: frozenset[str] = frozenset()

    @property
    def is_look_alike(self) -> bool:
        """Whether its website alone ties it to a company, and it may still be written."""
        return bool(self.site) and not self.domain and self.standing is Standing.OPEN


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a company's lead may be: under an id that Hunter knows, or under its domain; closed ones too.

    `look_alikes`: ask also for open leads without a domain whose website is the company's. Those are nobody's but a
    person's to judge (domain document, f.7). `is_new`: none of the ids was ever met there, so none went into another lead.
    """

    lead_ids: tuple[str, ...]
    domain: str
    look_alikes: bool = False
    is_new: bool = False

    def names(self, row: CrmRow) -> bool:
        """Whether it is a lead of the company: by its id or by its domain."""
        return row.lead_id in self.lead_ids or row.domain == self.domain

    def resembles(self, row: CrmRow) -> bool:
        """Whether it is none, and looks like one."""
        return not self.names(row) and row.is_look_alike and row.site == self.domain


class Refused(StrEnum):
    """Why a fence kept a write out. Nothing was written."""

    ID_TAKEN = "id_taken"
    DOMAIN_TAKEN = "domain_taken"
    STALE = "stale"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class AccessReport:
    """Who Hunter is there, and what it may do."""

    user: str
    organisation: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of what changed there. `cursor`: where the next page, or the next pass, begins; opaque to Hunter.

    Deletions are told only where `tells_deletions`; a pass over everything tells of none.
    """

    rows: tuple[CrmRow, ...]
    deleted: tuple[str, ...]
    cursor: str
    is_last: bool
    tells_deletions: bool = True


class CursorLost(HunterError):
    """The CRM no longer knows the place up to which its changes were read: everything has to be read once."""


class Crm(Protocol):
    """One CRM. Holds no model and no database; may be used from several threads."""

    name: str

    def describe(self) -> TableFacts:
        """The lead table's columns as they are now (R4.2)."""

    def locate(self, where: Whereabouts) -> Sequence[CrmRow]:
        """Every lead at these ids or with this domain, also closed and merged ones; none is an empty list.

        Where look-alikes are asked for, also each open lead without a domain whose website is the bare host of this one,
        with or without a scheme, `www.` and a final slash. What was written a moment ago may be missing among them.
        """

    def read(self, lead_id: str) -> CrmRow | None:
        """The lead with this id, None when there is none."""

    def create(self, lead_id: str, values: ColumnValues) -> CrmRow | Refused:
        """A lead with this id, only if the id is free: else ID_TAKEN, or DOMAIN_TAKEN where the domain is a key."""

    def change(self, lead_id: str, values: ColumnValues, *, etag: str) -> CrmRow | Refused:
        """The columns changed, only if the lead still has this eTag: else STALE; MISSING when *this* lead is gone;
        DOMAIN_TAKEN where the domain is a key and another lead holds it."""

    def changes(self, cursor: str) -> Changes:
        """The next page of changes behind the cursor, "" for a pass over everything; our own writes come too.

        A change made while the pages are read is told by this pass or the next. Raises CursorLost.
        """

    def check_access(self) -> AccessReport:
        """Sign in and look: who we are, what we may. Raises what a push would raise."""


class PartKind(StrEnum):
    """What a CRM may lack of what the mapping needs."""

    OWNER = "owner"  # what Hunter's parts belong to there, so that they can be told apart and moved together
    COLUMN = "column"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class WantedColumn:
    """A column as the mapping needs it. `options`: label to number, None where the CRM may choose it."""

    name: str
    title: str
    type: ColumnType
    length: int | None = None
    least: int | None = None
    most: int | None = None
    places: int | None = None
    options: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is to be created there; a column with what it is to be. `again`: it is there, and failed."""

    kind: PartKind
    name: str
    column: WantedColumn | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the CRM lacks, in the order in which it must be made; what a person must put right first (`obstacle`);
    and what the CRM is still busy with (`awaited`)."""

    missing: tuple[Part, ...] = ()
    obstacle: str = ""
    awaited: str = ""


class Provisioner(Protocol):
    """Makes what Hunter needs in a CRM, one part at a time. Never changes and never deletes what is there."""

    def inventory(self, wanted: Sequence[WantedColumn]) -> Inventory:
        """What is lacking now, read past the CRM's caches. Only reads. Raises RemoteError, Deferred."""

    def make(self, part: Part) -> str:
        """Create one part; its id there, "" when it turned out to be there already. One write.

        Raises RemoteError: after a lost answer the next inventory tells whether it was made.
        """
