"""From score and provider to the classes that sales works by (domain document, d.2 to d.7).

In each table of the rules the first row that holds decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from leads.classes import CommercialHeat, CommercialSegment, PriorityCategory, Segment, TechnicalHeat
from leads.rules import Row, Rules
from leads.rules_in_words import condition

Outcome = TypeVar("Outcome")
UNKNOWN_LABEL = "Unknown"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row may ask for; what is not decided yet is None and holds for no row that asks for it."""

    provider: str
    score: int | None
    segment: Segment | None = None
    technical_heat: TechnicalHeat | None = None
    commercial_segment: CommercialSegment | None = None
    commercial_heat: CommercialHeat | None = None


@dataclass(frozen=True, slots=True)
class Classes:
    """All classes of a company. None of them is ever missing."""

    segment: Segment
    technical_heat: TechnicalHeat
    commercial_segment: CommercialSegment
    commercial_heat: CommercialHeat
    priority_category: PriorityCategory
    priority_label: str
    priority: int


def classes_of(*, provider: str, score: int, rules: Rules) -> Classes:
    """The classes of a company with that provider and score."""
    return classes_in(
        segment_row(provider=provider, score=score, rules=rules).outcome, provider, score=score, rules=rules
    )


def classes_in(segment: Segment, provider: str, *, score: int, rules: Rules) -> Classes:
    """The classes that follow from a segment; a hard fail is Skip whatever the provider is."""
    technical = first_that_holds(rules.technical_heat, Facts(provider, score, segment)).outcome
    commercial = first_that_holds(rules.commercial_segment, Facts(provider, score, segment)).outcome
    heat = first_that_holds(rules.commercial_heat, Facts(provider, score, segment, technical, commercial)).outcome
    facts = Facts(provider, score, segment, technical, commercial, heat)
    category = first_that_holds(rules.priority_category, facts).outcome
    return Classes(
        segment=segment,
        technical_heat=technical,
        commercial_segment=commercial,
        commercial_heat=heat,
        priority_category=category,
        priority_label=label_of(category, rules=rules),
        priority=priority_of(segment, score=score, rules=rules),
    )


def segment_row(*, provider: str, score: int, rules: Rules) -> Row[Segment]:
    """The row that decides the segment (d.2)."""
    return first_that_holds(rules.segment, Facts(provider, score))


def segment_reason(row: Row[Segment], *, provider: str, score: int, rules: Rules) -> str:
    """Why a company is in its segment, in words."""
    number = rules.segment.index(row) + 1
    return f"{row.outcome.value} by rule {number} ({condition(row)}): provider {provider}, score {score}."


def priority_of(segment: Segment | None, *, score: int | None, rules: Rules) -> int:
    """1 is best, 7 is last; no segment or no score is last (d.7)."""
    return first_that_holds(rules.priority, Facts("", score, segment)).outcome


def label_of(category: str | None, *, rules: Rules) -> str:
    """The label of a category; `Unknown` for one that there is not."""
    return {known.value: label for known, label in rules.priority_labels.items()}.get(category or "", UNKNOWN_LABEL)


def first_that_holds(rows: Iterable[Row[Outcome]], facts: Facts) -> Row[Outcome]:
    """The row that decides. The last row of a table holds for everything (checked when the rules are loaded)."""
    return next(row for row in rows if holds(row, facts))


def holds(row: Row[Outcome], facts: Facts) -> bool:
    """Whether everything that a row names is so."""
    named = (
        (row.segments, facts.segment),
        (row.providers, facts.provider),
        (row.technical_heats, facts.technical_heat),
        (row.commercial_segments, facts.commercial_segment),
        (row.commercial_heats, facts.commercial_heat),
    )
    return all(fact in wanted for wanted, fact in named if wanted) and within(row, facts.score)


def within(row: Row[Outcome], score: int | None) -> bool:
    if row.lowest is None and row.highest is None:
        return True
    if score is None:
        return False
    return (row.lowest or 0) <= score <= (100 if row.highest is None else row.highest)
