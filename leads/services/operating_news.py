"""What Hunter tells of itself (a cause of errors has appeared, or is over) goes out by the channels that want it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from hunter.remote.clock import database_now
from hunter.work.asking import ask
from hunter.work.news import News
from leads.alerting import OPERATIONS
from leads.models import AlertChannel, AlertDelivery
from leads.outgoing.message import Line
from leads.services.alerts import DELIVER, MOST_SINGLE, open_digests

MOST_TOGETHER = 200


def send_news(news: Sequence[News]) -> None:
    """Give the news to each channel that wants it, in the caller's transaction: at once, or with the channel's next digest."""
    channels = list(AlertChannel.objects.filter(enabled=True, type=OPERATIONS).order_by("pk"))
    if not channels:
        return
    at = database_now().isoformat()
    notices = [notice_of(one, at=at) for one in news]
    digests = open_digests([one for one in channels if one.frequency == AlertChannel.Frequency.DAILY])
    deliveries = []
    for channel in channels:
        digest = digests.get(channel.pk)
        if digest is not None:
            digest.notices = [*digest.notices, *notices]
            digest.save(update_fields=["notices"])
            continue
        size = 1 if len(notices) <= MOST_SINGLE else MOST_TOGETHER
        deliveries += [
            AlertDelivery(channel=channel, notices=notices[start : start + size])
            for start in range(0, len(notices), size)
        ]
    AlertDelivery.objects.bulk_create(deliveries)
    ask(DELIVER, [str(one.pk) for one in deliveries])


def notice_of(one: News, *, at: str) -> dict[str, str]:
    """News as its message keeps it."""
    return {"key": one.key, "change": one.change.value, "text": one.sentence[:600], "path": one.path, "at": at}


def lines_of_notices(notices: Sequence[dict[str, Any]]) -> list[Line]:
    """The same as lines of a message."""
    return [
        Line(
            alert_id=0, type=OPERATIONS, domain="", company="Hunter", text=one["text"], previous=None,
            current={"about": one["key"], "change": one["change"]}, raised_at=one["at"],
            url=f"{settings.HUNTER_URL}{one['path']}" if settings.HUNTER_URL and one["path"] else "",
        )
        for one in notices
    ]  # fmt: skip
