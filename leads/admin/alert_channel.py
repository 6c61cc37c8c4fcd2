"""Where alerts go: a channel for each type and target, tried out by one click (g.4)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from hunter.errors import HunterError
from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, HunterModelAdmin
from hunter.ops.paging import HunterChangeList
from hunter.ops.showing import NOTHING, Tone, ago, badge, two_lines
from hunter.remote.hosts import resting_hosts
from leads.admin.alert import DELIVERY_TONES
from leads.alerting import DeliveryState
from leads.models import AlertChannel, AlertDelivery
from leads.outgoing.outlets import checked_target, host_of
from leads.services.alert_channels import (
    NewSecrets,
    add_channel,
    edit_channel,
    refuse_twice,
    renew_secret,
    send_test,
    switch,
    told_of_target,
)

CHANGE = "leads.change_alertchannel"
TARGET_HELP = (
    "A web address that begins with https, the address of a Slack incoming webhook, or one e-mail address. "
    "It is kept encrypted."
)


def person(chosen: Chosen) -> AbstractBaseUser:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    return chosen.by


def send_a_test(chosen: Chosen) -> ActResult:
    channel = chosen.rows.order_by("pk")[0]
    where = send_test(channel, by=person(chosen))
    return Told(f"A test was sent to {where}, and it was taken.")


def new_secret(chosen: Chosen) -> ActResult:
    channel = chosen.rows.order_by("pk")[0]
    return NewSecrets(((channel.shown_target, renew_secret(channel.pk, by=person(chosen))),))


def switch_on(chosen: Chosen) -> ActResult:
    count = switch(list(chosen.rows.values_list("pk", flat=True)), enabled=True, by=person(chosen))
    return Told(f"{count} switched on: alerts from now on go there.")


def switch_off(chosen: Chosen) -> ActResult:
    count = switch(list(chosen.rows.values_list("pk", flat=True)), enabled=False, by=person(chosen))
    return Told(f"{count} switched off: what still waits is not sent.")


TEST = Act("test", "Send a test", CHANGE, send_a_test, places(Place.ROW, Place.DETAIL), icon="send")
NEW_SECRET = Act(
    "new_secret", "Make a new secret", CHANGE, new_secret, places(Place.DETAIL), icon="key",
    question="The new secret is shown once. For 24 hours messages are signed with the old one too, then with the new one only.",
    offered=lambda channel: channel.method == AlertChannel.Method.WEBHOOK,
)  # fmt: skip
SWITCH_ON = Act(
    "switch_on", "Switch on", CHANGE, switch_on, places(Place.ROW, Place.SELECTION),
    offered=lambda channel: not channel.enabled,
)  # fmt: skip
SWITCH_OFF = Act(
    "switch_off", "Switch off", CHANGE, switch_off, places(Place.ROW, Place.SELECTION),
    offered=lambda channel: channel.enabled,
)  # fmt: skip


class AlertChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the stubs only
    """The target is typed in and never shown again."""

    target = forms.CharField(
        label="Goes to", max_length=2000, help_text=TARGET_HELP,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    class Meta:
        model = AlertChannel
        fields = ("type", "method", "frequency", "enabled")
        labels = {"type": "Alert", "method": "How", "frequency": "How often", "enabled": "Switched on"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["target"].required = False
            self.fields["target"].help_text = f"Now {self.instance.shown_target}. Leave it empty to keep that."

    def told_of_secrets(self, row: AlertChannel) -> dict[str, str]:
        return {"target": told_of_target(row)}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        target, method = given.get("target", ""), given.get("method") or self.instance.method
        if target:
            try:
                checked_target(method, target)
                refuse_twice(self.instance, type=given.get("type") or self.instance.type, method=method, target=target)
            except HunterError as error:
                self.add_error("target", error.message)
        return given


class ChannelChangeList(HunterChangeList):
    """Knows which of the page's hosts rest, read once for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = list(self.result_list)
        resting = resting_hosts(host_of(one.method, one.shown_target) for one in page)
        for channel in page:
            vars(channel)["resting"] = resting.get(host_of(channel.method, channel.shown_target))
        self.result_list = page


@admin.register(AlertChannel)
class AlertChannelAdmin(HunterModelAdmin):
    """Who is told of which type of alert, and how."""

    form = AlertChannelForm
    navigation = (Entry("Set-up", 40, "Alert channels", "campaign"),)
    acts = (TEST, NEW_SECRET, SWITCH_ON, SWITCH_OFF)
    list_display = ("type_shown", "target_shown", "frequency_shown", "state_shown", "last_message")
    list_filter = (("type", ChoicesDropdownFilter), ("method", ChoicesDropdownFilter))
    fields = ("type", "method", "target", "frequency", "enabled")
    ordering = ("type", "id")
    empty_title = "Nobody is told of alerts"
    empty_hint = (
        "Add a channel for each type that somebody wants to hear of: a webhook, Slack, or e-mail. "
        "The list of alerts shows all of them in any case."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = AlertDelivery.objects.filter(channel=OuterRef("pk"), begun_at__isnull=False).order_by("-begun_at")
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                last_state=Subquery(newest.values("state")[:1]),
                last_at=Subquery(newest.values("begun_at")[:1]),
                last_reason=Subquery(newest.values("reason")[:1]),
            )
        )
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChannelChangeList]:
        return ChannelChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("type", "method") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its messages tell whom they went to: it is switched off instead

    @admin.display(description="alert", ordering="type")
    def type_shown(self, channel: Any) -> str:
        return str(channel.get_type_display())

    @admin.display(description="goes to", ordering="method")
    def target_shown(self, channel: Any) -> SafeString:
        return two_lines(channel.shown_target, channel.get_method_display())

    @admin.display(description="how often", ordering="frequency")
    def frequency_shown(self, channel: Any) -> str:
        return str(channel.get_frequency_display())

    @admin.display(description="state", ordering="enabled")
    def state_shown(self, channel: Any) -> SafeString:
        if not channel.enabled:
            return badge("switched off", Tone.ASIDE)
        resting = vars(channel).get("resting")
        if resting is not None:
            return badge("rests", Tone.NEEDS_YOU, why=f"{resting.pause_reason} It goes on by itself.")
        return badge("on", Tone.GOOD)

    @admin.display(description="last message")
    def last_message(self, channel: Any) -> SafeString:
        if not channel.last_state:
            return NOTHING
        tone = DELIVERY_TONES[DeliveryState(channel.last_state)]
        return two_lines(badge(channel.last_state, tone, why=channel.last_reason), ago(channel.last_at))

    def row_title(self, row: Any) -> str:
        return str(row)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        assert not change  # noqa: S101  an edit is saved by its service, fenced by the version
        saved = add_channel(obj, target=form.cleaned_data["target"], by=request.user)  # type: ignore[arg-type]  # staff
        if saved.secret:
            messages.warning(request, saved.sentence())

    def save_edit(self, row: Any, *, changes: dict[str, Any], by: Any) -> ActResult:
        return edit_channel(row, changes=changes, by=by)
