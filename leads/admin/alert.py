"""Alerts: what rescans found that somebody is told of, and how far each of its messages came (g.4)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.ops.acts import Act, ActResult, Chosen, Place, places
from hunter.ops.filters import ChoiceFilter
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.showing import NOTHING, Tone, ago, badge, link, list_url, muted, page_url, piece, two_lines
from hunter.work.models import ErrorRecord, Item
from leads.admin.company_page import CompanySection, extensions
from leads.alerting import ENDS_SOON_DAYS, AlertState, DeliveryState
from leads.domains import shown_domain
from leads.models import Alert, AlertDelivery, AlertLine, Company
from leads.services.alerts import DELIVER, retry_alerts

TONES = {AlertState.PENDING: Tone.WAITING, AlertState.SENT: Tone.GOOD, AlertState.FAILED: Tone.FAILED}
TOLD = "told"
WORDS = {AlertState.PENDING: "waiting", AlertState.SENT: "sent", AlertState.FAILED: "failed"}
DELIVERY_TONES = {
    DeliveryState.WAITING: Tone.WAITING,
    DeliveryState.SENT: Tone.GOOD,
    DeliveryState.FAILED: Tone.FAILED,
    DeliveryState.SKIPPED: Tone.ASIDE,
}
MOST_ON_COMPANY = 10


def send_again(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    return retry_alerts(chosen.rows, by=chosen.by)


TRY_AGAIN = Act(
    "try_again", "Try again", "leads.retry_alert", send_again, places(Place.ROW, Place.DETAIL, Place.SELECTION),
    icon="replay", offered=lambda alert: any(one.state == DeliveryState.FAILED for one in alert.deliveries.all()),
)  # fmt: skip


class Reached(enum.StrEnum):
    """How far an alert came; what no channel takes counts as sent for the API (g.4), and is told apart here."""

    WAITING = "waiting"
    SENT = "sent"
    NO_CHANNEL = "no_channel"
    FAILED = "failed"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ").capitalize()

    def narrowed(self, alerts: QuerySet[Any]) -> QuerySet[Any]:
        """The alerts of which this is true; each is in exactly one."""
        taken = Exists(AlertLine.objects.filter(alert=OuterRef("pk")))
        match self:
            case Reached.WAITING:
                return alerts.filter(state=AlertState.PENDING)
            case Reached.SENT:
                return alerts.filter(taken, state=AlertState.SENT)
            case Reached.NO_CHANNEL:
                return alerts.filter(~taken, state=AlertState.SENT)
            case Reached.FAILED:
                return alerts.filter(state=AlertState.FAILED)


class ToldFilter(ChoiceFilter):
    title = "state"
    parameter_name = TOLD

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(one.value, one.words) for one in Reached]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return Reached(chosen).narrowed(rows) if chosen in set(Reached) else rows


@admin.register(Alert)
class AlertAdmin(ReadOnlyModelAdmin):
    """Every alert, newest first."""

    navigation = (
        Entry("Pipeline", 40, "Alerts", "notifications", waiting=lambda: Alert.objects.failed().count(), tone="danger"),
    )
    acts = (TRY_AGAIN,)
    list_display = ("what", "change", "state_shown", "messages_shown", "raised")
    list_filter = (("type", ChoicesDropdownFilter), ToldFilter)
    list_select_related = ("company",)
    search_fields = ("company__domain", "company__name")
    search_help_text = "Domain or name, 3+ letters"
    ordering = ("-id",)
    refresh_seconds = 10
    empty_title = "No alerts yet"
    empty_hint = (
        "A rescan raises one when the mail host, DMARC, the priority or the segment changes, "
        "or when the end of a domain comes near."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related("deliveries__channel")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        now = request.GET.get(TOLD, "")
        counted = {one: one.narrowed(Alert.objects.all()).count() for one in (Reached.WAITING, Reached.FAILED)}
        return [Tab("All", list_url("leads_alert"), active=not now)] + [
            Tab(one.words, list_url("leads_alert", told=one.value), counted.get(one), active=now == one.value)
            for one in Reached
        ]

    @admin.display(description="alert", ordering="type")
    def what(self, alert: Alert) -> SafeString:
        return two_lines(shown_domain(alert.company.domain), alert.get_type_display())

    @admin.display(description="from → to")
    def change(self, alert: Alert) -> str:
        return change_in_words(alert.previous, alert.current)

    @admin.display(description="state", ordering="state")
    def state_shown(self, alert: Alert) -> SafeString:
        return state_badge(alert)

    @admin.display(description="messages")
    def messages_shown(self, alert: Alert) -> SafeString | str:
        told = [f"{one.channel.get_method_display()} {one.state}" for one in alert.deliveries.all()]
        if told:
            return ", ".join(told)
        return NOTHING if alert.routed_at is None else muted("no channel")

    @admin.display(description="when", ordering="raised_at")
    def raised(self, alert: Alert) -> SafeString:
        return ago(alert.raised_at)

    def row_title(self, row: Any) -> str:
        return f"{shown_domain(row.company.domain)}: {row.text}"

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return [
            state_badge(row),
            link(row.company.display_name, page_url("leads_company", row.company_id)),
            muted(row.get_type_display()),
            ago(row.raised_at),
        ]

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        deliveries = list(row.deliveries.select_related("channel").order_by("created_at", "pk"))
        keys = [str(one.pk) for one in deliveries]
        items = {one.key: one for one in Item.objects.filter(kind=DELIVER, key__in=keys)}
        errors = dict(ErrorRecord.objects.about(kind=DELIVER, keys=keys).unsettled().values_list("key", "pk"))
        context = {
            "alert": row,
            "previous": value_in_words(row.previous),
            "current": value_in_words(row.current),
            "messages": [message_row(one, items.get(str(one.pk)), errors.get(str(one.pk))) for one in deliveries],
            "channels_url": list_url("leads_alertchannel"),
        }
        return [piece("admin/alert.html", context)]


def message_row(delivery: AlertDelivery, item: Item | None, error: int | None) -> dict[str, Any]:
    """One message as the page shows it."""
    waits = delivery.state == DeliveryState.WAITING and item is not None and item.due_at is not None
    return {
        "delivery": delivery,
        "state": badge(delivery.state, DELIVERY_TONES[DeliveryState(delivery.state)]),
        "when": ago(delivery.settled_at) if delivery.settled_at else ago(item.due_at) if waits and item else NOTHING,
        "error_url": page_url("work_errorrecord", error) if error else "",
    }


def state_badge(alert: Alert) -> SafeString:
    """The state in words; what no channel takes was never sent."""
    if alert.routed_at is not None and not alert.deliveries.all():
        return badge("no channel", Tone.ASIDE)
    state = AlertState(alert.state)
    return badge(WORDS[state], TONES[state])


def change_in_words(previous: Any, current: Any) -> str:
    """A change on one line; of a score that of the two which changed."""
    if isinstance(previous, dict) and isinstance(current, dict):
        name = "priority" if previous.get("priority") != current.get("priority") else "segment"
        return f"{name} {previous.get(name)} → {current.get(name)}"
    return f"{value_in_words(previous)} → {value_in_words(current)}"


def value_in_words(value: Any) -> str:
    """A value of a change; a score is its priority and its segment."""
    if isinstance(value, dict):
        return f"priority {value.get('priority')}, {value.get('segment') or 'no segment'}"
    return "none" if value is None else str(value)


def company_alerts(company: Company, request: HttpRequest) -> SafeString | str:
    """The newest alerts of a company; nothing where there is none, or for those who may not see them."""
    if not request.user.has_perm("leads.view_alert"):
        return ""
    alerts = company.alerts.prefetch_related("deliveries").order_by("-pk")[:MOST_ON_COMPANY]
    rows = [(ago(one.raised_at), one.text, state_badge(one), page_url("leads_alert", one.pk)) for one in alerts]
    return piece("admin/company_alerts.html", {"rows": rows}) if rows else ""


class EndsFilter(ChoiceFilter):
    """Companies by how near the end of their domain is."""

    title = "end of the domain"
    parameter_name = "ends"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [("soon", "in less than 30 days"), ("past", "already past")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        today = timezone.now().date()
        first, last = (today + timedelta(days=days) for days in (ENDS_SOON_DAYS[0], ENDS_SOON_DAYS[-1]))
        if chosen == "soon":
            return rows.filter(signals__expires_at__range=(first, last))
        return rows.filter(signals__expires_at__lt=first) if chosen == "past" else rows


extensions.sections.append(CompanySection(order=80, show=company_alerts))
extensions.filters.append(EndsFilter)
