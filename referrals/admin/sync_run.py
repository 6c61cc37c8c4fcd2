"""Syncs of Partner Center: how each ended, what was new, and the button that starts one (C4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.exports.sheet import Sheet
from hunter.ops.acts import Act, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin
from hunter.ops.showing import (
    NOTHING,
    Tone,
    ago,
    badge,
    link,
    list_url,
    number,
    page_url,
    piece,
    span_in_words,
    two_lines,
)
from hunter.work.models import ErrorRecord, Item
from referrals.models import SyncRun, SyncState
from referrals.services.runs import KIND, Wish, start_sync
from referrals.sheets import SYNC_SHEET

STATES: dict[str, Tone] = {
    SyncState.RUNNING: Tone.RUNNING,
    SyncState.DONE: Tone.GOOD,
    SyncState.DONE_WITH_ERRORS: Tone.NEEDS_YOU,
    SyncState.FAILED: Tone.FAILED,
}


def sync_now(chosen: Chosen) -> Told:
    return started(Wish(), chosen)


def sync_everything(chosen: Chosen) -> Told:
    return started(Wish(full=True), chosen)


def started(wish: Wish, chosen: Chosen) -> Told:
    going_on = start_sync(wish, asked_by=chosen.by.get_username())
    if going_on.joined:
        return Told(f"{going_on.run} was going on already, begun {ago_words(going_on.run)}. It is hurried along.")
    return Told(f"{going_on.run} begins within a minute.")


def ago_words(run: SyncRun) -> str:
    return f"{span_in_words(timezone.now() - run.started_at)} ago"


SYNC_NOW = Act(
    "sync_now", "Sync now", "referrals.start_syncrun", sync_now, places(Place.PAGE), icon="sync", is_main=True,
)  # fmt: skip
SYNC_EVERYTHING = Act(
    "sync_everything", "Read everything anew", "referrals.start_syncrun", sync_everything, places(Place.PAGE), icon="restart_alt",
    question="All referrals are read, not only what changed since the last sync. What is unchanged is not written, and "
    "links set by people stay.",
)  # fmt: skip


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyModelAdmin):
    """Each run over the pages of Partner Center, the newest first."""

    navigation = (Entry("Runs", 10, "Syncs", "sync"),)
    nouns = ("sync", "syncs")
    acts = (SYNC_NOW, SYNC_EVERYTHING)
    home_acts = ("sync_now",)
    list_display = ("run", "state_shown", "rows", "changes", "unchanged", "refused", "took")
    list_filter = (("state", ChoicesDropdownFilter), ("mode", ChoicesDropdownFilter))
    ordering = ("-id",)
    refresh_seconds = 5
    empty_title = "No sync yet"
    empty_hint = "Press Sync now: the first one reads every referral."

    def sheet(self) -> Sheet:
        return SYNC_SHEET

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        resting = Item.objects.filter(kind=KIND, key=OuterRef("account"), lease__isnull=True, due_at__gt=Now())
        runs: QuerySet[Any] = super().get_queryset(request).annotate(next_try=Subquery(resting.values("due_at")[:1]))
        return runs

    @admin.display(description="sync", ordering="id")
    def run(self, run: SyncRun) -> SafeString:
        return two_lines(
            ago(run.started_at), f"{run.get_mode_display()}, {f'by {run.asked_by}' if run.asked_by else 'by schedule'}"
        )

    @admin.display(description="state", ordering="state")
    def state_shown(self, run: SyncRun) -> SafeString:
        return two_lines(state_badge(run), format_html("next try {}", ago(next_try(run))) if next_try(run) else "")

    @admin.display(description="rows", ordering="fetched")
    def rows(self, run: SyncRun) -> SafeString:
        return two_lines(number(run.fetched), f"{run.pages} {'page' if run.pages == 1 else 'pages'}")

    @admin.display(description="new · changed")
    def changes(self, run: SyncRun) -> str:
        return f"+{run.created:,} · ~{run.updated:,}"

    @admin.display(description="refused", ordering="failed")
    def refused(self, run: SyncRun) -> SafeString | str:
        return link(run.failed, refused_url()) if run.failed else "0"

    @admin.display(description="took")
    def took(self, run: SyncRun) -> SafeString:
        if run.finished_at is None:
            return NOTHING
        seconds = max(1.0, (run.finished_at - run.started_at).total_seconds())
        return two_lines(span_in_words(run.finished_at - run.started_at), f"{run.fetched / seconds:,.0f}/s")

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (state_badge(row),)

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        waits_for = (
            ErrorRecord.objects.unsettled().about(kind=KIND, keys=[row.account]).first() if next_try(row) else None
        )
        return (
            piece(
                "admin/sync_run.html",
                {
                    "run": row,
                    "started": ago(row.started_at),
                    "finished": ago(row.finished_at),
                    "since": ago(row.since) if row.since else "the beginning",
                    "skipped": sorted(row.skipped.items()),
                    "refused_url": refused_url(),
                    "next_try": ago(next_try(row)) if next_try(row) else "",
                    "waits_for": waits_for,
                    "waits_url": page_url("work_errorrecord", waits_for.pk) if waits_for else "",
                },
            ),
        )


def refused_url() -> str:
    """The rows that could not be stored."""
    return list_url("work_errorrecord", state="all", kind="referral")


def next_try(run: SyncRun) -> datetime | None:
    """When a run that met trouble is tried again; None while it reads, and after its end."""
    return getattr(run, "next_try", None) if run.state == SyncState.RUNNING else None


def state_badge(run: SyncRun) -> SafeString:
    if next_try(run):
        return badge("waiting", Tone.WAITING, why="It met trouble and is tried again by itself.")
    return badge(run.get_state_display().lower(), STATES[run.state], why=run.error)
