"""Clues to who keeps a domain's mailboxes: a table that is data, checked when it is loaded."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hunter.errors import HunterError
from leads.confidence import ConfidenceLevel
from leads.lookups import ALIASES_OF_SELECTORS, ASKED_BESIDE
from leads.providers import Provider, clean_host, ends_with_labels

CLUES_FILE = Path(__file__).parent / "data" / "mailbox_clues.toml"
SPF_INCLUDES = "spf"
GOOGLE_KEY = "dkim_google"
KNOWN_LOOKUPS = frozenset({*ALIASES_OF_SELECTORS, *ASKED_BESIDE, "txt", SPF_INCLUDES, GOOGLE_KEY})

Pattern = Annotated[str, Field(min_length=3)]


class CluesRefused(HunterError):
    """The table of clues says something that can't be right."""


class Strict(BaseModel):
    """A part of the table: a key that nobody reads is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Clue(Strict):
    """One way in which DNS names a provider. `weight`: 3 is strongest."""

    provider: Provider
    lookups: Annotated[tuple[str, ...], Field(min_length=1)]
    ends: tuple[Pattern, ...] = ()
    begins: tuple[Pattern, ...] = ()
    weight: Annotated[int, Field(ge=1, le=3, strict=True)]
    says: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def can_be_found(self) -> Self:
        unknown = [lookup for lookup in self.lookups if lookup not in KNOWN_LOOKUPS]
        if unknown:
            raise ValueError(f"there is no lookup {unknown[0]}; there are {', '.join(sorted(KNOWN_LOOKUPS))}")
        if not self.ends and not self.begins:
            raise ValueError("a clue needs `ends` or `begins`")
        return self

    def matches(self, record: str) -> bool:
        """Whether a record is this clue: by the end of a name on a label border, or by the start of a text."""
        name = clean_host(record)
        return any(ends_with_labels(name, ending) for ending in self.ends) or any(
            record.lower().startswith(beginning.lower()) for beginning in self.begins
        )


class Thresholds(Strict):
    """How much all clues to one provider must weigh for each confidence."""

    high: Annotated[int, Field(ge=1, strict=True)]
    medium: Annotated[int, Field(ge=1, strict=True)]
    low: Annotated[int, Field(ge=1, strict=True)]

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if not self.low < self.medium < self.high:
            raise ValueError("low must be below medium, and medium below high")
        return self

    def level(self, weight: int) -> ConfidenceLevel | None:
        """The confidence of so much weight; None for too little."""
        steps = (
            (self.high, ConfidenceLevel.HIGH),
            (self.medium, ConfidenceLevel.MEDIUM),
            (self.low, ConfidenceLevel.LOW),
        )
        return next((level for least, level in steps if weight >= least), None)


class Clues(Strict):
    """The whole table, and the day on which it was held against what providers document."""

    as_of: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    confidence: Thresholds
    clue: Annotated[tuple[Clue, ...], Field(min_length=1)]


def parse_clues(text: str) -> Clues:
    """The table from the text of a TOML file. Raises CluesRefused, which names the key that is wrong."""
    try:
        return Clues.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CluesRefused(f"The clues to mailboxes are not TOML: {error}. Mend {CLUES_FILE.name}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise CluesRefused(
            f"The clues to mailboxes are refused{f' at {key}' if key else ''}: {what}. Mend {CLUES_FILE.name}.",
            field=key,
        ) from error


@cache
def load_clues() -> Clues:
    """The table that Hunter is delivered with, read and checked once in a process. Raises CluesRefused."""
    return parse_clues(CLUES_FILE.read_text(encoding="utf-8"))
