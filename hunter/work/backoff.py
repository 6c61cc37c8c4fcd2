"""How long to wait before the next try."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hunter.remote.retry_after import LONGEST
from hunter.work.policies import RetryPolicy

MOST_DOUBLINGS = 16  # past every cap; 2**47 seconds is more than a timedelta holds
JITTER = 1 / 6
LEAST_SPREAD = timedelta(minutes=1)


def next_wait(policy: RetryPolicy, *, attempt: int, rng: Random) -> timedelta:
    """The wait after `attempt` failed: exponential, capped, with jitter (R1.3, R1.4)."""
    doublings = min(max(attempt - 1, 0), MOST_DOUBLINGS)
    longest = min(policy.cap, policy.first_wait * (1 << doublings))
    return longest * rng.uniform(1 - policy.jitter, 1)


def asked_wait(wait: timedelta, *, rng: Random) -> timedelta:
    """The wait that a `Retry-After` asked for, with jitter on top so that not all come back at once (R1.4).

    Never shorter than asked, but for a wait of the full hour: there is no room above it (R2.5), so up to a minute less.
    """
    longest = min(wait * (1 + JITTER), LONGEST)
    shortest = min(wait, LONGEST - LEAST_SPREAD)
    return shortest + (longest - shortest) * rng.random()


def own_wait(wait: timedelta, *, rng: Random) -> timedelta:
    """A wait that Hunter chose by itself, with jitter: up to a sixth less (R1.4)."""
    return wait * rng.uniform(1 - JITTER, 1)
