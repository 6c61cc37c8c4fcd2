"""The error inbox: what failed, why, what it means, and the one click that puts it right (C5, R5.7, R5.8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.exports.sheet import Sheet
from hunter.ops.advice import advice_for
from hunter.ops.cause_lines import causes_shown
from hunter.ops.choosing import choices
from hunter.ops.error_acts import OPEN_AGAIN, PUT_ASIDE, TRY_AGAIN, TRY_ALL
from hunter.ops.error_filters import (
    TABS,
    AfterFilter,
    CauseFilter,
    ClassFilter,
    EachFilter,
    PartFilter,
    ServiceFilter,
    SinceFilter,
    StateFilter,
)
from hunter.ops.error_sheet import ERROR_SHEET
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.services import title_of
from hunter.ops.showing import NOTHING, Tone, ago, badge, list_url, muted, piece, two_lines
from hunter.ops.subjects import subject_link
from hunter.ops.ways_out import ways_out
from hunter.work.models import Attempt, ErrorRecord, Item
from hunter.work.policies import POLICIES, STANDING
from hunter.work.problems import EXCHANGE, LANE

State = ErrorRecord.State
STATES: dict[str, tuple[str, Tone]] = {
    State.OPEN: ("failed", Tone.FAILED),
    State.RETRYING: ("being tried", Tone.RUNNING),
    State.DISMISSED: ("put aside", Tone.ASIDE),
    State.RESOLVED: ("resolved", Tone.GOOD),
}
OUTCOMES = {
    "done": "done",
    "later": "to be tried again",
    "dead": "gave up",
    "deferred": "put off, no try used",
    "lost": "its worker died",
}
MOST_ATTEMPTS = 20
SOON = 5  # seconds after which the page of what is being tried looks again


@admin.register(ErrorRecord)
class ErrorRecordAdmin(ReadOnlyModelAdmin):
    """What went wrong, and the way to put it right (C5)."""

    navigation = (Entry("Needs you", 10, "Errors", "error", waiting=lambda: open_errors().count(), tone="danger"),)
    acts = (TRY_AGAIN, TRY_ALL, PUT_ASIDE, OPEN_AGAIN)
    list_display = ("what_failed", "error", "where", "seen", "stands")
    list_filter = (
        StateFilter, ServiceFilter, ClassFilter, SinceFilter, ("gave_up", ChoicesDropdownFilter),
        CauseFilter, PartFilter, EachFilter, AfterFilter,
    )  # fmt: skip
    refresh_seconds = 10
    search_fields = ("key", "message")
    search_help_text = "Domain or message, 3+ letters"
    ordering = ("-last_seen", "-id")
    change_list_template = "admin/errors.html"
    empty_title = "No errors here"
    empty_hint = "Whatever fails for good, or waits for its next try, is listed here with its next step."

    def sheet(self) -> Sheet:
        return ERROR_SHEET

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        next_try = Item.objects.filter(kind=OuterRef("kind"), key=OuterRef("key")).values("due_at")[:1]
        errors: QuerySet[Any] = super().get_queryset(request).annotate(next_try=Subquery(next_try))
        return errors

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, (extra_context or {}) | causes_shown(self, request))

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        counted = dict(ErrorRecord.objects.order_by().values_list("state").annotate(Count("pk")))
        now = request.GET.get("state") or State.OPEN.value
        return [
            Tab(
                title, list_url("work_errorrecord", state=state.value), counted.get(state, 0), active=now == state.value
            )
            for state, title in TABS
        ]

    @admin.display(description="what failed", ordering="key")
    def what_failed(self, error: ErrorRecord) -> SafeString:
        return two_lines(subject_of(error), error.operation)

    @admin.display(description="why")
    def error(self, error: ErrorRecord) -> SafeString:
        return format_html('<span class="h-message" title="{0}">{0}</span>', error.message)

    @admin.display(description="service", ordering="service")
    def where(self, error: ErrorRecord) -> SafeString:
        return two_lines(title_of(error.service), advice_for(error.error_class, of_lane=error.kind == LANE).label)

    @admin.display(description="last seen", ordering="last_seen")
    def seen(self, error: ErrorRecord) -> SafeString:
        return two_lines(ago(error.last_seen), format_html("{} ×, first {}", error.times, ago(error.first_seen)))

    @admin.display(description="state", ordering="state")
    def stands(self, error: ErrorRecord) -> SafeString:
        return two_lines(state_badge(error), next_step(error))

    def row_title(self, row: Any) -> str:
        return row.operation if row.kind == LANE else f"{row.operation}: {row.key}"

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (state_badge(row), muted(next_step(row)))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        item = Item.objects.filter(kind=row.kind, key=row.key).first()
        attempts = Attempt.objects.filter(item_id=item.pk)[:MOST_ATTEMPTS] if item else Attempt.objects.none()
        choice = choices.get(row.kind)
        gave_up = row.gave_up and not is_due(row)
        advice = advice_for(row.error_class, service=row.service, gave_up=gave_up, of_lane=row.kind == LANE)
        return (
            *([choice.show(row, request)] if choice else ()),
            piece(
                "admin/error_sections.html",
                {
                    "error": row,
                    "advice": choice.advice if choice else advice,
                    "ways": ways_out(row, request.user),
                    "service": title_of(row.service),
                    "first": ago(row.first_seen),
                    "last": ago(row.last_seen),
                    "next_step": next_step(row),
                    "is_settled": row.state in {State.DISMISSED, State.RESOLVED},
                    "attempts": [
                        (
                            one,
                            ago(one.ended_at),
                            OUTCOMES.get(one.outcome, one.outcome),
                            advice_for(one.error_class).label if one.error_class else "–",
                        )
                        for one in attempts
                    ],
                    "refresh_seconds": SOON if row.state == State.RETRYING or is_due(row) else 0,
                    "lane_exchange": row.context.get(EXCHANGE),
                    "context": context_of(row),
                    "subject": subject_link(row),
                    "audit_url": list_url("audit_auditentry", subject_type="work.errorrecord", subject_id=row.pk),
                },
            ),
        )


def which_try(error: ErrorRecord) -> str:
    """The number of the try that comes next, and of how many where they end."""
    if error.gave_up or error.state == State.RETRYING:
        return "next try"
    policy = POLICIES.get(error.kind)
    last = f" of {policy.attempts}" if policy and error.attempt < policy.attempts < STANDING else ""
    return f"try {error.attempt + 1}{last}"


def context_of(error: ErrorRecord) -> str:
    """What was at hand, besides the exchange with the service, which has a place of its own."""
    rest = {name: value for name, value in error.context.items() if name != EXCHANGE}
    return json.dumps(rest, indent=2, ensure_ascii=False) if rest else ""


def open_errors() -> QuerySet[ErrorRecord]:
    return ErrorRecord.objects.filter(state=State.OPEN)


def subject_of(error: ErrorRecord) -> str:
    """What it is about: a lane by its title, else the item's key."""
    return title_of(error.key) if error.kind == LANE else error.key


