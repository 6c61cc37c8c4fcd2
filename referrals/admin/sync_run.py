"""Syncs of Partner Center: how each ended, what was new, and the button that starts one (C4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.ops.acts import Act, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin
from hunter.ops.showing import NOTHING, Tone, ago, badge, link, list_url, number, piece, span_in_words, two_lines
from referrals.models import SyncRun, SyncState
from referrals.services.runs import Wish, start_sync

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
    acts = (SYNC_NOW, SYNC_EVERYTHING)
    home_acts = ("sync_now",)
    list_display = ("run", "state_shown", "rows", "changes", "unchanged", "refused", "took")
    list_filter = (("state", ChoicesDropdownFilter), ("mode", ChoicesDropdownFilter))
    ordering = ("-id",)
    refresh_seconds = 5
    empty_title = "No sync yet"
    empty_hint = "Press Sync now: the first one reads every referral."

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    @admin.display(description="sync", ordering="id")
    def run(self, run: SyncRun) -> SafeString:
        return two_lines(
            ago(run.started_at), f"{run.get_mode_display()}, {f'by {run.asked_by}' if run.asked_by else 'by schedule'}"
        )

    @admin.display(description="state", ordering="state")
    def state_shown(self, run: SyncRun) -> SafeString:
        return state_badge(run)

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
                },
            ),
        )


def refused_url() -> str:
    """The rows that could not be stored."""
    return list_url("work_errorrecord", state="all", kind="referral")


def state_badge(run: SyncRun) -> SafeString:
    return badge(run.get_state_display().lower(), STATES[run.state], why=run.error)
