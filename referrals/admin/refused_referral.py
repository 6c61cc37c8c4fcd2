"""Rows that could not be stored, each with its reason and its next step (C5; runs, 4 and 5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from hunter.exports.sheet import Column, Sheet
from hunter.ops.acts import Act, ActResult, Chosen, Place, places
from hunter.ops.filters import ChoiceFilter
from hunter.ops.model_admin import ReadOnlyModelAdmin, Tab
from hunter.ops.showing import Tone, ago, badge, link, list_url, muted, page_url, two_lines
from hunter.work.models import ErrorRecord, Item
from referrals.admin.run_filters import RefusedInRunFilter, asked_for, run_tabs
from referrals.models import RefusedReferral
from referrals.services.quarantine import KIND, kept_row, retry_refused

PERMISSION = "referrals.retry_refusedreferral"


def as_sent(row: RefusedReferral) -> str:
    """The row as Partner Center sent it; empty once it is settled."""
    kept = kept_row(row.key) if row.settled_at is None else None
    return json.dumps(kept, ensure_ascii=False) if kept is not None else ""


REFUSED_SHEET = Sheet(
    title="refused referrals",
    columns=(
        Column("Referral", lambda one: one.key),
        Column("Why", lambda one: one.reason),
        Column("Field", lambda one: one.field),
        Column("Times", lambda one: one.times),
        Column("First refused", lambda one: one.first_refused_at),
        Column("Last refused", lambda one: one.last_refused_at),
        Column("Settled", lambda one: one.settled_at),
        Column("How", lambda one: one.settled_how),
        Column("Row", as_sent),
    ),
    heavy=("sealed_row",),
)


def try_again(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    return retry_refused(chosen.rows.waiting(), by=chosen.by)  # type: ignore[attr-defined]


def how_many(rows: QuerySet[Any]) -> str:
    """How much a retry is."""
    count = rows.filter(settled_at__isnull=True).count()
    if not count:
        return "None of these waits: they are settled."
    those = "1 referral is" if count == 1 else f"{count:,} referrals are"
    return f"{those} fetched once more from Partner Center, two a second. A row without an id is read as it was kept."


TRY_AGAIN = Act(
    "try_again", "Try again", PERMISSION, try_again, places(Place.ROW, Place.SELECTION), icon="replay",
    offered=lambda row: row.settled_at is None, is_main=True,
)  # fmt: skip
TRY_ALL = Act(
    "try_all_again", "Try all again", PERMISSION, try_again, places(Place.PAGE), icon="replay", about=how_many,
    on_all=True,
)  # fmt: skip


class SettledFilter(ChoiceFilter):
    title = "state"
    parameter_name = "settled"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [("0", "Waits"), ("1", "Settled")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(settled_at__isnull=chosen != "1")


@admin.register(RefusedReferral)
class RefusedReferralAdmin(ReadOnlyModelAdmin):
    """The quarantine: each row with why it is there, and since when."""

    nouns = ("refused referral", "refused referrals")
    acts = (TRY_AGAIN, TRY_ALL)
    list_display = ("key_shown", "why", "seen", "stands")
    list_display_links = None
    list_filter = (SettledFilter, RefusedInRunFilter)
    search_fields = ("key", "reason")
    search_help_text = "Id or reason, 3+ letters"
    ordering = ("-last_refused_at", "-id")
    empty_title = "No refused referrals"
    empty_hint = "A referral that can't be read is kept here whole, and goes along with the next syncs until it passes."

    def sheet(self) -> Sheet:
        return REFUSED_SHEET

    @property
    def list_title(self) -> str:
        return "Refused referrals"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        waiting = Item.objects.filter(kind=KIND, key=OuterRef("key")).values("due_at")[:1]
        errors = ErrorRecord.objects.unsettled().filter(kind=KIND, key=OuterRef("key")).values("pk")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).defer("sealed_row")
        told: QuerySet[Any] = rows.annotate(next_try=Subquery(waiting), error=Subquery(errors))
        return told

    def list_crumbs(self, request: HttpRequest) -> list[tuple[str, str]]:
        run, _ = asked_for(request)
        syncs = ("Syncs", list_url("referrals_syncrun"))
        return [syncs, *([(str(run), page_url("referrals_syncrun", run.pk))] if run else ()), (self.list_title, "")]

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        run, _ = asked_for(request)
        if run is not None:
            return [*run_tabs(run, now="refused"), Tab(f"{run}", page_url("referrals_syncrun", run.pk))]
        now = request.GET.get("settled", "")
        here = "referrals_refusedreferral"
        return [
            Tab("All", list_url(here), active=not now),
            Tab("Waiting", list_url(here, settled="0"), RefusedReferral.objects.waiting().count(), active=now == "0"),
        ]

    @admin.display(description="referral", ordering="key")
    def key_shown(self, row: Any) -> SafeString:
        return two_lines(link(row.key, page_url("work_errorrecord", row.error)) if row.error else row.key, row.field)

    @admin.display(description="why")
    def why(self, row: RefusedReferral) -> str:
        return row.reason

    @admin.display(description="refused", ordering="last_refused_at")
    def seen(self, row: RefusedReferral) -> SafeString:
        return two_lines(ago(row.last_refused_at), muted(f"{row.times:,} ×"))

    @admin.display(description="state")
    def stands(self, row: Any) -> SafeString:
        if row.settled_at is not None:
            return two_lines(badge("settled", Tone.GOOD), row.settled_how)
        if row.next_try is not None:
            return two_lines(badge("being tried", Tone.RUNNING), ago(row.next_try))
        return two_lines(badge("kept", Tone.NEEDS_YOU), "with the next sync that has it")

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()
