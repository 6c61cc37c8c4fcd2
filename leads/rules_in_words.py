"""The rules in force as sales ops read them: points, and for each table its rows from top to bottom. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from leads.classes import plain_word
from leads.rules import Row, Rules

POINTS = (
    ("signals", "spf", "an SPF record"),
    ("signals", "dkim", "a DKIM key"),
    ("signals", "dmarc_reject", "DMARC policy reject"),
    ("signals", "dmarc_quarantine", "DMARC policy quarantine"),
    ("signals", "dmarc_none", "DMARC policy none"),
    ("risks", "no_spf", "no SPF record"),
    ("risks", "no_dkim", "no DKIM key"),
    ("risks", "dkim_none", "no DKIM key, in addition"),
    ("risks", "dmarc_none", "DMARC policy none, as a risk"),
    ("risks", "hosting_mx_weak", "hosted mail with neither SPF nor DKIM"),
    ("risks", "spf_multiple_includes", "more than {many} includes in the SPF record"),
)
EVERYTHING_ELSE = "everything else"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: when it holds, and what follows."""

    when: str
    then: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the rules; the first line that holds decides."""

    title: str
    lines: tuple[Line, ...]


def points_table(rules: Rules) -> Table:
    """What each sign is worth."""
    score = rules.score
    lines = [Line("always", signed(score.base))] if score.base else []
    lines += [Line(f"provider {name.value}", signed(points)) for name, points in score.providers.items() if points]
    lines += [
        Line(words.format(many=score.many_includes), signed(points))
        for group, name, words in POINTS
        if (points := getattr(getattr(score, group), name))
    ]
    return Table(f"Points, from {score.lowest} to {score.highest} in all", tuple(lines))


def class_tables(rules: Rules) -> Iterator[Table]:
    """How the classes follow, in the order in which they are decided."""
    labels = {category.value: label for category, label in rules.priority_labels.items()}
    yield Table("Segment", lines_of(rules.segment))
    yield Table("Technical heat", lines_of(rules.technical_heat))
    yield Table("Commercial segment", lines_of(rules.commercial_segment))
    yield Table("Commercial heat", lines_of(rules.commercial_heat))
    category = lines_of(rules.priority_category)
    yield Table("Priority category", tuple(Line(one.when, f"{one.then} {labels[one.then]}") for one in category))
    yield Table("Priority, 1 is best", lines_of(rules.priority))


def lines_of(rows: Sequence[Row[Any]]) -> tuple[Line, ...]:
    return tuple(Line(condition(row), plain_word(str(row.outcome))) for row in rows)


def condition(row: Row[Any]) -> str:
    """All that a row asks for, like: Google or Zoho, score 60 or more."""
    classes = (row.segments, row.technical_heats, row.commercial_segments, row.commercial_heats)
    asked = [" or ".join(plain_word(word.value) for word in words) for words in classes if words]
    asked += [" or ".join(one.value for one in row.providers)] if row.providers else []
    asked += [score] if (score := score_range(row)) else []
    return ", ".join(asked) or EVERYTHING_ELSE


def score_range(row: Row[Any]) -> str:
    """The scores for which a row holds; nothing where it holds for all."""
    if row.lowest is not None and row.highest is not None:
        return f"score {row.lowest} to {row.highest}"
    if row.lowest is not None:
        return f"score {row.lowest} or more"
    return f"score {row.highest} or less" if row.highest is not None else ""


def signed(points: int) -> str:
    return f"{points:+}" if points else "0"
