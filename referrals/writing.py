"""What is written to a referral at Partner Center, decided without database or network (contract 3, 4).

Two things are Hunter's: the reference of our lead, and a status that a person chose. Whatever somebody else has put
there since is never written over: it is left, or a person is asked.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

LONGEST_REFERENCE = 255


class Pair(NamedTuple):
    """Status and substatus: they change together, in one request."""

    status: str
    substatus: str

    def __str__(self) -> str:
        return " · ".join(filter(None, self)) or "no status"


UNKNOWN = Pair("", "")


class StatusStep(enum.StrEnum):
    """What a person may do with a referral at Partner Center."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WON = "won"
    LOST = "lost"


TARGETS = {
    StatusStep.ACCEPT: Pair("Active", "Accepted"),
    StatusStep.DECLINE: Pair("Closed", "Declined"),
    StatusStep.WON: Pair("Closed", "Won"),
    StatusStep.LOST: Pair("Closed", "Lost"),
}
FOLLOWERS = {"New": {"New", "Active", "Closed"}, "Active": {"Active", "Closed"}, "Closed": {"Closed"}}
SUBSTATUSES = {
    "New": {"Pending", "Received"},
    "Active": {"Accepted"},
    "Closed": {"Won", "Lost", "Declined"},  # and Expired, which the service alone sets
}


@dataclass(frozen=True, slots=True)
class Known:
    """A referral as it was read last."""

    pair: Pair
    reference: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be there: our reference (empty: none), and the pair that a person chose when he saw `seen`."""

    reference: str = ""
    pair: Pair | None = None
    seen: Pair = UNKNOWN
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What one request is to change."""

    reference: str = ""
    pair: Pair | None = None
    reason: str = ""

    @property
    def operations(self) -> list[dict[str, Any]]:
        """The JSON Patch, in the operations that the service takes."""
        values: dict[str, str] = {}
        if self.pair:
            values |= {"/status": self.pair.status, "/substatus": self.pair.substatus}
            values |= {"/statusReason": self.reason} if self.reason else {}
        if self.reference:
            values["/externalReferenceId"] = self.reference
        return [{"op": "replace", "path": path, "value": value} for path, value in values.items()]

    def as_json(self) -> dict[str, str]:
        """As it is kept while its outcome is not known."""
        pair = self.pair or UNKNOWN
        return {"reference": self.reference, "status": pair.status, "substatus": pair.substatus}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write, or why not: a conflict needs a person, `kept` is somebody else's reference that stays."""

    change: Change | None = None
    conflict: str = ""
    kept: str = ""


def refusal(now: Pair, to: Pair) -> str:
    """Why the status can't become that one; empty when it can (the table of contract 3)."""
    if to.status not in FOLLOWERS.get(now.status, set()):
        return f"A referral that is {now.status or 'without a status'} can't become {to} any more."
    if to.substatus not in SUBSTATUSES.get(to.status, set()):
        return f"{to.substatus} is no substatus that Hunter may set for {to.status}."
    if now.status == "Closed" and now != to:
        return f"The referral is closed ({now.substatus}), and that is final."
    return ""


def decide(
    known: Known, wish: Wish, *, own_references: Collection[str] = (), own_pairs: Collection[Pair] = ()
) -> Decision:
    """Hold the wish against what is there; `own_…` are values that Hunter itself wrote, or may have written."""
    pair: Pair | None = None
    if wish.pair and wish.pair != known.pair:
        conflict = _conflict(known.pair, wish, own_pairs=own_pairs)
        if conflict:
            return Decision(conflict=conflict)
        pair = wish.pair
    reference, kept = _reference(known, wish, own=own_references)
    if not pair and not reference:
        return Decision(kept=kept)
    return Decision(Change(reference, pair, wish.reason if pair else ""), kept=kept)


def _conflict(now: Pair, wish: Wish, *, own_pairs: Collection[Pair]) -> str:
    if now != wish.seen and now not in own_pairs:
        return (
            f"You chose {wish.pair} when Partner Center said {wish.seen}; meanwhile somebody set it to {now} there. "
            "Nothing was written. Look at the referral, then choose again or keep what Partner Center says."
        )
    refused = refusal(now, wish.pair) if wish.pair else ""
    return f"{refused} Nothing was written." if refused else ""


def _reference(known: Known, wish: Wish, *, own: Collection[str]) -> tuple[str, str]:
    """The reference to be written, and the foreign one that stays. A closed referral is left alone."""
    if not wish.reference or wish.reference == known.reference or known.pair.status == "Closed":
        return "", ""
    if known.reference and known.reference not in own:
        return "", known.reference
    return wish.reference, ""
