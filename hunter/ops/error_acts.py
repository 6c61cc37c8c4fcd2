"""What a person does about errors: try them again, or put them aside with a reason (C5, R5.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, QuerySet
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.ops.choosing import choices
from hunter.ops.lane_cards import lane_cards
from hunter.ops.showing import list_url, span_in_words
from hunter.remote.lanes import FIGURES, LaneName
from hunter.work import putting_aside as aside
from hunter.work.asides import Until, open_again
from hunter.work.error_runs import retry_matching
from hunter.work.models import ErrorRecord

State = ErrorRecord.State


UNTIL_CHOICES = (
    ("", "the same item fails again"),
    (Until.A_DAY.value, "a day has passed, however often it fails"),
    (Until.A_WEEK.value, "a week has passed, however often it fails"),
    (Until.A_MONTH.value, "30 days have passed, however often it fails"),
    (Until.TWICE.value, "there are more than twice as many"),
)


class WhyAsideForm(forms.Form):
    """The reason that keeps an error out of sight until it comes back, or its whole cause until it is worse."""

    reason = forms.CharField(
        label="Why is it put aside?",
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autofocus": True}),
    )
    until = forms.ChoiceField(
        label="It opens again when",
        choices=UNTIL_CHOICES,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="A time or a number counts for the whole cause: what fails for it meanwhile is put aside too.",
    )


def try_again(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    return retry_matching(chosen.rows.unsettled(), by=chosen.by)  # type: ignore[attr-defined]


def try_all_again(chosen: Chosen) -> ActResult:
    """As above; then to the tab on which one sees how it goes."""
    result = try_again(chosen)
    return Told(
        result.sentence(), failed=result.failed, lead_to=list_url("work_errorrecord", state=State.RETRYING.value)
    )


def put_aside(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  as above
    until = Until(chosen.answers["until"]) if chosen.answers.get("until") else None
    return aside.put_aside(chosen.rows, reason=chosen.answers["reason"], until=until, by=chosen.by)  # type: ignore[arg-type]


def open_them_again(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  as above
    return open_again(chosen.rows, by=chosen.by)  # type: ignore[arg-type]


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


def what_will_be_put_aside(errors: QuerySet[Any]) -> str:
    """How many leave the list."""
    count = errors.filter(state__in=[State.OPEN, State.RETRYING]).count()
    if count == 1:
        return "It leaves the list of open errors, and opens again by itself."
    return f"{count:,} errors leave the list of open ones, and open again by themselves."


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
    "try_all_again", "Try all again", "work.retry_errorrecord", try_all_again, places(Place.PAGE), icon="replay",
    about=what_will_be_tried, on_all=True,
)  # fmt: skip
PUT_ASIDE = Act(
    "put_aside", "Put aside", "work.dismiss_errorrecord", put_aside,
    places(Place.DETAIL, Place.SELECTION), icon="archive", form=WhyAsideForm, offered=is_unsettled,
    about=what_will_be_put_aside,
)  # fmt: skip
OPEN_AGAIN = Act(
    "open_again", "Open again", "work.dismiss_errorrecord", open_them_again,
    places(Place.DETAIL, Place.SELECTION), icon="unarchive", offered=lambda error: error.state == State.DISMISSED,
)  # fmt: skip
