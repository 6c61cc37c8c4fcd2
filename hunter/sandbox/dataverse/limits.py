"""Service protection limits: requests, execution time and calls at once, for each user (contract 7.1)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from pydantic import BaseModel, ConfigDict, Field

from hunter.sandbox.dataverse.errors import DataverseError, Refusal


class Limits(BaseModel):
    """The numbers. `retry_after_seconds` fixes what a 429 says; unset, it is what the window needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests: int = Field(default=6000, ge=1)
    window_seconds: int = Field(default=300, ge=1)
    at_once: int = Field(default=52, ge=1)
    execution_seconds: float = Field(default=1200, gt=0)
    retry_after_seconds: int | None = Field(default=None, ge=1)
    prolonged_by_seconds: int = Field(default=1, ge=0)
    parallelism_hint: int = Field(default=52, ge=1)


@dataclass(slots=True)
class _Usage:
    """What one user has done in the window: when each request came and how long it took."""

    requests: deque[tuple[datetime, float]] = field(default_factory=deque)
    seconds: float = 0.0
    open: int = 0
    blocked_until: datetime | None = None
    block: Refusal = Refusal.TOO_MANY_REQUESTS


class ServiceProtection:
    """Counts what each user asks for in a sliding window and refuses what is too much, unexecuted."""

    def __init__(self, *, now: Callable[[], datetime], limits: Limits) -> None:
        self._now = now
        self._lock = Lock()
        self._users: dict[str, _Usage] = {}
        self.limits = limits

    @contextmanager
    def admitted(self, user: str) -> Iterator[None]:
        """Hold a place for one request. Raises DataverseError with Retry-After when there is none."""
        began = self._now()
        with self._lock:
            usage = self._users.setdefault(user, _Usage())
            self._forget(usage, began)
            self._refuse_excess(usage, began)
            usage.open += 1
        try:
            yield
        finally:
            with self._lock:
                took = max((self._now() - began).total_seconds(), 0.0)
                usage.open -= 1
                usage.seconds += took
                usage.requests.append((began, took))

    def headers(self, user: str) -> dict[str, str]:
        with self._lock:
            usage = self._users.get(user, _Usage())
            left = max(self.limits.requests - len(usage.requests) - usage.open, 0)
            seconds_left = max(self.limits.execution_seconds - usage.seconds, 0.0)
        return {
            "x-ms-ratelimit-burst-remaining-xrm-requests": str(left),
            "x-ms-ratelimit-time-remaining-xrm-requests": f"{seconds_left:,.2f}",
            "x-ms-dop-hint": str(self.limits.parallelism_hint),
        }

    def clear(self) -> None:
        """Forget what was counted; requests that are open stay counted as open."""
        with self._lock:
            for usage in self._users.values():
                usage.requests.clear()
                usage.seconds, usage.blocked_until = 0.0, None

    def _forget(self, usage: _Usage, now: datetime) -> None:
        start = now - timedelta(seconds=self.limits.window_seconds)
        while usage.requests and usage.requests[0][0] <= start:
            usage.seconds -= usage.requests.popleft()[1]
        if usage.blocked_until is not None and usage.blocked_until <= now:
            usage.blocked_until = None

    def _refuse_excess(self, usage: _Usage, now: datetime) -> None:
        if usage.blocked_until is not None:
            longest = now + timedelta(seconds=self.limits.window_seconds)
            later = usage.blocked_until + timedelta(seconds=self.limits.prolonged_by_seconds)
            usage.blocked_until = min(later, longest)
            raise self._too_much(usage.block, until=usage.blocked_until, now=now)
        if usage.open >= self.limits.at_once:
            raise self._too_much(Refusal.TOO_MANY_AT_ONCE, until=now + timedelta(seconds=1), now=now)
        if len(usage.requests) + usage.open >= self.limits.requests:
            self._block(usage, now, Refusal.TOO_MANY_REQUESTS)
        if usage.seconds >= self.limits.execution_seconds:
            self._block(usage, now, Refusal.TOO_MUCH_TIME)

    def _block(self, usage: _Usage, now: datetime, refusal: Refusal) -> None:
        wait = timedelta(seconds=self.limits.retry_after_seconds or 1)
        if self.limits.retry_after_seconds is None and usage.requests:
            oldest = usage.requests[0][0]
            wait = max(oldest + timedelta(seconds=self.limits.window_seconds) - now, wait)
        usage.blocked_until, usage.block = now + wait, refusal
        raise self._too_much(refusal, until=usage.blocked_until, now=now)

    def _too_much(self, refusal: Refusal, *, until: datetime, now: datetime) -> DataverseError:
        seconds = max(math.ceil((until - now).total_seconds()), 1)
        return DataverseError(refusal, self._text(refusal), retry_after=seconds)

    def _text(self, refusal: Refusal) -> str:
        window = f"over time window of {self.limits.window_seconds} seconds."
        if refusal is Refusal.TOO_MANY_AT_ONCE:
            return f"Number of concurrent requests exceeded the limit of {self.limits.at_once}."
        if refusal is Refusal.TOO_MUCH_TIME:
            return (
                "Combined execution time of incoming requests exceeded limit of "
                f"{round(self.limits.execution_seconds * 1000):,} milliseconds {window} Decrease number of concurrent "
                "requests or reduce the duration of requests and try again later."
            )
        return f"Number of requests exceeded the limit of {self.limits.requests} {window}"
