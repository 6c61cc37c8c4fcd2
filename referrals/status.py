"""What a referral's status means for its company (domain document e.7)."""

from __future__ import annotations

OPEN_STATUSES = frozenset({"New", "Active"})
ENDED_IN_VAIN = frozenset({"Declined", "Lost", "Expired", "Error"})


def is_open(status: str) -> bool:
    """Whether the deal is still going on; the newest open referral is the company's primary one (e.6)."""
    return status in OPEN_STATUSES


def calls_for_push(status: str, *, substatus: str) -> bool:
    """Whether it is a reason to push a company that was never pushed; what ended in vain is none."""
    return is_open(status) or substatus not in ENDED_IN_VAIN