def state_badge(error: ErrorRecord) -> SafeString:
    words, tone = STATES.get(error.state, (error.state, Tone.WAITING))
    if error.state == State.OPEN and error.kind in choices:
        words, tone = "needs you", Tone.NEEDS_YOU
    elif error.state == State.OPEN and (not error.gave_up or getattr(error, "next_try", None) is not None):
        words, tone = "waiting", Tone.WAITING
    return badge(words, tone, why=error.state_reason)


def due_of(error: ErrorRecord) -> datetime | None:
    items = Item.objects.filter(kind=error.kind, key=error.key)
    return items.values_list("due_at", flat=True).first()


def is_due(error: ErrorRecord) -> bool:
    """Whether it is tried again, whatever became of the tries before."""
    return due_of(error) is not None


def next_step(error: ErrorRecord) -> SafeString | str:
    """What happens next, or happened last."""
    if error.state in {State.DISMISSED, State.RESOLVED}:
        return error.state_reason or NOTHING
    due = error.next_try if hasattr(error, "next_try") else due_of(error)
    if due is not None:
        which = which_try(error)
        return format_html("{} {}", which, ago(due)) if due > timezone.now() else f"{which} is next in line"
    if error.kind == LANE:
        return "looks again by itself"
    if error.kind in choices:
        return "waits for your choice"
    if not error.gave_up:
        return "waits"
    if error.times > error.attempt:  # given up more than once: the row says how often, the tries are the last one's
        return "gave up"
    return f"gave up, {'1 try' if error.attempt == 1 else f'{error.attempt} tries'}"
