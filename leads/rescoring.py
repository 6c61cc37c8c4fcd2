"""What scoring anew changes: one company before and after, and all of them counted (issue: dry run). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_EXAMPLES = 100
NOT_SCORED = "not scored"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a company stands by its score. Before the first one `score` is None and the words are empty."""

    score: int | None
    segment: str
    category: str
    priority: int | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "segment": self.segment or None,
            "priority_category": self.category or None,
            "priority": self.priority,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """A company before and after."""

    domain: str
    before: Standing
    after: Standing

    @property
    def is_one(self) -> bool:
        """Whether it differs at all in what people see."""
        return self.before != self.after

    def as_dict(self) -> dict[str, Any]:
        return {"domain": self.domain, "before": self.before.as_dict(), "after": self.after.as_dict()}


@dataclass(slots=True)
class Tally:
    """All companies that were looked at. `moves` has every segment before, and how many went where, or stayed."""

    looked: int = 0
    changed: int = 0
    score_changed: int = 0
    segment_changed: int = 0
    category_changed: int = 0
    priority_changed: int = 0
    moves: dict[str, dict[str, int]] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, differences: Iterable[Difference], *, most_examples: int = MOST_EXAMPLES) -> None:
        """Count these companies too."""
        for one in differences:
            self.looked += 1
            row = self.moves.setdefault(one.before.segment or NOT_SCORED, {})
            row[one.after.segment] = row.get(one.after.segment, 0) + 1
            if one.is_one:
                self._add_changed(one, most_examples=most_examples)

    def _add_changed(self, one: Difference, *, most_examples: int) -> None:
        before, after = one.before, one.after
        self.changed += 1
        self.score_changed += before.score != after.score
        self.segment_changed += before.segment != after.segment
        self.category_changed += before.category != after.category
        self.priority_changed += before.priority != after.priority
        if len(self.examples) < most_examples:
            self.examples.append(one.as_dict())

    def counts(self) -> Mapping[str, int]:
        return {
            "changed": self.changed,
            "score_changed": self.score_changed,
            "segment_changed": self.segment_changed,
            "category_changed": self.category_changed,
            "priority_changed": self.priority_changed,
        }
