"""The error inbox: what failed, why, what it means, and the one click that puts it right (C5, R5.7, R5.8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from hunter.exports.sheet import Sheet
from hunter.ops import act_pages
from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.ops.advice import ADVICE, advice_for
from hunter.ops.causes import Cause, causes, with_cause
from hunter.ops.choosing import choices
from hunter.ops.error_sheet import ERROR_SHEET
from hunter.ops.filters import ChoiceFilter
from hunter.ops.lane_cards import lane_cards
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.services import title_of
from hunter.ops.showing import NOTHING, Tone, ago, badge, list_url, muted, piece, span_in_words, two_lines
from hunter.ops.subjects import subject_link
from hunter.remote.lanes import FIGURES, LaneName
from hunter.work.models import Attempt, ErrorRecord, Item
from hunter.work.retrying import dismiss_errors, retry_errors

State = ErrorRecord.State
STATES: dict[str, tuple[str, Tone]] = {
    State.OPEN: ("failed", Tone.FAILED),
    State.RETRYING: ("being tried", Tone.RUNNING),
    State.DISMISSED: ("put aside", Tone.ASIDE),
    State.RESOLVED: ("resolved", Tone.GOOD),
}
TABS = (
    (State.OPEN, "Open"),
    (State.RETRYING, "Being tried"),
    (State.DISMISSED, "Put aside"),
    (State.RESOLVED, "Resolved"),
)
MOST_CAUSES, MOST_ATTEMPTS = 6, 20


class WhyAsideForm(forms.Form):
    """The reason that keeps an error out of sight until it comes back."""

    reason = forms.CharField(
        label="Why is it put aside?",
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autofocus": True}),
    )


def try_again(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    return retry_errors(chosen.rows.unsettled(), by=chosen.by)  # type: ignore[attr-defined]


def put_aside(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  as above
    count = dismiss_errors(chosen.rows, reason=chosen.answers["reason"], by=chosen.by)  # type: ignore[arg-type]
    if not count:
        return Told("Nothing was put aside: what was chosen is settled already.", failed=True)
    those = "1 error was" if count == 1 else f"{count} errors were"
    return Told(f"{those} put aside. It opens again when the failure comes back.")


def what_will_be_tried(errors: QuerySet[Any]) -> str:
    """How much a retry is, and about how long it takes at the lanes' pace."""
    rows = errors.filter(state__in=[State.OPEN, State.RETRYING]).values("operation", "service").annotate(n=Count("pk"))
    found = list(rows.order_by("-n"))
    if not found:
        return "None of these can be tried: they are settled."
    paces = {card.name: card for card in lane_cards()} if found else {}
    seconds = max(row["n"] / rate_of(row["service"]) for row in found)
    parts = [f"{row['n']:,} × {row['operation']}" for row in found]
    halted = sorted(
        {paces[row["service"]].title for row in found if row["service"] in paces and paces[row["service"]].is_held}
    )
    wait = f" {', '.join(halted)} is held at the moment, so they wait until it is resumed." if halted else ""
    return f"{', '.join(parts)}; about {span_in_words(timedelta(seconds=max(1, seconds)))} at the lane's pace.{wait}"


def rate_of(service: str) -> float:
    return FIGURES[LaneName(service)].rate if service in set(LaneName) else 1.0


def is_unsettled(error: ErrorRecord) -> bool:
    return error.state in {State.OPEN, State.RETRYING}


TRY_AGAIN = Act(
    "try_again", "Try again", "work.retry_errorrecord", try_again,
    places(Place.ROW, Place.DETAIL, Place.SELECTION), icon="replay",
    offered=lambda error: error.state == State.OPEN and error.kind not in choices, is_main=True,
)  # fmt: skip
TRY_ALL = Act(
    "try_all_again", "Try all again", "work.retry_errorrecord", try_again, places(Place.PAGE), icon="replay",
    about=what_will_be_tried, on_all=True,
)  # fmt: skip
PUT_ASIDE = Act(
    "put_aside", "Put aside", "work.dismiss_errorrecord", put_aside,
    places(Place.DETAIL, Place.SELECTION), icon="archive", form=WhyAsideForm, offered=is_unsettled,
    question="It leaves the list of open errors, and opens again by itself when the same failure comes back.",
)  # fmt: skip


class StateFilter(ChoiceFilter):
    """Open errors unless another tab is chosen: an inbox shows what is to be done."""

    title = "state"
    parameter_name = "state"
    all_option = ["all", "All"]

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(state.value, title) for state, title in TABS]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows if chosen == "all" else rows.filter(state=chosen)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.narrowed(queryset, self.value() or State.OPEN.value)


class ServiceFilter(ChoiceFilter):
    title = "service"
    parameter_name = "service"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(name.value, one.title) for name, one in FIGURES.items()]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(service=chosen)


class ClassFilter(ChoiceFilter):
    title = "class"
    parameter_name = "error_class"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(kind.value, one.label) for kind, one in ADVICE.items()]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(error_class=chosen)


