"""Alerts from the scan that raises them to the messages that tell of them (g.4). Each change is one alert, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Now

from hunter.audit.recording import record
from hunter.remote.clock import database_now
from hunter.work.asking import ask
from hunter.work.models import ErrorRecord, Priority
from leads.alerting import AlertState, DeliveryState, NewAlert, Watched, alert_state
from leads.models import Alert, AlertChannel, AlertDelivery, AlertLine, Company, Signals

ROUTE, DELIVER = "route_alerts", "deliver_alert"
EVERYTHING = "all"  # the one item of the kind that routes
BLOCK = 500
MOST_SINGLE, MOST_TOGETHER = 20, 200  # so many at once for one channel go out as few messages, not as thousands


def watched(company: Company, signals: Signals) -> Watched:
    """What alerts look at, as the rows have it now."""
    assert signals.scanned_at is not None  # noqa: S101  only scans that were answered are compared
    return Watched(
        scan=signals.scan_count,
        seen_on=signals.scanned_at.date(),
        mx_root=signals.mx_root,
        dmarc_policy=signals.dmarc_policy,
        expires_on=signals.expires_at,
        priority=company.priority if company.is_scored else None,
        segment=company.segment,
        rules_version=company.rules_version,
    )


def alert_rows(company: Company, raised: Iterable[NewAlert]) -> list[Alert]:
    """New alerts as rows that are not written yet."""
    return [
        Alert(
            company=company, type=one.type.value, occasion=one.occasion,
            previous=one.previous, current=one.current, text=one.text[:600],
        )
        for one in raised
    ]  # fmt: skip


def raise_alerts(rows: Sequence[Alert]) -> None:
    """Write alerts in the transaction of the scan that found them, and have them routed; a known occasion is passed over."""
    if rows:
        Alert.objects.bulk_create(sorted(rows, key=lambda one: (one.company_id, one.type)), ignore_conflicts=True)
        ask(ROUTE, [EVERYTHING])


def route_pending() -> int:
    """Give the next block of new alerts to the channels of their types; how many there were. In the caller's transaction.

    Only one process does this at a time, since the work has one item.
    """
    alerts = list(Alert.objects.unrouted().order_by("pk")[:BLOCK])
    channels = defaultdict[str, list[AlertChannel]](list)
    for channel in AlertChannel.objects.filter(enabled=True).order_by("pk"):
        channels[channel.type].append(channel)

    taken: dict[AlertChannel, list[Alert]] = {}
    for alert in alerts:
        for channel in channels[alert.type]:
            taken.setdefault(channel, []).append(alert)
    write_deliveries(taken)
    keys = [alert.pk for alert in alerts]
    untold = [alert.pk for alert in alerts if not channels[alert.type]]
    Alert.objects.filter(pk__in=untold).update(state=AlertState.SENT, settled_at=Now())
    Alert.objects.filter(pk__in=keys).update(routed_at=Now())
    return len(alerts)


def write_deliveries(taken: dict[AlertChannel, list[Alert]]) -> None:
    """The messages that carry these alerts, and their work: at once, or with the channel's next digest."""
    digests = open_digests([one for one in taken if one.frequency == AlertChannel.Frequency.DAILY])
    deliveries: list[AlertDelivery] = []
    lines: list[AlertLine] = []
    for channel, alerts in taken.items():
        size = size_of_parts(channel, len(alerts))
        for together in (alerts[start : start + size] for start in range(0, len(alerts), size)):
            delivery = digests.get(channel.pk)
            if delivery is None:
                delivery = AlertDelivery(channel=channel)
                deliveries.append(delivery)
            lines += [AlertLine(alert=alert, delivery=delivery, channel=channel) for alert in together]
    AlertDelivery.objects.bulk_create(deliveries)
    AlertLine.objects.bulk_create(lines)
    ask(DELIVER, [str(one.pk) for one in deliveries])


def size_of_parts(channel: AlertChannel, count: int) -> int:
    """How many alerts go into one message: a digest has all, and so has what would be a flood."""
    if channel.frequency == AlertChannel.Frequency.DAILY:
        return count
    return 1 if count <= MOST_SINGLE else MOST_TOGETHER


