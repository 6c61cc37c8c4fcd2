"""When the sign-in to Partner Center ends, as far as anybody can know (contract 1.4).

Each use begins 90 days anew. A policy of the tenant, a new password or an administrator may end it sooner, unannounced.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings

from hunter.errors import HunterError
from hunter.remote.sign_ins import ends_unused


class SecretDayRefused(HunterError):
    """PARTNER_CENTER_CLIENT_SECRET_ENDS is no day."""


def secret_ends() -> date | None:
    """The day on which the client secret ends, where the settings tell it. Raises SecretDayRefused."""
    text = settings.PARTNER_CENTER_CLIENT_SECRET_ENDS
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise SecretDayRefused(
            f"PARTNER_CENTER_CLIENT_SECRET_ENDS is {text!r}; it takes a day like 2027-05-31.",
            field="PARTNER_CENTER_CLIENT_SECRET_ENDS",
        ) from error


def near_end(*, renewed_at: datetime | None, secret: date | None, now: datetime, warn: timedelta) -> str:
    """What ends within `warn`, the nearest of it; empty where nothing is known to."""
    ends: list[tuple[timedelta, str]] = []
    if renewed_at is not None:
        left = ends_unused(renewed_at) - now
        ends.append((left, f"{unused_words(renewed_at, left=left)} Let the lane go on, or sign in anew."))
    if secret is not None:
        left = timedelta(days=(secret - now.date()).days)
        ends.append((left, f"{secret_words(secret, left=left)} Make a new one and set PARTNER_CENTER_CLIENT_SECRET."))
    near = sorted(one for one in ends if one[0] <= warn)
    return near[0][1] if near else ""


def unused_words(renewed_at: datetime, *, left: timedelta) -> str:
    """How a sign-in that nothing renews comes to its end."""
    when = f"{ends_unused(renewed_at):%d %b %Y}"
    if left < timedelta(0):
        return f"The sign-in was not used for 90 days and has ended on {when}."
    return f"The sign-in ends on {when} if nothing uses it before; it was last renewed on {renewed_at:%d %b %Y}."


def secret_words(day: date, *, left: timedelta) -> str:
    """How the client secret comes to its end."""
    if left <= timedelta(0):
        return f"The app's client secret has ended on {day:%d %b %Y}."
    return f"The app's client secret ends on {day:%d %b %Y}, in {left.days} {'day' if left.days == 1 else 'days'}."
