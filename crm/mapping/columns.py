"""The shape of a mapping: which Hunter value goes to which column of the CRM, and what happens on the way (R4.1)."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from crm.mapping.facts import BOOKKEEPING, FACTS


class Kind(StrEnum):
    """What a column holds. Text is cut to its length, an identifier or an address is refused instead (f.1)."""

    TEXT = "text"
    LINES = "lines"
    IDENTIFIER = "identifier"
    WHOLE = "whole"
    DECIMAL = "decimal"
    YES_NO = "yes_no"
    CHOICE = "choice"
    MOMENT = "moment"
    JSON = "json"


class WhenEmpty(StrEnum):
    """What an empty value becomes (R4.3)."""

    OMIT = "omit"
    CLEAR = "clear"
    DEFAULT = "default"
    REFUSE = "refuse"


class Direction(StrEnum):
    OUT = "out"
    BOTH = "both"
    FIRST_PUSH = "first_push"


class Winner(StrEnum):
    """Who is right when both sides changed a column (f.7)."""

    HUNTER = "hunter"
    CRM = "crm"
    NEWER = "newer"
    PERSONS_NAME = "persons_name"
    HAND = "hand"  # a person decides each time both sides changed it


class Transform(StrEnum):
    """What may be done to a text before it is sent; the list is closed."""

    PLAIN = "plain"
    PREFIXED = "prefixed"
    LOWER = "lower"


TEXTS = {Kind.TEXT, Kind.LINES, Kind.IDENTIFIER, Kind.JSON}


def broken_rule(sentence: str, *, at: tuple[str | int, ...]) -> PydanticCustomError:
    """Keys that don't go together; `at` leads to the one that a person would look at first."""
    return PydanticCustomError("rule", sentence, {"at": at})


def nearest(word: str, known: Collection[str]) -> str:
    """What may have been meant, else all that may be written."""
    close = get_close_matches(word, list(known), n=1)
    return f"perhaps {close[0]} is meant" if close else f"there are {', '.join(known)}"


class Column(BaseModel):
    """One column of the CRM and the value it gets. Errors name the key that is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")
    value: str
    kind: Kind
    empty: WhenEmpty
    direction: Direction = Direction.OUT
    winner: Winner = Winner.HUNTER
    transform: Transform = Transform.PLAIN
    prefix: str = ""
    length: int | None = Field(default=None, gt=0)
    least: int | None = None
    most: int | None = None
    places: int | None = Field(default=None, ge=0, le=10)
    default: str | bool | int | None = None
    default_from: str | None = None
    clear_once_sent: bool = False
    numbers: dict[str, int] | None = None
    labels: dict[str, str] | None = None
    any_case: bool = False
    when_present: bool = False
    bookkeeping: bool = False
    title: str = ""  # what people in the CRM read, where Hunter makes the column

    @field_validator("value", "default_from")
    @classmethod
    def _a_known_value(cls, value: str | None) -> str | None:
        if value is not None and value not in FACTS and value not in BOOKKEEPING:
            raise ValueError(f"Hunter has no value named {value!r}; {nearest(value, (*FACTS, *BOOKKEEPING))}")
        return value

    @model_validator(mode="after")
    def _keys_that_belong_together(self) -> Self:
        for holds, key, sentence in self._contradictions():
            if holds:
                raise broken_rule(sentence, at=(key,))
        return self

    def _contradictions(self) -> list[tuple[bool, str, str]]:
        has_default = self.default is not None or self.default_from is not None
        return [
            (self.kind in TEXTS and self.length is None, "kind", f"a column of kind {self.kind} needs `length`"),
            (
                self.kind not in TEXTS and self.length is not None,
                "length",
                f"`length` means nothing for kind {self.kind}",
            ),
            (self.kind is Kind.DECIMAL and self.places is None, "kind", "a decimal needs `places`"),
            (
                self.kind is Kind.CHOICE and (self.numbers is None) == (self.labels is None),
                "kind",
                "a choice needs either `numbers` (word = option number) or `labels` (word = label in the CRM)",
            ),
            (
                self.kind is not Kind.CHOICE and (self.numbers or self.labels) is not None,
                "labels" if self.labels else "numbers",
                f"`numbers` and `labels` mean nothing for kind {self.kind}",
            ),
            (
                (self.empty is WhenEmpty.DEFAULT) != has_default,
                "empty",
                '`default` or `default_from` and `empty = "default"` go together',
            ),
            (
                self.clear_once_sent and self.empty is not WhenEmpty.OMIT,
                "clear_once_sent",
                '`clear_once_sent` goes with `empty = "omit"`',
            ),
            (
                (self.transform is Transform.PREFIXED) != bool(self.prefix),
                "transform" if self.transform is Transform.PREFIXED else "prefix",
                '`prefix` and `transform = "prefixed"` go together',
            ),
            (
                self.bookkeeping != (self.value in BOOKKEEPING),
                "value",
                "`bookkeeping = true` and a value that starts with `push.` go together",
            ),
            (
                self.direction is Direction.OUT and self.winner is not Winner.HUNTER,
                "winner",
                'a column that only goes out is won by Hunter; leave `winner` out, or write `direction = "both"`',
            ),
            (
                self.direction is Direction.BOTH and self.winner is Winner.HUNTER,
                "direction",
                "a column that goes both ways needs a `winner` other than hunter: crm, newer, persons_name or hand",
            ),
        ]


class OffColumn(BaseModel):
    """A column that is known and not sent, with the reason people read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    reason: str = Field(min_length=1)


class Mapping(BaseModel):
    """A whole mapping of one version (R4.8); `column` and `off` are the TOML's tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    crm: str
    table: str
    column: tuple[Column, ...]
    off: tuple[OffColumn, ...] = ()

    @model_validator(mode="after")
    def _columns_each_once(self) -> Self:
        if not self.column:
            raise broken_rule("a mapping has one [[column]] at least", at=("column",))
        sent = [(("column", position, "name"), column.name) for position, column in enumerate(self.column)]
        off = [(("off", position, "name"), column.name) for position, column in enumerate(self.off)]
        seen: set[str] = set()
        for place, name in sent + off:
            if name in seen:
                raise broken_rule("it stands in the mapping twice", at=place)
            seen.add(name)
        return self

    @property
    def compared(self) -> tuple[Column, ...]:
        """The columns whose difference makes a push due (f.6)."""
        return tuple(column for column in self.column if not column.bookkeeping)
