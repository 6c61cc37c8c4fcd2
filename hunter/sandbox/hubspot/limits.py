"""How often an app may call: so many times in ten seconds, and searches in one second besides."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from hunter.sandbox.hubspot.refusals import HubSpotError


class Limits(BaseModel):
    """The numbers of a private app of the smallest accounts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests: int = Field(default=100, ge=1)
    window_seconds: float = Field(default=10, gt=0)
    searches: int = Field(default=5, ge=1)
    search_window_seconds: float = Field(default=1, gt=0)


class Usage:
    """Counts in sliding windows and refuses what is too much. The service's lock is held."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._requests: deque[datetime] = deque()
        self._searches: deque[datetime] = deque()

    def admit(self, *, is_search: bool, now: datetime) -> None:
        """Raises HubSpotError with the policy that is broken."""
        limits = self.limits
        if not _fits(self._requests, limits.requests, limits.window_seconds, now=now):
            raise HubSpotError(429, "", category="TEN_SECONDLY_ROLLING")
        if is_search and not _fits(self._searches, limits.searches, limits.search_window_seconds, now=now):
            raise HubSpotError(429, "", category="SECONDLY")
        self._requests.append(now)
        if is_search:
            self._searches.append(now)


def _fits(calls: deque[datetime], most: int, seconds: float, *, now: datetime) -> bool:
    while calls and calls[0] <= now - timedelta(seconds=seconds):
        calls.popleft()
    return len(calls) < most
