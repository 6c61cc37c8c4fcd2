"""Putting errors aside because a person says so: until the same failure comes back, or their whole cause gets worse (R5.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from hunter.work.asides import Until, keep_aside
from hunter.work.error_runs import AT_ONCE, RunBegun, dismiss_matching
from hunter.work.models import ErrorRecordQuerySet
from hunter.work.retrying import dismiss_errors, reason_given


@dataclass(frozen=True, slots=True)
class AsideCounts:
    """How many errors were put aside, and whether their causes stay so until they are worse."""

    dismissed: int
    until: Until | None = None

    @property
    def failed(self) -> bool:
        return not self.dismissed

    def sentence(self) -> str:
        if not self.dismissed:
            return "Nothing was put aside: what was chosen is settled already."
        those = "1 error was" if self.dismissed == 1 else f"{self.dismissed:,} errors were"
        back = (
            "The cause opens again when it is worse." if self.until else "It opens again when the failure comes back."
        )
        return f"{those} put aside. {back}"

    def as_dict(self) -> dict[str, Any]:
        return {"matched": self.dismissed, "dismissed": self.dismissed, "run": None}


def put_aside(
    errors: ErrorRecordQuerySet, *, reason: str, until: Until | None, by: AbstractBaseUser | None
) -> AsideCounts | RunBegun:
    """Put all of these aside: a thousand at once, more as a run of the ledger. `until` counts for their whole causes.

    Audited. Raises HunterError without a reason, or for more causes than a person can have looked at.
    """
    why = reason_given(reason)
    if until:
        keep_aside(errors, until=until, reason=why, by=by)
    if errors.unsettled().order_by()[: AT_ONCE + 1].count() > AT_ONCE:
        return dismiss_matching(errors, reason=why, by=by)
    return AsideCounts(dismiss_errors(errors, reason=why, by=by), until)