class CauseFilter(admin.SimpleListFilter):
    """Set by the lines of the causes above the list; it has no choices of its own."""

    title = "cause"
    parameter_name = "cause"
    template = "admin/no_choices.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        return iter(())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return with_cause(queryset).filter(cause=self.value()) if self.value() else queryset


@admin.register(ErrorRecord)
class ErrorRecordAdmin(ReadOnlyModelAdmin):
    """What went wrong, and the way to put it right (C5)."""

    navigation = (Entry("Needs you", 10, "Errors", "error", waiting=lambda: open_errors().count(), tone="danger"),)
    acts = (TRY_AGAIN, TRY_ALL, PUT_ASIDE)
    list_display = ("what_failed", "error", "where", "seen", "stands")
    list_filter = (StateFilter, ServiceFilter, ClassFilter, ("gave_up", ChoicesDropdownFilter), CauseFilter)
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
        return super().changelist_view(request, (extra_context or {}) | self.causes_shown(request))

    def causes_shown(self, request: HttpRequest) -> dict[str, Any]:
        """Above the list: the causes with more than one item, or the one cause that the list is narrowed to."""
        if not self.has_view_permission(request):
            return {}
        chosen = request.GET.get("cause", "")
        state = request.GET.get("state") or State.OPEN.value
        rows = ErrorRecord.objects.all() if state == "all" else ErrorRecord.objects.filter(state=state)
        if request.GET.get("q"):
            found = []
        elif chosen:
            found = causes(with_cause(rows).filter(cause=chosen), most=1)
        else:
            narrowed = {name: request.GET[name] for name in ("service", "error_class") if request.GET.get(name)}
            found = causes(rows.filter(**narrowed), most=MOST_CAUSES, least_items=2)
        can_retry = TRY_ALL.is_allowed(request.user) and state in {State.OPEN.value, State.RETRYING.value}
        return {
            "causes": [self.cause_line(cause, state=state) for cause in found],
            "one_cause": bool(chosen),
            "all_url": list_url("work_errorrecord", state=state),
            "can_retry": can_retry,
            "can_put_aside": can_retry and PUT_ASIDE.is_allowed(request.user),
        }

    def cause_line(self, cause: Cause, *, state: str) -> dict[str, Any]:
        narrowed = f"state={state}&cause={cause.key}"
        return {
            "cause": cause,
            "advice": advice_for(cause.error_class, service=cause.service, gave_up=not cause.waiting),
            "service": title_of(cause.service),
            "first": ago(cause.first),
            "last": ago(cause.last),
            "url": list_url("work_errorrecord", state=state, cause=cause.key),
            "retry_url": f"{act_pages.act_url(self, TRY_ALL)}?{narrowed}",
            "aside_url": f"{act_pages.act_url(self, PUT_ASIDE)}?{narrowed}",
        }

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
        return two_lines(title_of(error.service), advice_for(error.error_class).label)

    @admin.display(description="last seen", ordering="last_seen")
    def seen(self, error: ErrorRecord) -> SafeString:
        return two_lines(ago(error.last_seen), format_html("{} ×, first {}", error.times, ago(error.first_seen)))

    @admin.display(description="state", ordering="state")
    def stands(self, error: ErrorRecord) -> SafeString:
        return two_lines(state_badge(error), next_step(error))

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (state_badge(row), muted(next_step(row)))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        item = Item.objects.filter(kind=row.kind, key=row.key).first()
        attempts = Attempt.objects.filter(item_id=item.pk)[:MOST_ATTEMPTS] if item else Attempt.objects.none()
        choice = choices.get(row.kind)
        advice = advice_for(row.error_class, service=row.service, gave_up=row.gave_up and not is_due(row))
        return (
            *([choice.show(row, request)] if choice else ()),
            piece(
                "admin/error_sections.html",
                {
                    "error": row,
                    "advice": choice.advice if choice else advice,
                    "service": title_of(row.service),
                    "first": ago(row.first_seen),
                    "last": ago(row.last_seen),
                    "next_step": next_step(row),
                    "attempts": [(one, ago(one.ended_at)) for one in attempts],
                    "context": json.dumps(row.context, indent=2, ensure_ascii=False) if row.context else "",
                    "subject": subject_link(row),
                    "audit_url": list_url("audit_auditentry", subject_type="work.errorrecord", subject_id=row.pk),
                },
            ),
        )


def open_errors() -> QuerySet[ErrorRecord]:
    return ErrorRecord.objects.filter(state=State.OPEN)


def subject_of(error: ErrorRecord) -> str:
    """What it is about: a lane by its title, else the item's key."""
    return title_of(error.key) if error.kind == "lane" else error.key


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
        return format_html("next try {}", ago(due)) if due > timezone.now() else "is next in line"
    if error.kind == "lane":
        return "looks again by itself"
    if error.kind in choices:
        return "waits for your choice"
    tries = "1 try" if error.attempt == 1 else f"{error.attempt} tries"
    return f"gave up, {tries}" if error.gave_up else "waits"
