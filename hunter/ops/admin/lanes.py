"""Lanes: one card for each service, with the buttons that stop, start and limit it everywhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from hunter.ops import act_pages
from hunter.ops.acts import Act, ActResult, Chosen, Place, places
from hunter.ops.holding import hold_lane, resume_lane
from hunter.ops.lane_cards import lane_cards, troubled_lanes
from hunter.ops.limiting import Limits, default_limits, limit_lane, limits_of
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin
from hunter.ops.services import title_of
from hunter.ops.showing import list_url
from hunter.remote.lanes import WINDOWS, LaneName, figures
from hunter.remote.models import Lane


class WhyForm(forms.Form):
    """The reason that the next person will read."""

    why = forms.CharField(
        label="Why?", max_length=300, widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Everybody sees it on the lane's card, and it is kept in the audit log.",
    )  # fmt: skip


def hold(chosen: Chosen) -> ActResult:
    return each_lane(chosen, change=hold_lane)


def resume(chosen: Chosen) -> ActResult:
    return each_lane(chosen, change=resume_lane)


def each_lane(chosen: Chosen, *, change: Any, asked: tuple[str, ...] = ()) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    name = chosen.rows.values_list("pk", flat=True)[0]
    answers = {one: chosen.answers[one] for one in ("why", *asked)}
    result: ActResult = change(LaneName(name), by=chosen.by, **answers)
    return result


HOLD = Act(
    name="hold",
    label="Hold",
    permission="remote.change_lane",
    run=hold,
    places=places(Place.ROW),
    form=WhyForm,
    question="No call goes out to this service, from any machine, until somebody resumes it. What waits keeps its place.",
    is_dangerous=True,
)
RESUME = Act(
    name="resume",
    label="Resume",
    permission="remote.change_lane",
    run=resume,
    places=places(Place.ROW),
    form=WhyForm,
    question="The service is called again at once, and the work that waited for it is taken up.",
    is_main=True,
)


class LimitForm(WhyForm):
    """The three figures of a lane, as they are and as they shall be."""

    limit = forms.FloatField(
        label="Calls a second", min_value=0, widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
        help_text="For DNS: domains. It holds for all machines together.",
    )  # fmt: skip
    burst = forms.IntegerField(
        label="In one burst", min_value=1, widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many may go out together after a quiet time.",
    )  # fmt: skip
    slots = forms.IntegerField(label="At once", min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    seen = forms.CharField(widget=forms.HiddenInput)
    field_order = ("limit", "burst", "slots", "why", "seen")


def figures_of(rows: QuerySet[Lane]) -> dict[str, Any]:
    """What stands in the form, and what it was chosen by."""
    lane = rows.first()
    if lane is None:
        return {}
    own = Limits(lane.rate, lane.burst, lane.slot_count)
    return {"limit": own.limit, "burst": own.burst, "slots": own.slots, "seen": own.words()}


def about_limit(rows: QuerySet[Lane]) -> str:
    lane = rows.first()
    if lane is None:
        return ""
    name = LaneName(lane.pk)
    most = f" {WINDOW_WORDS[name]}" if name in WINDOW_WORDS else ""
    return (
        f"How much Hunter may ask of {title_of(name)}: on all machines from the next second on, without a restart. "
        f"By default: {limits_of(figures(name)).words()}.{most}"
    )


def limit(chosen: Chosen) -> ActResult:
    return each_lane(chosen, change=limit_lane, asked=("limit", "burst", "slots", "seen"))


def default(chosen: Chosen) -> ActResult:
    return each_lane(chosen, change=default_limits)


WINDOW_WORDS = {
    name: f"The service takes {window.calls:,} calls in any {window.seconds} seconds and {window.at_once} at once."
    for name, window in WINDOWS.items()
}
LIMIT = Act(
    name="limit",
    label="Change limit",
    permission="remote.change_lane",
    run=limit,
    places=places(Place.ROW),
    form=LimitForm,
    initial=figures_of,
    about=about_limit,
)
DEFAULT = Act(
    name="default_limit",
    label="Back to default",
    permission="remote.change_lane",
    run=default,
    places=places(Place.ROW),
    form=WhyForm,
    question="What was set by hand is taken back: the figures of the settings hold again.",
)


@admin.register(Lane)
class LaneAdmin(ReadOnlyModelAdmin):
    """How each service does, and how much Hunter may ask of it."""

    navigation = (
        Entry("Set-up", 10, "Lanes", "alt_route", waiting=lambda: Lane.objects.filter(troubled_lanes()).count()),
    )
    acts = (HOLD, RESUME, LIMIT, DEFAULT)
    refresh_seconds = 10

    def row_title(self, row: Any) -> str:
        return title_of(row.pk)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Cards in place of a list: seven services, each with more to say than a row holds."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        cards = lane_cards()
        return TemplateResponse(
            request,
            "admin/lanes.html",
            {
                **self.admin_site.each_context(request),
                "title": "Lanes",
                "crumbs": [("Lanes", "")],
                "opts": self.opts,
                "cards": cards,
                "refresh_seconds": self.refresh_seconds,
                "may_open": {card.name for card in cards if card.note and request.user.has_perm(card.note.permission)},
                "may_change": HOLD.is_allowed(request.user),
                "hold_url": act_pages.act_url(self, HOLD),
                "resume_url": act_pages.act_url(self, RESUME),
                "limit_url": act_pages.act_url(self, LIMIT),
                "default_url": act_pages.act_url(self, DEFAULT),
            },
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(list_url("remote_lane"))
