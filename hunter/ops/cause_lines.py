"""The errors page by cause: a line for each, and one cause opened with its parts (admin, errors)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hunter.ops import act_pages
from hunter.ops.advice import Advice, advice_for
from hunter.ops.causes import SPLITS, Cause, Part, causes, parts_by
from hunter.ops.choosing import choices
from hunter.ops.error_acts import OPEN_AGAIN, PUT_ASIDE, TRY_ALL
from hunter.ops.showing import ago, list_url, number, span_in_words
from hunter.ops.ways_out import ways_out
from hunter.work.models import CauseNote, ErrorRecord, ErrorRun
from hunter.work.problems import LANE

if TYPE_CHECKING:
    from hunter.ops.model_admin import HunterModelAdmin

State = ErrorRecord.State
PER_PAGE = 25
MOST_RUNS, RUNS_STAY = 3, timedelta(minutes=1)
NARROWING = ("state", "service", "error_class", "since", "gave_up__exact")
MOST_LOOKED_UP = 5_000  # waiting errors of a page whose next try is looked up; above, a number says enough
NEXT_TRIES = """
select e.fingerprint, min(i.due_at) from work_errorrecord e join work_item i on i.kind = e.kind and i.key = e.key
where e.state = any(%s) and e.fingerprint = any(%s) and i.due_at is not null group by 1
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One cause as the page shows it."""

    cause: Cause
    advice: Advice
    can_be_tried: bool
    first: SafeString
    last: SafeString
    next_step: SafeString | str
    url: str
    retry_url: str
    aside_url: str
    again_url: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """An act on many errors as the page shows it."""

    run: ErrorRun
    share: int
    took: str
    left: str
    by: str


@dataclass(frozen=True, slots=True)
class Split:
    """One way to cut a cause, with its parts and their addresses."""

    title: str
    parts: list[tuple[Part, str, bool]]


def causes_shown(admin: HunterModelAdmin, request: HttpRequest) -> dict[str, Any]:
    """What the page needs beside the list: a line for each cause, or the one cause that the list is narrowed to."""
    if not admin.has_view_permission(request):
        return {}
    asked: dict[str, str] = {name: str(value) for name, value in request.GET.items() if value}
    state = asked.get("state", State.OPEN.value)
    narrowed = {name: asked[name] for name in NARROWING if name in asked}
    chosen, part = asked.get("cause", ""), asked.get("part", "")
    by_cause = not (chosen or "q" in asked or "each" in asked or "part" in asked)
    can_act = state in {State.OPEN.value, State.RETRYING.value}
    shared = {
        "error_runs": runs_shown(),
        "by_cause": by_cause,
        "is_each": "each" in asked,
        "one_cause": bool(chosen),
        "all_url": address(narrowed),
        "each_url": address(narrowed | {"each": "1"}),
        "can_retry": can_act and TRY_ALL.is_allowed(request.user),
        "can_put_aside": can_act and PUT_ASIDE.is_allowed(request.user),
        "can_open_again": state == State.DISMISSED and OPEN_AGAIN.is_allowed(request.user),
    }
    if by_cause:
        return shared | page_of_causes(admin, narrowed_rows(admin, request, drop=("after",)), asked, narrowed)
    if not chosen:
        return shared | {"lines": []}
    rows = narrowed_rows(admin, request, drop=("part", "q"))
    lines = lines_of(admin, causes(rows, most=1), narrowed | ({"part": part} if part else {}))
    splits = [
        Split(
            title, [(one, address(narrowed | {"cause": chosen, "part": one.token}), one.token == part) for one in found]
        )
        for split, title in SPLITS.items()
        if (found := parts_by(rows, split))
    ]
    ways = [way for line in lines for way in ways_out(line.cause.example, request.user)]
    opened = {"lines": lines, "splits": splits, "part": part, "cause_url": address(narrowed | {"cause": chosen})}
    return shared | opened | {"ways": ways}


def runs_shown() -> list[RunLine]:
    """Acts on many errors that go on, and those that have just ended; one query."""
    now = timezone.now()
    lately = Q(finished_at=None) | Q(finished_at__gt=now - RUNS_STAY)
    lines = []
    for run in ErrorRun.objects.filter(lately).select_related("by").order_by("-begun_at")[:MOST_RUNS]:
        took = (run.finished_at or now) - run.begun_at
        left = took * (run.matched - run.done) / run.done if run.done else None
        lines.append(
            RunLine(
                run=run,
                share=round(100 * run.done / run.matched) if run.matched else 100,
                took=span_in_words(took),
                left=span_in_words(left) if left and run.finished_at is None else "",
                by=str(run.by or "a command"),
            )
        )
    return lines


def page_of_causes(
    admin: HunterModelAdmin, rows: QuerySet[Any], asked: Mapping[str, str], narrowed: Mapping[str, str]
) -> dict[str, Any]:
    """The lines of a page, and the way to the next."""
    after = int(asked["after"]) if asked.get("after", "").isdecimal() and len(asked["after"]) < 7 else 0
    found = causes(rows, most=PER_PAGE + 1, after=after)
    return {
        "lines": lines_of(admin, found[:PER_PAGE], narrowed),
        "next_url": address({**narrowed, "after": str(after + PER_PAGE)}) if len(found) > PER_PAGE else "",
        "previous_url": address({**narrowed, "after": str(max(0, after - PER_PAGE))}) if after else "",
        "from_number": after + 1,
        "to_number": after + len(found[:PER_PAGE]),
    }


def narrowed_rows(admin: HunterModelAdmin, request: HttpRequest, *, drop: tuple[str, ...]) -> QuerySet[Any]:
    """The errors that the list's filters leave, without its columns; some filters set aside."""
    rows = ErrorRecord.objects.all()
    asked = {name: request.GET.getlist(name) for name in request.GET if name not in drop}
    for filter_class in admin.list_filter:
        chosen = filter_class[0] if isinstance(filter_class, tuple) else filter_class
        if isinstance(chosen, str):
            value = request.GET.get(f"{chosen}__exact")
            rows = rows.filter(**{chosen: value == "1"}) if value in {"0", "1"} else rows
        else:
            rows = chosen(request, dict(asked), ErrorRecord, admin).queryset(request, rows)
    return rows


