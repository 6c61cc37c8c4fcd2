"""Answers of DNS that many scans ask for, kept for as long as they hold: SPF records and mail hosts of big providers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from dns.rdatatype import RdataType

from leads.answers import Answer, NotKnown
from leads.scanning.resolver import Resolver

LONGEST_SECONDS = 300.0
JITTER = 1 / 6  # answers that came together are not asked for again together
STALE_SECONDS = 30.0
MOST_KEPT = 5000


Key = tuple[str, RdataType]


@dataclass(slots=True)
class Kept:
    """An answer, or the question that is under way; `ends` is None until it is answered."""

    asking: asyncio.Task[Answer]
    ends: float | None = None
    anew: Kept | None = None  # the same question, asked again


class KeptAnswers:
    """Asks a question once for all who want to know at a time, and again when its TTL has passed (R7.6).

    By chance up to a sixth sooner; while it is asked again, and for half a minute at most, the old answer is given. What
    nobody answered is not kept. Belongs to one event loop, as the resolver does.
    """

    def __init__(
        self, resolver: Resolver, *, clock: Callable[[], float] = time.monotonic, rng: Random | None = None
    ) -> None:
        self._resolver = resolver
        self._clock = clock
        self._rng = rng or Random()  # noqa: S311  spreads load, keeps no secret
        self._kept: dict[Key, Kept] = {}

    async def lookup(self, name: str, rdtype: RdataType) -> Answer:
        """The answer, or the one that still holds."""
        key = (name.lower(), rdtype)
        kept = self._kept.get(key)
        if kept is None or (kept.ends is not None and kept.ends + STALE_SECONDS <= self._clock()):
            kept = self._ask(key)
        elif kept.ends is not None and kept.ends <= self._clock() and kept.anew is None:
            kept.anew = self._begin(key)
        # Who gives up takes the answer away from nobody else.
        return await asyncio.shield(kept.asking)

    def _ask(self, key: Key) -> Kept:
        before = self._kept.pop(key, None)
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        kept = self._kept[key] = (before and before.anew) or self._begin(key)
        return kept

    def _begin(self, key: Key) -> Kept:
        kept = Kept(asyncio.ensure_future(self._resolver.lookup(*key)))
        kept.asking.add_done_callback(lambda task: self._answered(key, kept))
        return kept

    def _answered(self, key: Key, kept: Kept) -> None:
        failed = kept.asking.cancelled() or kept.asking.exception() is not None
        answer = None if failed else kept.asking.result()
        held = self._kept.get(key)
        if answer is None or isinstance(answer, NotKnown) or not answer.ttl:
            if held is kept:
                del self._kept[key]
            elif held is not None and held.anew is kept:
                held.anew = None
            return
        kept.ends = self._clock() + min(answer.ttl, LONGEST_SECONDS) * self._rng.uniform(1 - JITTER, 1)
        if held is not None and held.anew is kept:
            self._kept[key] = kept
