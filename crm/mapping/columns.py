"""The shape of a mapping: which Hunter value goes to which column of the CRM, and what happens on the way (R4.1)."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

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


class Column(BaseModel):
    """One column of the CRM and the value it gets. Errors name the key that is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
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
            raise ValueError(f"Hunter has no value named {value!r}; it has {', '.join((*FACTS, *BOOKKEEPING))}")
        return value

    @model_validator(mode="after")
    def _keys_that_belong_together(self) -> Self:
        for holds, sentence in self._contradictions():
            if holds:
                raise ValueError(sentence)
        return self

    def _contradictions(self) -> list[tuple[bool, str]]:
        has_default = self.default is not None or self.default_from is not None
        return [
            (self.kind in TEXTS and self.length is None, f"a column of kind {self.kind} needs `length`"),
            (self.kind not in TEXTS and self.length is not None, f"`length` means nothing for kind {self.kind}"),
            (self.kind is Kind.DECIMAL and self.places is None, "a decimal needs `places`"),
            (
                self.kind is Kind.CHOICE and (self.numbers is None) == (self.labels is None),
                "a choice needs either `numbers` (word = option number) or `labels` (word = label in the CRM)",
            ),
            (
                self.kind is not Kind.CHOICE and (self.numbers or self.labels) is not None,
                f"`numbers` and `labels` mean nothing for kind {self.kind}",
            ),
            (
                (self.empty is WhenEmpty.DEFAULT) != has_default,
                '`default` or `default_from` and `empty = "default"` go together',
            ),
            (
                self.clear_once_sent and self.empty is not WhenEmpty.OMIT,
                '`clear_once_sent` goes with `empty = "omit"`',
            ),
            (
                (self.transform is Transform.PREFIXED) != bool(self.prefix),
                '`prefix` and `transform = "prefixed"` go together',
            ),
            (
                self.bookkeeping != (self.value in BOOKKEEPING),
                "`bookkeeping = true` and a value that starts with `push.` go together",
            ),
            (
                self.direction is Direction.OUT and self.winner is not Winner.HUNTER,
                "a column that only goes out is won by Hunter",
            ),
            (
                self.direction is Direction.BOTH and self.winner is Winner.HUNTER,
                "a column that goes both ways needs a winner other than Hunter",
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
    column: tuple[Column, ...] = Field(min_length=1)
    off: tuple[OffColumn, ...] = ()

    @model_validator(mode="after")
    def _each_column_once(self) -> Self:
        names = [column.name for column in self.column] + [column.name for column in self.off]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands in the mapping twice")
        return self

    @property
    def compared(self) -> tuple[Column, ...]:
        """The columns whose difference makes a push due (f.6)."""
        return tuple(column for column in self.column if not column.bookkeeping)
