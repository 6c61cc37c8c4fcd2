"""How much of what a score rests on is known (domain document, f.5)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum


class ConfidenceLevel(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def confidence(*, dns_in_full: bool, mailboxes_visible: bool, registered: bool, unchanged: bool) -> Decimal:
    """One point for each thing that is known, 0.00 to 4.00.

    `mailboxes_visible`: the provider is known and no gateway stands in front. `unchanged`: since the scan before.
    """
    return Decimal(dns_in_full + mailboxes_visible + registered + unchanged).quantize(Decimal("0.01"))


def confidence_level(value: Decimal) -> ConfidenceLevel:
    if value >= 3:
        return ConfidenceLevel.HIGH
    return ConfidenceLevel.MEDIUM if value >= 2 else ConfidenceLevel.LOW
