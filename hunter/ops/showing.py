"""Pieces that every page of the admin is made of: states in words and colour, times, links (house style, admin)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = format_html('<span class="h-muted">{}</span>', "–")
UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


class Tone(enum.StrEnum):
    """The colour of a state; it always stands beside the words."""

    WAITING = "waiting"
    RUNNING = "running"
    GOOD = "good"
    NEEDS_YOU = "needs-you"
    FAILED = "failed"
    ASIDE = "aside"


def badge(text: object, tone: Tone = Tone.WAITING, *, why: str = "") -> SafeString:
    """A state in words, with its colour and, on hover, its reason."""
    return format_html('<span class="h-badge h-{}" title="{}">{}</span>', tone.value, why, text)


def link(text: object, url: str) -> SafeString:
    return format_html('<a class="h-link" href="{}">{}</a>', url, text)


def outside_link(text: object, url: str) -> SafeString:
    """A link that leaves Hunter, in a tab of its own."""
    return format_html('<a class="h-link" href="{}" target="_blank" rel="noopener noreferrer">{} ↗</a>', url, text)


def two_lines(first: object, second: object) -> SafeString:
    """What identifies a row, with what one wants to know beside it in small letters."""
    return format_html(
        '<span class="h-two"><span>{}</span><span class="h-muted h-small">{}</span></span>', first, second
    )


def muted(text: object) -> SafeString:
    return format_html('<span class="h-muted">{}</span>', text)


def span_in_words(span: timedelta) -> str:
    """Like 40 s, 3 min, 2 h, 5 d: one unit, rounded down."""
    seconds = max(0, int(span.total_seconds()))
    if timedelta(0) < span < timedelta(seconds=1):
        return "under 1 s"
    for unit, size in UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def ago(moment: datetime | None, *, now: datetime | None = None) -> SafeString:
    """How long ago, with the exact time on hover; in the future as "in 40 s"."""
    if moment is None:
        return NOTHING
    span = (now or timezone.now()) - moment
    words = f"in {span_in_words(-span)}" if span < timedelta(0) else f"{span_in_words(span)} ago"
    if timedelta(seconds=-1) < span < timedelta(seconds=5):
        words = "just now"
    return format_html(
        '<time datetime="{}" title="{}" class="h-time">{}</time>', moment.isoformat(), exact(moment), words
    )


def exact(moment: datetime) -> str:
    """A moment to the second, in the zone of the installation."""
    return timezone.localtime(moment).strftime("%d %b %Y %H:%M:%S %Z")


def day(value: date) -> str:
    """Like 4 Mar 2027."""
    return f"{value.day} {value:%b %Y}"


def number(value: float | None) -> str:
    """With a comma between thousands."""
    return "–" if value is None else f"{value:,}"


def list_url(model: str, **filters: object) -> str:
    """The address of a list, like `leads_company`, with its filters set."""
    address = reverse(f"admin:{model}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def page_url(model: str, pk: object) -> str:
    """The address of one row's page."""
    return reverse(f"admin:{model}_change", args=[pk])


def piece(template: str, context: Mapping[str, Any]) -> SafeString:
    """A part of a page from its template."""
    return render_to_string(template, dict(context))
