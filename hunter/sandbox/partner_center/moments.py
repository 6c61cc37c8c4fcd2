"""Times as Partner Center writes them: 7, 6 or no digits of fraction, always UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,7}))?Z")


def comparable(text: object) -> str | None:
    """The same instant as text of one length, so that text order is time order; None where it is no such time."""
    found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    return f"{found[1]}.{(found[2] or '').ljust(7, '0')}Z" if found else None


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def later_than(previous: object, now: datetime) -> str:
    """The time of a change: now, or the smallest step after the row's last one (P27)."""
    last, candidate = comparable(previous), written(now)
    if last is None or candidate > last:
        return candidate
    ticks = int(last[20:27]) + 1
    if ticks < 10_000_000:
        return f"{last[:20]}{ticks:07d}Z"
    second = datetime.fromisoformat(last[:19]).replace(tzinfo=UTC).timestamp() + 1
    return written(datetime.fromtimestamp(second, UTC))
