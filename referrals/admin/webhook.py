"""Webhooks: what Partner Center told, whether it was believed, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.ops.acts import Act, ActResult, Chosen, Place, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.showing import NOTHING, Tone, ago, badge, link, list_url, muted, page_url, piece, two_lines
from hunter.work.models import ErrorRecord
from referrals.models import DeliveryState, Referral, WebhookDelivery
from referrals.services.deliveries import KIND, work_again

TONES = {
    DeliveryState.WAITING: Tone.WAITING,
    DeliveryState.DONE: Tone.GOOD,
    DeliveryState.IGNORED: Tone.ASIDE,
    DeliveryState.FAILED: Tone.FAILED,
    DeliveryState.REFUSED: Tone.NEEDS_YOU,
}


def try_again(chosen: Chosen) -> ActResult:
    by: Any = chosen.by
    return work_again(chosen.rows, by=by)


TRY_AGAIN = Act(
    "try_again", "Try again", "referrals.retry_webhookdelivery", try_again,
    places(Place.ROW, Place.DETAIL, Place.SELECTION), icon="replay",
    offered=lambda row: row.is_verified and bool(row.referral_id) and row.state != DeliveryState.WAITING,
)  # fmt: skip


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyModelAdmin):
    """Every message, the newest first; what was refused stands beside what was believed."""

    navigation = (Entry("Runs", 40, "Webhooks", "webhook"),)
    nouns = ("webhook", "webhooks")
    acts = (TRY_AGAIN,)
    list_display = ("what", "referral_shown", "state_shown", "why", "arrived")
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("event", "referral_id")
    search_help_text = "Event or referral id, 3+ letters"
    ordering = ("-last_received_at", "-id")
    refresh_seconds = 10
    empty_title = "No webhooks yet"
    empty_hint = "Register Hunter's address at Partner Center; until then changes come with the next sync."

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        known = Referral.objects.filter(referral_id=OuterRef("referral_id"))
        rows: QuerySet[Any] = super().get_queryset(request)
        shown: QuerySet[Any] = rows.annotate(
            referral_key=Subquery(known.values("pk")[:1]), referral_name=Subquery(known.values("name")[:1])
        )
        return shown

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        now = request.GET.get("state__exact", "")
        return [Tab("All", list_url("referrals_webhookdelivery"), active=not now)] + [
            Tab(
                state.label.capitalize(), list_url("referrals_webhookdelivery", state__exact=state.value),
                WebhookDelivery.objects.filter(state=state).count() if state in COUNTED else None, active=now == state.value,
            )
            for state in DeliveryState
        ]  # fmt: skip

    @admin.display(description="event", ordering="event")
    def what(self, row: WebhookDelivery) -> SafeString:
        return two_lines(row.event or "no event", "signed by Microsoft" if row.is_verified else "nobody vouches for it")

    @admin.display(description="referral")
    def referral_shown(self, row: Any) -> SafeString | str:
        if getattr(row, "referral_key", None):
            return link(row.referral_name or row.referral_id, page_url("referrals_referral", row.referral_key))
        return muted(row.referral_id) if row.referral_id else NOTHING

    @admin.display(description="state", ordering="state")
    def state_shown(self, row: WebhookDelivery) -> SafeString:
        return state_badge(row)

    @admin.display(description="why")
    def why(self, row: WebhookDelivery) -> SafeString | str:
        return row.told or NOTHING

    @admin.display(description="arrived", ordering="last_received_at")
    def arrived(self, row: WebhookDelivery) -> SafeString:
        return two_lines(ago(row.last_received_at), f"{row.times} times" if row.times > 1 else "")

    def row_title(self, row: Any) -> str:
        return str(row)

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (state_badge(row), muted(row.event), ago(row.last_received_at))

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        record = ErrorRecord.objects.unsettled().about(kind=KIND, keys=[row.referral_id]).first()
        context = {
            "row": row,
            "referral": self.referral_shown(row),
            "changed": ago(row.changed_at) if row.changed_at else "not told",
            "first": ago(row.received_at),
            "last": ago(row.last_received_at),
            "settled": ago(row.settled_at) if row.settled_at else "not yet",
            "error_url": page_url("work_errorrecord", record.pk) if record and row.referral_id else "",
        }
        return (piece("admin/webhook_delivery.html", context),)


COUNTED = (DeliveryState.WAITING, DeliveryState.FAILED, DeliveryState.REFUSED)


def state_badge(row: WebhookDelivery) -> SafeString:
    state = DeliveryState(row.state)
    return badge(state.label, TONES[state], why=row.told)
