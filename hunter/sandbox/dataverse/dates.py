"""Moments and days as Dataverse reads and writes them (contract 3.3): UTC, whole seconds, a Z at the end."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
FIRST_DAY = date(1753, 1, 1)  # SQL Server's datetime begins here
LAST_DAY = date(9999, 12, 30)


def moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def read_moment(text: str) -> datetime:
    """Raises ValueError where the text has another form, no offset, or names no real moment."""
    if not MOMENT.fullmatch(text):
        raise ValueError(text)
    whole, fraction, offset = re.fullmatch(r"([^.Z+]*?T[\d:]+)(\.\d+)?(Z|[+-].*)", text).groups()  # type: ignore[union-attr]  # MOMENT has matched
    return datetime.fromisoformat(f"{whole}{(fraction or '')[:7]}{offset}").astimezone(UTC)


def read_day(text: str) -> date:
    if not DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def is_storable(day: date) -> bool:
    return FIRST_DAY <= day <= LAST_DAY
