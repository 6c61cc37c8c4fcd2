"""What becomes of an item whose act failed: the class of its error decides (R5.5)."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from hunter.errors import HunterError
from hunter.logs import masked
from hunter.remote.errors import Deferred, RemoteError, Strategy
from hunter.work import backoff
from hunter.work.kinds import Again, Dead, Done, Later, Outcome, Verdict

DEFERRED_WAIT = timedelta(seconds=1)


class InternalFailure(HunterError):
    """Our own code failed in a way that nobody foresaw; the text is the exception's."""


def unforeseen(error: BaseException) -> InternalFailure:
    """The failure to be kept: the first line of the text only, since a database goes on with the values of the row (R5.6)."""
    words = masked(next(iter(str(error).splitlines()), ""))
    return InternalFailure(f"Hunter failed in a way nobody foresaw ({type(error).__name__}: {words}).")


def verdict_for(outcome: Outcome[Any]) -> Verdict:
    """The verdict that an outcome's error asks for; Done when there is none."""
    error = outcome.error
    if error is None:
        return Done()
    if isinstance(error, Deferred):
        return Again(wait=DEFERRED_WAIT, error=error)
    if isinstance(error, InternalFailure):
        return Later(error)
    if not isinstance(error, RemoteError):
        return Dead(error)

    match error.strategy:
        case Strategy.RENEW_TOKEN | Strategy.PAUSE_LANE:  # the service's trouble: nobody's attempt (ledger: lanes)
            return Again(wait=error.retry_after or timedelta(0), error=error)
        case Strategy.BACK_OFF:
            if outcome.spared:
                return Again(wait=error.retry_after or timedelta(0), error=error)
            return Later(error, wait=error.retry_after)
        case Strategy.READ_AGAIN:
            return Later(error)
        case Strategy.ADOPT | Strategy.DEAD_LETTER:
            return Dead(error)


def wait_of(verdict: Later | Again, *, policy_wait: timedelta, rng: Random) -> timedelta:
    """A service's own wish goes before our back-off; both have jitter (R1.4)."""
    return backoff.asked_wait(verdict.wait, rng=rng) if verdict.wait else policy_wait
