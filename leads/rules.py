"""The rules of score and classes: data, checked when loaded, with a version that every score keeps (d).

The files lie in `leads/rules/`, or where HUNTER_RULES says. A rule that can't be right is refused with the key that is
wrong.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Generic, Self, TypeVar

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hunter.errors import HunterError
from leads.classes import CommercialHeat, CommercialSegment, PriorityCategory, Segment, TechnicalHeat
from leads.providers import Provider

RULES_FOLDER = Path(__file__).parent / "rules"
SHIPPED_RULES = "v1"

Points = Annotated[int, Field(ge=-100, le=100, strict=True)]
Border = Annotated[int, Field(ge=0, le=100, strict=True)]
Priority = Annotated[int, Field(ge=1, le=7, strict=True)]
Outcome = TypeVar("Outcome")


class RulesRefused(HunterError):
    """A rules file says something that can't be right."""


class Strict(BaseModel):
    """A part of a rules file: a key that nobody reads is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class SignalPoints(Strict):
    """What good signs are worth."""

    spf: Points
    dkim: Points
    dmarc_reject: Points
    dmarc_quarantine: Points
    dmarc_none: Points


class RiskPoints(Strict):
    """What bad signs cost."""

    no_spf: Points
    no_dkim: Points
    dkim_none: Points
    dmarc_none: Points
    hosting_mx_weak: Points
    spf_multiple_includes: Points


class ScoreRules(Strict):
    """The points of the readiness score (d.1)."""

    base: Points
    lowest: Border
    highest: Border
    many_includes: Annotated[int, Field(ge=0, strict=True)]
    providers: Mapping[Provider, Points]
    signals: SignalPoints
    risks: RiskPoints


class Row(Strict, Generic[Outcome]):
    """One row of a table: it holds when everything it names holds. An empty list names nothing."""

    outcome: Outcome = Field(alias="is")
    segments: tuple[Segment, ...] = ()
    providers: tuple[Provider, ...] = ()
    technical_heats: tuple[TechnicalHeat, ...] = ()
    commercial_segments: tuple[CommercialSegment, ...] = ()
    commercial_heats: tuple[CommercialHeat, ...] = ()
    lowest: Border | None = Field(default=None, alias="from")
    highest: Border | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def borders_in_order(self) -> Self:
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise ValueError(f"from {self.lowest} to {self.highest} holds for no score")
        return self

    @property
    def holds_always(self) -> bool:
        return not self.model_fields_set - {"outcome"}


class Rules(Strict):
    """All that a score needs beside the facts."""

    version: Annotated[str, Field(min_length=1, max_length=50)]
    score: ScoreRules
    segment: tuple[Row[Segment], ...]
    technical_heat: tuple[Row[TechnicalHeat], ...]
    commercial_segment: tuple[Row[CommercialSegment], ...]
    commercial_heat: tuple[Row[CommercialHeat], ...]
    priority_category: tuple[Row[PriorityCategory], ...]
    priority_labels: Mapping[PriorityCategory, Annotated[str, Field(min_length=1, max_length=100)]]
    priority: tuple[Row[Priority], ...]

    @model_validator(mode="after")
    def every_company_gets_every_class(self) -> Self:
        tables: dict[str, tuple[Row[Any], ...]] = {
            "segment": self.segment,
            "technical_heat": self.technical_heat,
            "commercial_segment": self.commercial_segment,
            "commercial_heat": self.commercial_heat,
            "priority_category": self.priority_category,
            "priority": self.priority,
        }
        for name, rows in tables.items():
            if not rows or not rows[-1].holds_always:
                raise ValueError(f"{name}: the last row must hold for everything, so that no company is left without")
        missing = [category.value for category in PriorityCategory if category not in self.priority_labels]
        if missing:
            raise ValueError(f"priority_labels: no label for {', '.join(missing)}")
        return self


def parse_rules(text: str, *, origin: str) -> Rules:
    """Rules from the text of a TOML file. Raises RulesRefused, which names the key that is wrong."""
    try:
        return Rules.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RulesRefused(f"The rules {origin} are not TOML: {error}. Mend the file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        what = first["msg"].removeprefix("Value error, ")
        raise RulesRefused(
            f"The rules {origin} are refused{f' at {key}' if key else ''}: {what}. Mend the file; nothing was scored.",
            field=key,
        ) from error


def load_rules(name: str = "") -> Rules:
    """The rules of that name or in that file; without one, those in force. Read and checked once in a process.

    Raises RulesRefused.
    """
    return _load(name or settings.HUNTER_RULES)


@cache
def _load(name: str) -> Rules:
    is_file = "/" in name or name.endswith(".toml")
    path = Path(name) if is_file else RULES_FOLDER / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(file.stem for file in RULES_FOLDER.glob("*.toml")))
        way_out = f"HUNTER_RULES takes a file like /etc/hunter/rules.toml, or one of: {known}."
        if is_file:
            raise RulesRefused(f"The rules file {name} can't be read ({error}). {way_out}") from error
        raise RulesRefused(f"There are no rules named {name}. {way_out}") from error
    return parse_rules(text, origin=name)
