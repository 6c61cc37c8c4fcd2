"""How long a server asked us to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(hours=1)  # R2.5: a server may ask for ten days; we look again


def read_retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """The wait that a `Retry-After` asks for, in seconds or as an HTTP date, held within 1 s and 1 h.

    None for nonsense or nothing: then the back-off decides (R2.5).
    """
    text = (value or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        seconds = int(text.lstrip("0")[:9] or 0)  # nine digits are years; more are too many for a timedelta
        return max(SHORTEST, min(timedelta(seconds=seconds), LONGEST))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(SHORTEST, min(moment - now, LONGEST))
