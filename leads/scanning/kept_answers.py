"""Answers of DNS that many scans ask for, kept for as long as they hold: SPF records and mail hosts of big providers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from dns.rdatatype import RdataType

from leads.answers import Answer, NotKnown
from leads.scanning.resolver import Resolver

LONGEST_SECONDS = 300.0
MOST_KEPT = 5000


@dataclass(slots=True)
class Kept:
    """An answer, or the question that is under way; `ends` is None until it is answered."""

    asking: asyncio.Task[Answer]
    ends: float | None = None


class KeptAnswers:
    """Asks a question once for all who want to know at a time, and again when its TTL has passed (R7.6).

    What nobody answered is not kept. Belongs to one event loop, as the resolver does.
    """

    def __init__(self, resolver: Resolver, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolver = resolver
        self._clock = clock
        self._kept: dict[tuple[str, RdataType], Kept] = {}

    async def lookup(self, name: str, rdtype: RdataType) -> Answer:
        """The answer, or the one that still holds."""
        key = (name.lower(), rdtype)
        kept = self._kept.get(key)
        if kept is None or (kept.ends is not None and kept.ends <= self._clock()):
            kept = self._ask(key)
        # Who gives up takes the answer away from nobody else.
        return await asyncio.shield(kept.asking)

    def _ask(self, key: tuple[str, RdataType]) -> Kept:
        self._kept.pop(key, None)
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        kept = self._kept[key] = Kept(asyncio.ensure_future(self._resolver.lookup(*key)))
        kept.asking.add_done_callback(lambda task: self._answered(key, kept))
        return kept

    def _answered(self, key: tuple[str, RdataType], kept: Kept) -> None:
        failed = kept.asking.cancelled() or kept.asking.exception() is not None
        answer = None if failed else kept.asking.result()
        if answer is None or isinstance(answer, NotKnown):
            if self._kept.get(key) is kept:
                del self._kept[key]
        else:
            kept.ends = self._clock() + min(answer.ttl, LONGEST_SECONDS)
