"""What stands on the home page. Each app registers its own queries from its `figures.py`; Hunter knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from hunter.ops.showing import Tone


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its words, and the address of exactly the rows that it counts."""

    number: int
    words: str
    url: str = ""
    tone: Tone = Tone.WAITING


@dataclass(frozen=True, slots=True)
class Need:
    """One cause that waits for a person, with its next step. The heavier, the higher on the list.

    `unless`: a permission whose holders see the same cause told with a better step.
    """

    sentence: str
    url: str
    button: str
    since: datetime | None = None
    tone: Tone = Tone.NEEDS_YOU
    weight: int = 0
    permission: str = ""
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the pipeline's funnel: how many came so far, and what became of the others."""

    order: int
    title: str
    number: int
    url: str
    lost: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class LatestRun:
    """A run that has ended lately or goes on."""

    title: str
    url: str
    began_at: datetime
    state: str
    tone: Tone
    words: str = ""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A whole cut in parts: drawn as bars, written as a table."""

    title: str
    parts: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A step of the first day: ticked when it holds; else what to do, and how long it takes."""

    order: int
    title: str
    done: bool
    hint: str = ""
    url: str = ""
    button: str = ""


@dataclass(slots=True)
class HomeRegistry:
    """What the apps have registered, in the order in which they did."""

    needs: list[Callable[[], Iterable[Need]]] = field(default_factory=list)
    stages: list[Callable[[], Iterable[Stage]]] = field(default_factory=list)
    runs: list[Callable[[], Iterable[LatestRun]]] = field(default_factory=list)
    breakdowns: list[Callable[[], Iterable[Breakdown]]] = field(default_factory=list)
    first_steps: list[Callable[[], Iterable[FirstStep]]] = field(default_factory=list)


registry = HomeRegistry()


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything the home page shows, as it was when somebody last looked."""

    needs: tuple[Need, ...]
    stages: tuple[Stage, ...]
    runs: tuple[LatestRun, ...]
    breakdowns: tuple[Breakdown, ...]
    first_steps: tuple[FirstStep, ...]


def see() -> Seen:
    """Ask every registered source once; a constant number of queries (R7.7)."""
    return Seen(
        needs=tuple(sorted(_all(registry.needs), key=lambda need: -need.weight)),
        stages=tuple(sorted(_all(registry.stages), key=lambda stage: stage.order)),
        runs=tuple(sorted(_all(registry.runs), key=lambda run: run.began_at, reverse=True)),
        breakdowns=tuple(_all(registry.breakdowns)),
        first_steps=tuple(sorted(_all(registry.first_steps), key=lambda step: step.order)),
    )


def _all(sources: list[Callable[[], Iterable[Any]]]) -> list[Any]:
    return [one for source in sources for one in source()]


def allowed_needs(seen: Seen, request: HttpRequest) -> list[Need]:
    """Those that this person can do something about."""
    may = request.user.has_perm
    return [
        need
        for need in seen.needs
        if (not need.permission or may(need.permission)) and not (need.unless and may(need.unless))
    ]
