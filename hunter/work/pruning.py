"""History that nobody needs any more is cleared away, a batch at a time (R3.7).

Each app says which of its rows may go; what is open, has failed, or is the newest of its kind is never among them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from hunter.remote.clock import database_now
from hunter.transactions import retried

BATCH = 1000


def history_days() -> int:
    """How long history is kept where nothing else is said."""
    days: int = settings.HISTORY_KEEP_DAYS
    return days


@dataclass(frozen=True, slots=True)
class Prunable:
    """A set of rows that may go. `title` names them to people; `rows` gives those that ended before a moment.

    `clear` takes the keys of up to `batch` of them, in the caller's transaction; where it is left out they are deleted.
    """

    name: str
    title: str
    rows: Callable[[datetime], QuerySet[Any]]
    keep_days: Callable[[], int] = history_days
    clear: Callable[[list[Any]], None] | None = None
    batch: int = BATCH


@dataclass(frozen=True, slots=True)
class PruneReport:
    """How many rows of each set went; `only_counted`: how many would go."""

    counts: Mapping[str, int]
    seconds: float
    only_counted: bool = False
    failed: bool = False

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        word = "would_go" if self.only_counted else "pruned"
        return {word: dict(self.counts), "total": self.total, "seconds": round(self.seconds, 2)}

    def sentence(self) -> str:
        told = ", ".join(f"{count:,} {_prunables[name].title}" for name, count in self.counts.items() if count)
        if not told:
            return "Nothing is old enough to be cleared away."
        return f"{told} would be cleared away." if self.only_counted else f"Cleared away: {told}."


_prunables: dict[str, Prunable] = {}


def register(prunable: Prunable) -> None:
    """Let a set of rows be pruned; an app does it once for each, when it is ready. Sets are pruned in this order."""
    _prunables[prunable.name] = prunable


def prunables() -> Iterable[Prunable]:
    """Every set that may be pruned."""
    return _prunables.values()


def prune_batch(name: str, *, days: float | None = None) -> int:
    """Clear a batch of a set away; how many rows went, fewer than its batch when no more are left.

    `days`: older than so many, in place of the set's own. Takes part in the caller's transaction.
    """
    one = _prunables[name]
    rows = one.rows(before(one, days))
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[: one.batch])
    if one.clear is not None:
        one.clear(keys)
    else:
        rows.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


def before(one: Prunable, days: float | None) -> datetime:
    """The moment before which its rows must have ended."""
    return database_now() - timedelta(days=one.keep_days() if days is None else days)


def prune_history(*, days: float | None, progress: Callable[[str], None]) -> PruneReport:
    """Clear everything away that may go, in short transactions; interrupted, what went is gone and the rest stays."""
    began, counts = time.monotonic(), dict.fromkeys(_prunables, 0)
    for one in prunables():
        while went := batch_of(one.name, days=days):
            counts[one.name] += went
            progress(f"{counts[one.name]:,} {one.title}")
            if went < one.batch:
                break
    return PruneReport(counts, time.monotonic() - began)


@retried
@transaction.atomic(durable=True)
def batch_of(name: str, *, days: float | None) -> int:
    """One batch, in a transaction of its own."""
    return prune_batch(name, days=days)


def count_history(*, days: float | None) -> PruneReport:
    """What would go, and nothing is written. A later set may hold more once an earlier one is gone."""
    began = time.monotonic()
    counts = {one.name: one.rows(before(one, days)).count() for one in prunables()}
    return PruneReport(counts, time.monotonic() - began, only_counted=True)
