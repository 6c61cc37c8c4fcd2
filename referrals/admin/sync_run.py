"""Syncs of Partner Center: how each ended, what was new, and the button that starts one (C4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.exports.sheet import Sheet
from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
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
from referrals.admin.run_filters import became_url, refused_url, run_tabs
from referrals.models import Became, SyncRun, SyncState, VanishCheck
from referrals.services.halting import cancel_sync, pause_sync, resume_sync
from referrals.services.runs import KEEP_PAGES, KIND, Wish, start_sync
from referrals.services.vanishing import KIND as VANISH_KIND
from referrals.sheets import SYNC_SHEET

STATES: dict[str, Tone] = {
    SyncState.RUNNING: Tone.RUNNING,
    SyncState.PAUSED: Tone.NEEDS_YOU,
    SyncState.DONE: Tone.GOOD,
    SyncState.DONE_WITH_ERRORS: Tone.NEEDS_YOU,
    SyncState.FAILED: Tone.FAILED,
    SyncState.CANCELLED: Tone.ASIDE,
    SyncState.DRY_RUN: Tone.ASIDE,
}
VANISH_WORDS: dict[str, str] = {
    VanishCheck.WAITING: "it is looked for what left, next",
    VanishCheck.CHECKING: "each that no page had is asked for by its id",
    VanishCheck.HELD: "more are missing than may be, so a person decides",
    VanishCheck.DONE: "each that no page had was asked for by its id",
    VanishCheck.OUTDATED: "left to a later run",
}


def sync_now(chosen: Chosen) -> Told:
    return started(Wish(), chosen)


def sync_everything(chosen: Chosen) -> Told:
    return started(Wish(full=True), chosen)


def started(wish: Wish, chosen: Chosen) -> Told:
    going_on = start_sync(wish, asked_by=chosen.by.get_username())
    return Told(going_on.sentence(), failed=going_on.run.state == SyncState.PAUSED)


def pause(chosen: Chosen) -> ActResult:
    return pause_sync(chosen_run(chosen), by=person(chosen))


def go_on(chosen: Chosen) -> ActResult:
    return resume_sync(chosen_run(chosen), by=person(chosen))


def cancel(chosen: Chosen) -> ActResult:
    return cancel_sync(chosen_run(chosen), by=person(chosen))


def chosen_run(chosen: Chosen) -> int:
    return int(chosen.rows.values_list("pk", flat=True)[0])


def person(chosen: Chosen) -> Any:
    return chosen.by


SYNC_NOW = Act(
    "sync_now", "Sync now", "referrals.start_syncrun", sync_now, places(Place.PAGE), icon="sync", is_main=True,
)  # fmt: skip
SYNC_EVERYTHING = Act(
    "sync_everything", "Read everything anew", "referrals.start_syncrun", sync_everything, places(Place.PAGE), icon="restart_alt",
    question="All referrals are read, not only what changed since the last sync. What is unchanged is not written, and "
    "links set by people stay.",
)  # fmt: skip


PAUSE = Act(
    "pause", "Pause", "referrals.start_syncrun", pause, places(Place.ROW, Place.DETAIL), icon="pause",
    offered=lambda run: run.state == SyncState.RUNNING,
)  # fmt: skip
GO_ON = Act(
    "go_on", "Go on", "referrals.start_syncrun", go_on, places(Place.ROW, Place.DETAIL), icon="play_arrow",
    offered=lambda run: run.state == SyncState.PAUSED, is_main=True,
)  # fmt: skip
CANCEL = Act(
    "cancel", "Cancel", "referrals.start_syncrun", cancel, places(Place.DETAIL), icon="close", is_dangerous=True,
    offered=lambda run: run.is_open,
    question="It reads no further page. What it has stored stays, and the next sync reads from where the last complete one "
    "ended, so nothing is left out.",
)  # fmt: skip


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyModelAdmin):
    """Each run over the pages of Partner Center, the newest first."""

    navigation = (Entry("Runs", 10, "Syncs", "sync"),)
    nouns = ("sync", "syncs")
    acts = (SYNC_NOW, SYNC_EVERYTHING, PAUSE, GO_ON, CANCEL)
    parts = ("referrals_refusedreferral", "referrals_previewedrow")
    home_acts = ("sync_now",)
    list_display = ("run", "state_shown", "rows", "changes", "same", "refused", "took")
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
        return with_next_try(super().get_queryset(request))

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
    def changes(self, run: SyncRun) -> SafeString:
        new, changed = (count_link(run, one) for one in (Became.CREATED, Became.UPDATED))
        gone = f"{run.vanished:,} vanished" if run.vanished else ""
        return two_lines(format_html("+{} · ~{}", new, changed), gone)

    @admin.display(description="same", ordering="unchanged")
    def same(self, run: SyncRun) -> SafeString | str:
        return count_link(run, Became.UNCHANGED)

    @admin.display(description="refused", ordering="failed")
    def refused(self, run: SyncRun) -> SafeString | str:
        return link(f"{run.failed:,}", refused_url(run)) if run.failed else "0"

    @admin.display(description="took")
    def took(self, run: SyncRun) -> SafeString:
        rate = f"{run.rate:,.0f}/s" if run.rate else ""
        if run.finished_at is None:
            left = f"about {span_in_words(run.time_left)} left" if run.time_left else ""
            return two_lines(rate or NOTHING, left)
        return two_lines(span_in_words(run.finished_at - run.started_at), rate)

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
                    "since": ago(row.since) if row.since else "",
                    "skipped": sorted(row.skipped.items()),
                    "tabs": run_tabs(row),
                    "share": None if row.share is None else round(100 * row.share),
                    "rate": f"{row.rate:,.0f}",
                    "left": span_in_words(row.time_left) if row.time_left else "",
                    "vanish_words": VANISH_WORDS.get(row.vanish_check, ""),
                    "vanish_error": vanish_error(row),
                    "vanished_url": list_url("referrals_referral", vanished="1"),
                    "keeps_days": KEEP_PAGES.days,
                    "next_try": ago(next_try(row)) if next_try(row) else "",
                    "waits_for": waits_for,
                    "waits_url": page_url("work_errorrecord", waits_for.pk) if waits_for else "",
                },
            ),
        )


def count_link(run: SyncRun, became: Became) -> SafeString | str:
    """A number that leads to exactly those referrals."""
    count: int = getattr(run, became.value)
    return link(f"{count:,}", became_url(run, became)) if count else "0"


def vanish_error(run: SyncRun) -> str:
    """The page of the error that asks a person what is to become of the missing referrals."""
    if run.vanish_check != VanishCheck.HELD:
        return ""
    record = ErrorRecord.objects.unsettled().about(kind=VANISH_KIND, keys=[run.account]).first()
    return page_url("work_errorrecord", record.pk) if record else ""


def with_next_try(runs: QuerySet[Any]) -> QuerySet[Any]:
    """The runs, each with when it is tried again if it rests."""
    resting = Item.objects.filter(kind=KIND, key=OuterRef("account"), lease__isnull=True, due_at__gt=Now())
    told: QuerySet[Any] = runs.annotate(next_try=Subquery(resting.values("due_at")[:1]))
    return told


def next_try(run: SyncRun) -> datetime | None:
    """When a run that met trouble is tried again; None while it reads, and after its end."""
    return getattr(run, "next_try", None) if run.state == SyncState.RUNNING else None


def state_badge(run: SyncRun) -> SafeString:
    if next_try(run):
        return badge("waiting", Tone.WAITING, why="It met trouble and is tried again by itself.")
    why = f"by {run.halted_by}" if run.halted_by and run.state in {SyncState.PAUSED, SyncState.CANCELLED} else run.error
    return badge(run.get_state_display().lower(), STATES[run.state], why=why)
