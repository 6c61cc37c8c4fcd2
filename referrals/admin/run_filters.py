"""Filters that lead from the counts of a sync to exactly its rows, and the tabs that go with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from hunter.ops.filters import ChoiceFilter
from hunter.ops.model_admin import Tab
from hunter.ops.showing import list_url, page_url
from referrals.models import Became, SyncRun, WouldBe
from referrals.run_rows import referrals_that_became, refused_in, run_named

IN_RUN = "in_run"  # 12.created: what run 12 has counted as new


class HiddenFilter(admin.SimpleListFilter):
    """Set by a link on the page of a sync; it has no choices of its own."""

    title = "sync"
    parameter_name = IN_RUN
    template = "admin/no_choices.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        return iter(())


class InRunFilter(HiddenFilter):
    """Referrals that were new, changed or the same in a sync."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        run, became = asked_for(request)
        if run is None or became is None:
            return queryset
        return referrals_that_became(queryset, run_id=run.pk, became=became)


class RefusedInRunFilter(HiddenFilter):
    """Rows that a sync has refused."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        run, _ = asked_for(request)
        return queryset if run is None else refused_in(queryset, run_id=run.pk)


class VanishedFilter(ChoiceFilter):
    """What Partner Center shows, and what it does not show any more."""

    title = "in Partner Center"
    parameter_name = "vanished"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [("0", "Still there"), ("1", "Vanished")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(vanished_at__isnull=chosen != "1")


def asked_for(request: HttpRequest) -> tuple[SyncRun | None, Became | None]:
    """The run that a list is narrowed to, and what became of its rows."""
    number, _, became = request.GET.get(IN_RUN, "").partition(".")
    return run_named(number), Became(became) if became in Became.values else None


def run_tabs(run: SyncRun, *, now: str = "") -> Sequence[Tab]:
    """New, changed, same, refused: each leads to exactly those rows."""
    return [*_tabs(run, now=now)]


def _tabs(run: SyncRun, *, now: str) -> Iterable[Tab]:
    for became in Became:
        yield Tab(str(became.label), became_url(run, became), getattr(run, became.value), active=now == became.value)
    yield Tab("Refused", refused_url(run), run.failed, active=now == "refused")


def tabs_here(request: HttpRequest) -> Sequence[Tab]:
    """The tabs of the run that the list of referrals is narrowed to; none where it is not."""
    run, became = asked_for(request)
    if run is None or became is None:
        return ()
    return [*run_tabs(run, now=became.value), Tab(f"{run}", page_url("referrals_syncrun", run.pk))]


def became_url(run: SyncRun, became: Became) -> str:
    """The referrals that were new, changed or the same; of a dry run, those that would be."""
    if run.is_dry_run and became != Became.UNCHANGED:
        return list_url("referrals_previewedrow", in_run=f"{run.pk}.{became.value}")
    return list_url("referrals_referral", in_run=f"{run.pk}.{became.value}")


def refused_url(run: SyncRun) -> str:
    """The rows that this run could not store."""
    if run.is_dry_run:
        return list_url("referrals_previewedrow", in_run=f"{run.pk}.{WouldBe.REFUSED.value}")
    return list_url("referrals_refusedreferral", in_run=run.pk)
