"""What a lookup gave: found, known to be absent, or not known. The three are never confused (b.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """Records that answer the question, in the order of the answer."""

    records: tuple[str, ...]
    ttl: int = 0


@dataclass(frozen=True, slots=True)
class Absent:
    """A definite no: the name, or this kind of record, does not exist."""

    reason: str = "nodata"


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Nobody answered: never read as "no record"."""

    reason: str


Answer = Found | Absent | NotKnown


def records_of(answer: Answer | None) -> tuple[str, ...]:
    """The records found; none where there are none or where nobody knows."""
    return answer.records if isinstance(answer, Found) else ()


def is_known(answer: Answer) -> bool:
    return not isinstance(answer, NotKnown)


def answered(records: Sequence[str]) -> Answer:
    """An answer with these records; with none of them an absence."""
    return Found(tuple(records)) if records else Absent()


def in_words(answer: Answer) -> dict[str, str]:
    """An answer as it is kept: its state, and why where there is a reason."""
    if isinstance(answer, Found):
        return {"state": "found"}
    return {"state": "absent" if isinstance(answer, Absent) else "not_known", "reason": answer.reason}