def open_digests(channels: Sequence[AlertChannel]) -> dict[int, AlertDelivery]:
    """The digest of each channel that has not begun yet, made and asked for where there is none; locked until we commit."""
    if not channels:
        return {}
    now = database_now()
    due = next_digest(now, hour=settings.ALERT_DIGEST_HOUR)
    waiting = AlertDelivery.objects.filter(
        channel__in=channels, digest_at__isnull=False, begun_at__isnull=True, state=DeliveryState.WAITING
    )
    found = {one.channel_id: one for one in waiting.select_for_update().order_by("pk")}
    missing = [AlertDelivery(channel=one, digest_at=due) for one in channels if one.pk not in found]
    AlertDelivery.objects.bulk_create(missing)
    ask(DELIVER, [str(one.pk) for one in missing], wait=due - now)
    return found | {one.channel_id: one for one in missing}


def next_digest(now: datetime, *, hour: int) -> datetime:
    """The next moment at which digests go out: daily at that hour."""
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Concluded:
    """How a message ended, or that it is still to go out."""

    delivery_id: UUID
    state: DeliveryState
    reason: str = ""
    in_doubt: bool = False


def conclude(ended: Collection[Concluded]) -> None:
    """Write how messages ended, and what that means for their alerts. In the caller's transaction, a constant number of queries.

    The alerts are locked first, in key order: of two last messages that fail at once the second must see the first.
    """
    if not ended:
        return
    by_id = {one.delivery_id: one for one in ended}
    told = AlertLine.objects.filter(delivery__in=by_id).values("alert")
    alerts = list(Alert.objects.select_for_update(no_key=True).filter(pk__in=told).order_by("pk"))
    rows = list(AlertDelivery.objects.select_for_update(no_key=True).filter(pk__in=by_id).order_by("pk"))
    now = database_now()
    for row in rows:
        news = by_id[row.pk]
        row.state, row.reason, row.in_doubt = news.state.value, news.reason[:500], news.in_doubt
        row.settled_at = None if news.state is DeliveryState.WAITING else now
    AlertDelivery.objects.bulk_update(rows, ["state", "reason", "in_doubt", "settled_at"])

    states: dict[int, set[str]] = defaultdict(set)
    for alert_id, state in AlertLine.objects.filter(alert__in=alerts).values_list("alert", "delivery__state"):
        states[alert_id].add(state)
    changed = [alert for alert in alerts if alert.state != alert_state(states[alert.pk])]
    for alert in changed:
        alert.state = alert_state(states[alert.pk]).value
        alert.settled_at = None if alert.state == AlertState.PENDING else now
    Alert.objects.bulk_update(changed, ["state", "settled_at"])


@dataclass(frozen=True, slots=True)
class RetriedAlerts:
    """How many messages will be tried again."""

    messages: int
    failed: bool = False

    def sentence(self) -> str:
        if not self.messages:
            return "There was nothing to send again."
        return f"{self.messages} {'message' if self.messages == 1 else 'messages'} will be tried within a minute."


def retry_alerts(alerts: Iterable[Alert], *, by: AbstractBaseUser | None) -> RetriedAlerts:
    """Send the failed messages of these alerts again, because a person asked: with fresh attempts. Audited."""
    with transaction.atomic():
        wanted = list(alerts)
        failed = AlertDelivery.objects.filter(lines__alert__in=wanted, state=DeliveryState.FAILED).distinct()
        keys = [str(pk) for pk in failed.values_list("pk", flat=True)]
        conclude([Concluded(UUID(key), DeliveryState.WAITING) for key in keys])
        for alert in wanted:
            record(alert, act="send again", by=by)
        ask(DELIVER, keys, priority=Priority.PERSON, asked_by=by.get_username() if by else "")
        ErrorRecord.objects.about(kind=DELIVER, keys=keys).unsettled().update(state=ErrorRecord.State.RETRYING)
    return RetriedAlerts(messages=len(keys))


def alert_of_delivery(key: str) -> int | None:
    """The alert that the message of that key carries, the first of several; None when there is none."""
    return AlertLine.objects.filter(delivery=UUID(key)).order_by("pk").values_list("alert", flat=True).first()
