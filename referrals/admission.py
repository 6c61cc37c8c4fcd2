"""Which referrals Hunter takes in (domain document e.1)."""

from __future__ import annotations

from dataclasses import dataclass

from referrals.contract import PartnerCenterReferral

INCOMING = "Incoming"


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a referral is stored, and if not, why not."""

    ingested: bool
    reason: str | None = None


def admission(referral: PartnerCenterReferral) -> Admission:
    """Only the direction filters: every status is stored. One without an id can't be stored and is an error."""
    if referral.direction != INCOMING:
        return Admission(ingested=False, reason="direction")
    if not referral.id:
        return Admission(ingested=False, reason="no id")
    return Admission(ingested=True)
