"""Which differences between two scans somebody is told of, and in which words (domain document, g.4). Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

ENDS_SOON_DAYS = range(1, 30)
FAR_DAYS = 30
WEAK_POLICIES = frozenset({"", "none"})
STRONG_POLICIES = frozenset({"quarantine", "reject"})


class AlertType(enum.StrEnum):
    """What somebody can be told of."""

    MX_CHANGED = "mx_changed"
    DMARC_ADDED = "dmarc_added"
    EXPIRE_SOON = "expire_soon"
    SCORE_CHANGED = "score_changed"


OPERATIONS = "operations"  # what channels may want beside alerts: news of Hunter itself


class AlertState(enum.StrEnum):
    """Whether anybody was told yet."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class DeliveryState(enum.StrEnum):
    """How one message stands; `skipped`: its channel was switched off before it went out."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Watched:
    """What alerts look at, as a scan left it. `priority` is None without a score; `scan` counts answered scans."""

    scan: int
    seen_on: date
    mx_root: str = ""
    dmarc_policy: str = ""
    expires_on: date | None = None
    priority: int | None = None
    segment: str = ""
    rules_version: str = ""


@dataclass(frozen=True, slots=True)
class NewAlert:
    """One alert. `occasion` names the change: no company has two alerts of a type for one occasion."""

    type: AlertType
    occasion: str
    previous: Any
    current: Any
    text: str


def alerts_between(before: Watched | None, after: Watched) -> tuple[NewAlert, ...]:
    """The alerts of a scan, given what the one before had left; the first scan has none."""
    if before is None:
        return ()
    return tuple(_alerts_between(before, after))


def _alerts_between(before: Watched, after: Watched) -> Iterator[NewAlert]:
    occasion = f"scan {after.scan}"
    if before.mx_root != after.mx_root:
        was, now = before.mx_root or "none", after.mx_root or "none"
        yield NewAlert(
            AlertType.MX_CHANGED, occasion, before.mx_root or None, after.mx_root or None,
            f"The mail host changed from {was} to {now}.",
        )  # fmt: skip
    if before.dmarc_policy in WEAK_POLICIES and after.dmarc_policy in STRONG_POLICIES:
        yield NewAlert(
            AlertType.DMARC_ADDED, occasion, before.dmarc_policy or None, after.dmarc_policy,
            f"DMARC was added with the policy {after.dmarc_policy}.",
        )  # fmt: skip
    if after.expires_on is not None and comes_near(before, after):
        days = (after.expires_on - after.seen_on).days
        yield NewAlert(
            AlertType.EXPIRE_SOON, after.expires_on.isoformat(),
            before.expires_on.isoformat() if before.expires_on else None, after.expires_on.isoformat(),
            f"The domain ends in {days} {'day' if days == 1 else 'days'}, on {after.expires_on.isoformat()}.",
        )  # fmt: skip
    yield from _score_alerts(before, after, occasion=occasion)


def comes_near(before: Watched, after: Watched) -> bool:
    """The domain ends in 1 to 29 days, and at the scan before its end was 30 or more days away, or not known.

    Each date is measured from the day of its own scan: so an end that only time brought near is seen too, once.
    """
    if after.expires_on is None or (after.expires_on - after.seen_on).days not in ENDS_SOON_DAYS:
        return False
    return before.expires_on is None or (before.expires_on - before.seen_on).days >= FAR_DAYS


def end_in_words(seen: Watched) -> str | None:
    """The end of the domain as the history keeps it, with how far it was on the day of the scan."""
    if seen.expires_on is None:
        return None
    return f"{seen.expires_on.isoformat()} ({(seen.expires_on - seen.seen_on).days} days away)"


def _score_alerts(before: Watched, after: Watched, *, occasion: str) -> Iterator[NewAlert]:
    """By the evidence alone: scores that other rules made can't be compared, and new rules change thousands at once."""
    if before.priority is None or after.priority is None or before.rules_version != after.rules_version:
        return
    was = {"priority": before.priority, "segment": before.segment}
    now = {"priority": after.priority, "segment": after.segment}
    if before.priority != after.priority:
        text = f"The priority changed from {before.priority} to {after.priority}."
    elif before.segment != after.segment:
        text = f"The segment changed from {before.segment} to {after.segment}."
    else:
        return
    yield NewAlert(AlertType.SCORE_CHANGED, occasion, was, now, text)


def alert_state(deliveries: Collection[str]) -> AlertState:
    """How an alert stands, given its messages: told as soon as one arrived, failed when none can arrive any more.

    An alert that no channel takes counts as sent, without sending (g.4).
    """
    if DeliveryState.SENT in deliveries:
        return AlertState.SENT
    if DeliveryState.WAITING in deliveries:
        return AlertState.PENDING
    return AlertState.FAILED if DeliveryState.FAILED in deliveries else AlertState.SENT
