"""Whose attempt a failure uses up, by the plain rule: told once more here, failure by failure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from crm.push.act import Unknown
from hunter.errors import HunterError
from hunter.remote.errors import AuthenticationFailed, Deferred, Misconfigured, RateLimited, TransientFailure
from hunter.remote.models import Lane
from hunter.work.policies import POLICIES
from tests.simulation.tables import ItemRow

NOBODYS_FAULT = (RateLimited, AuthenticationFailed, Misconfigured, Deferred)
POLICY = POLICIES["push_dynamics365"]


class Charges:
    """Hears all outcomes of a lane, in order: of failures of its service in a row the first alone may be charged."""

    def __init__(self) -> None:
        self._is_well = True

    def of(self, outcomes: Sequence[Any]) -> dict[int, bool]:
        """For each item that failed without being to blame for sure: whether it is charged. To be asked after the settle."""
        told, streak = {}, set[int]()
        for one in sorted(outcomes, key=lambda one: one.ended_at):
            error, item = trouble_of(one), one.claimed.item_id
            if isinstance(error, NOBODYS_FAULT):
                told[item] = False
            elif isinstance(error, TransientFailure):
                told[item], self._is_well = self._is_well, False
                streak.add(item)
            else:
                self._is_well = True
                streak.clear()
        if streak and Lane.objects.values_list("probation", flat=True).get():  # an outage by now
            told |= dict.fromkeys(streak, False)
        return told


def trouble_of(outcome: Any) -> HunterError | None:
    """How the act failed, also one that ended with the answer lost."""
    error: HunterError | None = outcome.result.error if isinstance(outcome.result, Unknown) else outcome.error
    return error


def wrongly_charged(outcome: Any, item: ItemRow, *, charged: bool) -> Iterator[str]:
    """The attempt is given back, or it counts, and the last one is the last."""
    attempt, error = outcome.claimed.attempt, type(trouble_of(outcome)).__name__
    given_up = item.dead_at is not None or item.attempts == 0
    if not charged and (item.dead_at is not None or item.attempts != attempt - 1):
        yield f"{item.key} paid for the service's own trouble: {error} at attempt {attempt}, {item.attempts} after it"
    elif charged and attempt >= POLICY.attempts and not given_up:
        yield f"{item.key} is tried once more after {attempt} attempts"
    elif charged and attempt < POLICY.attempts and (item.dead_at is not None or item.attempts != attempt):
        yield f"{item.key} did not pay for {error} at attempt {attempt}: {item.attempts} after it"
