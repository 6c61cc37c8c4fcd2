"""Whether silence about a domain is the domain's or our own resolver's: it is asked what it can answer if it works at all."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from dns.rdatatype import RdataType

from leads.answers import NotKnown
from leads.scanning.resolver import Resolver

HOLDS_SECONDS = 5.0


class OwnResolver:
    """Asks once for all scans that want to know at a time. Belongs to one event loop, as the resolver does."""

    def __init__(self, resolver: Resolver, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolver = resolver
        self._clock = clock
        self._asking: asyncio.Task[str] | None = None
        self._asked_at = 0.0

    async def trouble(self) -> str:
        """Why no nameserver answers anything; empty when one does, so that what failed is the domain's own."""
        if self._asking is None or self._asking.cancelled() or self._clock() - self._asked_at > HOLDS_SECONDS:
            self._asked_at = self._clock()
            self._asking = asyncio.ensure_future(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> str:
        """A name that nobody has registered: "no such domain" comes from the servers of .com, and from no cache."""
        answer = await self._resolver.lookup(f"hunter-{secrets.token_hex(8)}.com", RdataType.A)
        return answer.reason if isinstance(answer, NotKnown) else ""
