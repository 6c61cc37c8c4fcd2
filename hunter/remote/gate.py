"""The gate before every request: the only way to send (R2.1, R2.2, ledger: lanes)."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future, InvalidStateError
from datetime import timedelta
from typing import Protocol
from uuid import UUID, uuid4

from django.conf import settings
from django.db import Error as DatabaseError

from hunter.remote import limits
from hunter.remote.errors import Deferred
from hunter.remote.lanes import LaneName, figures

LOOK_AGAIN_SECONDS = 0.05
UNCOUNTED = "The database that counts the calls can't be reached, so none is made."


class Gate(Protocol):
    """Passed once for each request, just before it goes out. Raises Deferred when none may go before the deadline."""

    def pass_(self, *, deadline: float) -> None:
        """Wait in this thread; `deadline` is in seconds of time.monotonic()."""

    async def pass_async(self, *, deadline: float) -> None:
        """Wait on this event loop."""


class LaneGate(Gate, Protocol):
    """A gate as a drainer gives it to acts."""

    def slot(self, *, deadline: float) -> contextlib.AbstractAsyncContextManager[None]:
        """Hold a slot of the lane for the block; in the drainer's own lane the item has one. Raises Deferred."""


Gates = Mapping[str, LaneGate]


class OpenGate:
    """Never waits: for benchmarks and for tests of a client alone."""

    def pass_(self, *, deadline: float) -> None:
        """Go."""

    async def pass_async(self, *, deadline: float) -> None:
        """Go."""

    @contextlib.asynccontextmanager
    async def slot(self, *, deadline: float) -> AsyncIterator[None]:
        yield


class PurseGate:
    """A drainer's gate: acts queue here, and the drainer's main thread buys as many grants as wait.

    No grant is kept in stock, so none can be spent later than it was bought for.
    """

    def __init__(self, lane: LaneName, *, stir: Callable[[], None]) -> None:
        self.lane = lane
        self._stir = stir
        self._lock = threading.Lock()
        self._waiting: deque[Future[None]] = deque()
        self._closed = ""

    def pass_(self, *, deadline: float) -> None:
        ticket = self.queue()
        try:
            ticket.result(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError as error:
            ticket.cancel()
            raise self._too_late() from error

    async def pass_async(self, *, deadline: float) -> None:
        await self.wait_for(self.queue(), deadline=deadline)

    async def wait_for(self, ticket: Future[None], *, deadline: float) -> None:
        """Wait on this event loop until the ticket's turn has come. Raises Deferred."""
        try:
            await asyncio.wait_for(asyncio.wrap_future(ticket), timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError as error:
            raise self._too_late() from error

    @contextlib.asynccontextmanager
    async def slot(self, *, deadline: float) -> AsyncIterator[None]:
        """The item has one already."""
        yield

    def waiting(self) -> int:
        """How many grants are wanted now."""
        with self._lock:
            while self._waiting and self._waiting[0].done():
                self._waiting.popleft()
            return len(self._waiting)

    def grant(self, count: int) -> int:
        """Let `count` of those that wait go, first come first served; how many went."""
        left = count
        while left > 0:
            with self._lock:
                if not self._waiting:
                    break
                ticket = self._waiting.popleft()
            with contextlib.suppress(InvalidStateError):  # it gave up waiting at this very moment
                if ticket.set_running_or_notify_cancel():
                    ticket.set_result(None)
                    left -= 1
        return count - left

    def close(self, reason: str) -> None:
        """Send everybody back who waits or comes, until `open` is called."""
        with self._lock:
            self._closed = reason
            sent_back, self._waiting = self._waiting, deque()
        for ticket in sent_back:
            with contextlib.suppress(InvalidStateError):
                if ticket.set_running_or_notify_cancel():
                    ticket.set_exception(Deferred(reason))

    def open(self) -> None:
        """Let calls queue again."""
        with self._lock:
            self._closed = ""

    def queue(self) -> Future[None]:
        """A ticket that is granted in its turn. Raises Deferred while the gate is closed."""
        ticket: Future[None] = Future()
        with self._lock:
            if self._closed:
                raise Deferred(self._closed)
            self._waiting.append(ticket)
        self._stir()
        return ticket

    def _too_late(self) -> Deferred:
        return Deferred(f"{figures(self.lane).title} gave no leave for a call in time; it is tried again by itself.")


class DirectGate:
    """A gate for a process that is no drainer (a page, a command, a token): buys each grant itself."""

    def __init__(self, lane: LaneName) -> None:
        self.lane = lane

    def pass_(self, *, deadline: float) -> None:
        pause = threading.Event()
        while not self._bought():
            if time.monotonic() >= deadline:
                raise Deferred(f"{figures(self.lane).title} is busy or paused; try again in a minute.")
            pause.wait(LOOK_AGAIN_SECONDS)

    async def pass_async(self, *, deadline: float) -> None:
        await asyncio.to_thread(self.pass_, deadline=deadline)

    def _bought(self) -> bool:
        try:
            return limits.buy(self.lane, count=1).granted > 0
        except DatabaseError as error:  # R2.2: no call goes out uncounted
            raise Deferred(UNCOUNTED) from error


@contextlib.contextmanager
def direct_gate(lane: LaneName, *, wait: timedelta) -> Iterator[DirectGate]:
    """A gate with one of the lane's slots, held for the block. Raises Deferred when none gets free within `wait`."""
    holder = uuid4()
    _take_a_slot(lane, holder=holder, wait=wait)
    try:
        yield DirectGate(lane)
    finally:
        with contextlib.suppress(DatabaseError):  # out of reach: the slot comes free by itself
            limits.give_back_slots(holder)


def _take_a_slot(lane: LaneName, *, holder: UUID, wait: timedelta) -> None:
    deadline, pause = time.monotonic() + wait.total_seconds(), threading.Event()
    hold = timedelta(seconds=settings.LEASE_SECONDS)
    try:
        limits.ensure_lane(lane)
        while not limits.take_slots(lane, holder=holder, count=1, hold=hold):
            if time.monotonic() >= deadline:
                raise Deferred(f"{figures(lane).title} is busy; try again in a minute.")
            pause.wait(LOOK_AGAIN_SECONDS)
    except DatabaseError as error:  # R2.2
        raise Deferred(UNCOUNTED) from error
