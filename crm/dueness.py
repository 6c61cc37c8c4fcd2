"""Whether a company is to be pushed (f.6, e.7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SKIP = "Skip"
FROM_REFERRALS = frozenset({"partnercenter", "partner_center_referral"})


class Dueness(StrEnum):
    """Due, or the reason why not, in the words that people read."""

    DUE = "due"
    NOT_SCORED = "not scored yet"
    SKIP = "segment Skip: pushed only when a person asks"
    SCAN_RUNS = "a scan runs; its result is waited for"
    ONLY_LOST_REFERRALS = "all its referrals ended without a deal"


@dataclass(frozen=True, slots=True)
class PushCase:
    """What the decision rests on."""

    is_scored: bool
    segment: str
    scan_runs: bool = False
    asked_by_person: bool = False
    ever_confirmed: bool = False
    referral_count: int = 0
    referrals_call_for_push: bool = False
    sources: tuple[str, ...] = ()


def dueness(case: PushCase) -> Dueness:
    """Whether a push is due, as far as the payload doesn't decide. Pure."""
    if case.scan_runs:
        return Dueness.SCAN_RUNS
    if not case.is_scored:
        return Dueness.NOT_SCORED
    if case.asked_by_person:
        return Dueness.DUE
    if case.segment == SKIP:
        return Dueness.SKIP
    only_referrals = bool(case.referral_count) and set(case.sources) <= FROM_REFERRALS
    if not case.ever_confirmed and only_referrals and not case.referrals_call_for_push:
        return Dueness.ONLY_LOST_REFERRALS
    return Dueness.DUE
