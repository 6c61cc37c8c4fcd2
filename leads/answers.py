"""What a lookup gave: found, known to be absent, or not known. The three are never confused (b.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Known(StrEnum):
    """Yes, no and not known are three values, in the database, on pages and in the API."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class Found:
    """Records that answer the question, in the order of the answer.

    `ttl`: for how many seconds that holds. `aliases`: the names passed on the way. `by`: who said so.
    """

    records: tuple[str, ...]
    ttl: int = 0
    aliases: tuple[str, ...] = field(default=(), compare=False)
    by: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Absent:
    """A definite no: the name (nxdomain) or this kind of record (nodata) does not exist."""

    reason: str = "nodata"
    ttl: int = field(default=0, compare=False)
    aliases: tuple[str, ...] = field(default=(), compare=False)
    by: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Nobody answered: never read as "no record". The reason tells timeout, servfail and refused apart."""

    reason: str


Answer = Found | Absent | NotKnown


def records_of(answer: Answer | None) -> tuple[str, ...]:
    """The records found; none where there are none or where nobody knows."""
    return answer.records if isinstance(answer, Found) else ()


def known(value: bool | None) -> Known:  # noqa: FBT001  the value itself, put into words
    """Yes or no; None is not known."""
    if value is None:
        return Known.NOT_KNOWN
    return Known.YES if value else Known.NO


def is_known(answer: Answer) -> bool:
    return not isinstance(answer, NotKnown)


def answered(records: Sequence[str]) -> Answer:
    """An answer with these records; with none of them an absence."""
    return Found(tuple(records)) if records else Absent()


def aliases_of(answer: Answer | None) -> tuple[str, ...]:
    """The names that were passed on the way to an answer."""
    return answer.aliases if isinstance(answer, Found | Absent) else ()


def in_words(answer: Answer) -> dict[str, Any]:
    """An answer as it is kept: its state, why where there is a reason, for how long it holds, and who gave it."""
    told: dict[str, Any] = {"state": "found"}
    if not isinstance(answer, Found):
        told = {"state": "absent" if isinstance(answer, Absent) else "not_known", "reason": answer.reason}
    if isinstance(answer, Found | Absent):
        told |= {"ttl": answer.ttl} if answer.ttl else {}
        told |= {"by": answer.by} if answer.by else {}
    return told
