"""Both sides changed: who is right, column by column (f.7, R4.7).

The base of the merge is what was read last. A value that stands there now is the CRM's own change only when it is
neither that nor any value of ours whose arrival we don't know (rule C): else our own late write would look like a
person's edit, and an older value of ours would be pulled over the operator's newer one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import JsonValue

from crm.interface import ColumnValues
from crm.mapping.columns import Winner

SAME_MOMENT = timedelta(minutes=1)


class Why(StrEnum):
    """Why the CRM's value holds, in the words that people read."""

    ONLY_THERE = "changed only there"
    CRM_WINS = "the CRM wins it"
    LATER_THERE = "changed on both sides, later there"
    SAME_MOMENT = "changed on both sides within a minute"
    TIME_UNKNOWN = "changed on both sides; when it was here is not known"
    CHOSEN = "a person chose it"
    UNHELD = "no record of Hunter's holds it there"


@dataclass(frozen=True, slots=True)
class Taken:
    """A value of the CRM's that stands in for Hunter's own, as long as Hunter's own is still `over`."""

    value: JsonValue
    over: JsonValue
    winner: Winner
    why: str = ""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Both values of a column that both sides changed, until a person chooses; the CRM's stays there meanwhile."""

    here: JsonValue
    there: JsonValue


@dataclass(frozen=True, slots=True)
class Base:
    """What the merge is made against: what was read last, and what we sent without knowing how it ended."""

    seen: ColumnValues | None
    sent: Sequence[ColumnValues]
    confirmed: ColumnValues | None


@dataclass(frozen=True, slots=True)
class Ours:
    """Hunter's side: its own values, who wins each column, and when each was changed where that is known."""

    columns: ColumnValues
    winners: Mapping[str, Winner]
    changed_at: Mapping[str, datetime] = field(default_factory=dict)
    taken: Mapping[str, Taken] = field(default_factory=dict)
    undecided: Mapping[str, Undecided] = field(default_factory=dict)

    def standing(self, column: str) -> JsonValue:
        """What Hunter wants there: its own value, or the CRM's that stands in for it."""
        own, held = self.columns.get(column), self.taken.get(column)
        return held.value if held is not None and same(own, held.over) else own


@dataclass(frozen=True, slots=True)
class Merge:
    """What came of it: values of the CRM to keep, columns that the CRM changed though Hunter wins them, and those that
    wait for a person."""

    taken: Mapping[str, Taken]
    disputed: tuple[str, ...]
    undecided: Mapping[str, Undecided] = field(default_factory=dict)


def same(one: JsonValue, other: JsonValue) -> bool:
    """Equal for the CRM: an empty text is no value there (contract, trap 13)."""
    one, other = (None if value == "" else value for value in (one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other or (isinstance(one, bool) and isinstance(other, bool) and one == other)
    return one == other


def changed_there(column: str, theirs: ColumnValues, base: Base) -> bool:
    """Whether the CRM changed the column: its value is neither what we saw nor anything we may have written."""
    value = theirs.get(column)
    if same(value, (base.seen or {}).get(column)):
        return False
    return not any(column in sent and same(value, sent[column]) for sent in base.sent)


def merge(
    theirs: ColumnValues,
    base: Base,
    ours: Ours,
    *,
    changed_at: datetime | None = None,
    unheld: Collection[str] = (),
) -> Merge:
    """The merge of a lead as read with what Hunter has, each column by its stated winner. `unheld`: whose record is gone."""
    taken: dict[str, Taken] = {}
    disputed: list[str] = []
    undecided: dict[str, Undecided] = {}
    for column, winner in ours.winners.items():
        own = ours.columns.get(column)
        if column in unheld and _is_gone(column, base):
            taken[column] = Taken(None, own, winner, Why.UNHELD)
        if column not in theirs or not changed_there(column, theirs, base):
            continue
        if winner is Winner.HUNTER:
            if base.confirmed is not None and column in base.confirmed and not same(theirs[column], own):
                disputed.append(column)
        elif winner is Winner.HAND and _both_changed(column, theirs, base, ours):
            waits = ours.undecided.get(column)
            undecided[column] = Undecided(waits.here if waits else own, theirs[column])
        elif why := _why_theirs(column, winner, base, ours, theirs_at=changed_at):
            taken[column] = Taken(theirs[column], own, winner, why)
    return Merge(taken, tuple(disputed), undecided)


def _is_gone(column: str, base: Base) -> bool:
    """Whether what we had confirmed was taken away by others; while an outcome is unknown it may be we who did."""
    return not base.sent and not same((base.confirmed or {}).get(column), None)


def _both_changed(column: str, theirs: ColumnValues, base: Base, ours: Ours) -> bool:
    """Whether Hunter's value changed too, to another one; without a base, whether both sides have a value."""
    standing = ours.standing(column)
    if same(theirs[column], standing):
        return False
    if column in ours.undecided:
        return True
    if base.confirmed is None or column not in base.confirmed:
        return not same(standing, None) and not same(theirs[column], None)
    return not same(standing, base.confirmed[column])


def _why_theirs(column: str, winner: Winner, base: Base, ours: Ours, *, theirs_at: datetime | None) -> Why | None:
    """Why the CRM's value holds; None where Hunter's change is the newer one. Within a minute, or where a time is
    unknown, it is the CRM's, and the reason is kept (f.7)."""
    if winner is Winner.CRM:
        return Why.CRM_WINS
    if base.confirmed is None or winner is Winner.HAND or same(ours.standing(column), base.confirmed.get(column)):
        return Why.ONLY_THERE
    ours_at = ours.changed_at.get(column)
    if ours_at is None or theirs_at is None:
        return Why.TIME_UNKNOWN
    if ours_at - theirs_at > SAME_MOMENT:
        return None
    return Why.SAME_MOMENT if abs(ours_at - theirs_at) <= SAME_MOMENT else Why.LATER_THERE


def with_taken(own: ColumnValues, taken: Mapping[str, Taken], winners: Mapping[str, Winner]) -> dict[str, JsonValue]:
    """Hunter's values with those of the CRM that still hold in their place."""
    result = dict(own)
    for column in still_taken(own, taken, winners):
        if column in own:
            result[column] = taken[column].value
    return result


def still_taken(own: ColumnValues, taken: Mapping[str, Taken], winners: Mapping[str, Winner]) -> dict[str, Taken]:
    """A value taken from the CRM holds while the CRM wins the column, or until Hunter's own changes after it.

    What no record there holds is empty until Hunter's own changes, whoever wins it.
    """
    return {
        column: held
        for column, held in taken.items()
        if (winners.get(column) is Winner.CRM and held.why != Why.UNHELD)
        or (
            (winners.get(column) in {Winner.NEWER, Winner.HAND} or held.why == Why.UNHELD)
            and same(own.get(column), held.over)
        )
    }


def still_undecided(
    own: ColumnValues, undecided: Mapping[str, Undecided], winners: Mapping[str, Winner]
) -> dict[str, Undecided]:
    """A choice is a person's while the mapping says so and the two values differ; Hunter's is the one of now."""
    return {
        column: Undecided(own.get(column), held.there)
        for column, held in undecided.items()
        if winners.get(column) is Winner.HAND and not same(own.get(column), held.there)
    }
