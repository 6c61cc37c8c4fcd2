"""What Hunter keeps of one company's lead in one CRM, as a value: what the decisions of a push read and give back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crm.interface import ColumnValues
from crm.mapping.merge import Taken, Undecided


class LeadState(StrEnum):
    """How the lead stands. A running or failed push is read off its work item (f.6)."""

    PENDING = "pending"
    SYNCED = "synced"
    REVIEW = "review"
    GONE = "gone"
    CLOSED = "closed"


class PushResult(StrEnum):
    """What the last push that came to an end did."""

    CREATED = "created"
    UPDATED = "updated"
    ADOPTED = "adopted"
    UNCHANGED = "unchanged"
    REVIEW = "review"
    GONE = "gone"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A column that Hunter wins and the CRM changed: how often, and whether Hunter's value went back since."""

    times: int
    sent_back: bool = False


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A lead that only its website ties to the company, as a person is shown it: its id, and the company's name there."""

    lead_id: str
    name: str


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """The record of `ledger-notes` §4, without its row.

    `own_id` is the id that Hunter would give a new lead; `lead_id` differs from it when an existing lead was adopted.
    `confirmed` holds the values as sent, `seen` as read; `sent` what was sent and may still arrive. `look_alikes` wait for
    a person's decision; `kept_apart` are the ids of which one said that they are not the company's.
    """

    own_id: str
    lead_id: str
    domain: str
    generation: int = 0
    etag: str = ""
    confirmed: ColumnValues | None = None
    ever_confirmed: bool = False
    seen: ColumnValues | None = None
    sent: tuple[ColumnValues, ...] = ()
    taken: Mapping[str, Taken] = field(default_factory=dict)
    disputed: Mapping[str, Dispute] = field(default_factory=dict)
    undecided: Mapping[str, Undecided] = field(default_factory=dict)
    look_alikes: tuple[LookAlike, ...] = ()
    kept_apart: frozenset[str] = frozenset()
    absent_at: datetime | None = None
    conflicts: int = 0
    hops: int = 0
    state: LeadState = LeadState.PENDING
    result: PushResult | None = None
    words: str = ""

    @property
    def adopted(self) -> bool:
        return self.lead_id != self.own_id

    @property
    def known(self) -> bool:
        """Whether the company has a lead there, or had one: Hunter wrote it, or was to write to it."""
        return self.adopted or self.ever_confirmed

    @property
    def rests(self) -> bool:
        """No push touches it before a person decides."""
        return self.state in {LeadState.REVIEW, LeadState.GONE, LeadState.CLOSED}

    @property
    def result_of_write(self) -> PushResult:
        """What a push that confirms the lead did. A lead of ours counts as created when it is first confirmed, also where
        the create's own answer was lost.
        """
        if self.ever_confirmed:
            return PushResult.UPDATED
        return PushResult.ADOPTED if self.adopted else PushResult.CREATED

    def once_sent(self) -> frozenset[str]:
        """Every column that Hunter sent a value of, whether or not it is known to have arrived (f, the mark ‡).

        Where what was confirmed is in doubt (`verify_crm`), every column that has a value there.
        """
        known = self.confirmed
        if known is None and self.ever_confirmed:
            known = {column: value for column, value in (self.seen or {}).items() if value is not None}
        return frozenset(column for payload in (*self.sent, known or {}) for column in payload)
