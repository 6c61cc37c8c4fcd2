"""How many may do a thing at once, the others in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """So many turns on one event loop. Who gives one back hands it to the first who waits.

    asyncio's own semaphore looks through all who wait at each step, which thousands of questions make the larger part
    of the work.
    """

    def __init__(self, count: int) -> None:
        self._count = self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def nobody_has_one(self) -> bool:
        return self._free == self._count

    async def take(self) -> None:
        """Wait for a turn; whoever has it gives it back."""
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was handed over at this very moment
                self.give_back()
            raise

    def give_back(self) -> None:
        """Let the next one have it."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
