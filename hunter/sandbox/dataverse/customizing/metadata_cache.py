"""The metadata as most callers see it: some seconds old, unless they ask with `Consistency: Strong` (D58)."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from hunter.sandbox.dataverse.metadata import MetadataCatalog
from hunter.sandbox.dataverse.schema import Schema


class CachedMetadata:
    """The catalog of now, and those of before for as long as the cache shows them."""

    def __init__(self, schema: Schema, *, api: str) -> None:
        self._api = api
        self._now = MetadataCatalog(schema, api=api)
        self._before: deque[tuple[datetime, MetadataCatalog]] = deque()

    def remember(self, schema: Schema, *, until: datetime) -> None:
        """Show this state to those who take what is cached, until then."""
        self._before.append((until, MetadataCatalog(schema, api=self._api)))

    def catalog(self, *, now: datetime, is_strong: bool) -> MetadataCatalog:
        """What a call sees."""
        while self._before and self._before[0][0] <= now:
            self._before.popleft()
        return self._now if is_strong or not self._before else self._before[0][1]
