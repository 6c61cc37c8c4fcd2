"""How long to wait before the next try."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hunter.work.policies import RetryPolicy

MOST_DOUBLINGS = 16  # past every cap; 2**47 seconds is more than a timedelta holds
RETRY_AFTER_JITTER = 1 / 6


def next_wait(policy: RetryPolicy, *, attempt: int, rng: Random) -> timedelta:
    """The wait after `attempt` failed: exponential, capped, with jitter (R1.3, R1.4)."""
    doublings = min(max(attempt - 1, 0), MOST_DOUBLINGS)
    longest = min(policy.cap, policy.first_wait * 2**doublings)
    return longest * rng.uniform(1 - policy.jitter, 1)


def asked_wait(wait: timedelta, *, rng: Random) -> timedelta:
    """The wait that a `Retry-After` asked for, never shorter, with jitter on top so that not all come back at once (R1.4)."""
    return min(wait * rng.uniform(1, 1 + RETRY_AFTER_JITTER), timedelta(hours=1))
