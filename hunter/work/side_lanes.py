"""Lanes that a drainer calls beside its own: a slot is held there for each conversation, and only while it goes on (R2.1)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from datetime import timedelta
from uuid import UUID

from hunter.remote import limits
from hunter.remote.errors import Deferred
from hunter.remote.gate import PurseGate
from hunter.remote.lanes import LaneName


class SideGate(PurseGate):
    """The gate of a side lane. The slots of all drainers together are those of the lane, whoever has them now."""

    def __init__(self, lane: LaneName, *, holder: UUID, hold: timedelta, stir: Callable[[], None]) -> None:
        super().__init__(lane, stir=stir)
        self._holder, self._hold = holder, hold
        self._turns = PurseGate(lane, stir=stir)
        self._counting = threading.Lock()
        self._ended = 0

    @contextlib.asynccontextmanager
    async def slot(self, *, deadline: float) -> AsyncIterator[None]:
        ticket = self._turns.queue()
        try:
            await self._turns.wait_for(ticket, deadline=deadline)
            yield
        finally:
            self._end(ticket)

    def _end(self, ticket: Future[None]) -> None:
        if ticket.cancel():
            return  # its turn never came
        with contextlib.suppress(Deferred):  # nor did it when the gate was closed
            ticket.result()
            with self._counting:
                self._ended += 1
            self._stir()

    def fill_slots(self) -> None:
        """Take slots for who waits, and give back those of who has ended: they are free until the next beat, so that
        each drainer gets some."""
        with self._counting:
            ended, self._ended = self._ended, 0
        wanted = self._turns.waiting()
        if wanted:
            wanted = min(wanted, limits.current(self.lane).slots_per_drainer)
        taken = limits.take_slots(self.lane, holder=self._holder, count=wanted, hold=self._hold) if wanted else 0
        idle = taken - self._turns.grant(taken) + ended
        if idle:
            limits.give_back_some(self.lane, holder=self._holder, count=idle)

    def renew_slots(self) -> None:
        """Keep what it has."""
        limits.renew_slots(self.lane, holder=self._holder, hold=self._hold)

    def close(self, reason: str) -> None:
        self._turns.close(reason)
        super().close(reason)

    def open(self) -> None:
        self._turns.open()
        super().open()