def lines_of(admin: HunterModelAdmin, found: list[Cause], narrowed: Mapping[str, str]) -> list[Line]:
    """The causes as lines; one query for the next tries of them all."""
    state = narrowed.get("state", State.OPEN.value)
    tries = next_tries(found, state=state)
    asides = {
        note.pk: note for note in CauseNote.objects.filter(pk__in=[one.key for one in found], aside_at__isnull=False)
    }
    return [
        line_of(
            admin, cause, narrowed,
            next_step=next_step(cause, state=state, due=tries, aside=asides.get(cause.key)),
        )
        for cause in found
    ]  # fmt: skip


def line_of(admin: HunterModelAdmin, cause: Cause, narrowed: Mapping[str, str], *, next_step: SafeString | str) -> Line:
    query = dict(narrowed) | {"cause": cause.key}
    choice = choices.get(cause.example.kind)
    usual = advice_for(
        cause.example.error_class,
        service=cause.service,
        gave_up=not cause.waiting,
        of_lane=cause.example.kind == LANE,
    )
    opened = {name: value for name, value in query.items() if name != "part"}
    return Line(
        cause=cause,
        advice=choice.advice if choice else usual,
        can_be_tried=choice is None,
        first=ago(cause.first),
        last=ago(cause.last),
        next_step=next_step,
        url=address(opened),
        retry_url=act_pages.dialog_url(admin, TRY_ALL, **query),
        aside_url=act_pages.dialog_url(admin, PUT_ASIDE, **query),
        again_url=act_pages.dialog_url(admin, OPEN_AGAIN, **query),
    )


def next_tries(found: list[Cause], *, state: str) -> dict[str, Any]:
    """When the first of each cause is tried next, where so few wait that it can be looked up quickly."""
    pending = [one.key for one in found if (one.waiting or state == State.RETRYING) and one.items <= MOST_LOOKED_UP]
    if not pending or state not in {State.OPEN.value, State.RETRYING.value}:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(NEXT_TRIES, [[state], pending])
        return dict(cursor.fetchall())


def next_step(cause: Cause, *, state: str, due: Mapping[str, Any], aside: CauseNote | None = None) -> SafeString | str:
    """What happens next with a cause, in a few words."""
    if state == State.DISMISSED and aside is not None:
        when = f"{number(aside.aside_above)} items" if aside.aside_above is not None else ago(aside.aside_until)
        more = "more than " if aside.aside_above is not None else ""
        return format_html(
            "{} · by {}, opens again {}{}",
            aside.aside_reason,
            aside.aside_by or "a command",
            f"with {more}" if more else "",
            when,
        )
    if state == State.RETRYING:
        return "being tried"
    if state != State.OPEN:
        return cause.example.state_reason
    if not cause.waiting:
        return ""
    rest = "" if cause.waiting == cause.items else f"{cause.waiting:,} wait, "
    moment = due.get(cause.key)
    if moment is None:
        return f"{cause.waiting:,} {'waits' if cause.waiting == 1 else 'wait'} for another try"
    return format_html("{}next try {}", rest, ago(moment))


def address(query: Mapping[str, str]) -> str:
    return list_url("work_errorrecord", **query)
