"""The rows behind each count of a run: named sets, so that a number and its rows can't differ."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, QuerySet

from referrals.models import Became, SyncPage, SyncRun

MOST_DIGITS = 18  # of a key


def keys_on_pages(run_id: int, *, column: str) -> QuerySet[Any, Any]:
    """The keys in a column of the run's pages, as a subquery."""
    pages = SyncPage.objects.filter(run=run_id)
    return pages.annotate(key_there=Func(F(column), function="unnest")).values("key_there")


def referrals_that_became(rows: QuerySet[Any], *, run_id: int, became: Became) -> QuerySet[Any]:
    """Of the referrals, those of which this run said so."""
    return rows.filter(pk__in=keys_on_pages(run_id, column=became.value))


def refused_in(rows: QuerySet[Any], *, run_id: int) -> QuerySet[Any]:
    """Of the rows in quarantine, those that this run refused, whatever became of them since."""
    return rows.filter(key__in=keys_on_pages(run_id, column="refused"))


def run_named(text: str) -> SyncRun | None:
    """The run of that number, as an address has it."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return SyncRun.objects.filter(pk=int(text)).first() if is_number else None
