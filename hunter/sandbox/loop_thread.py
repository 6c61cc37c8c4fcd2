"""An event loop in a thread of its own: how a simulated server that isn't HTTP runs beside the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from threading import Thread
from typing import Any

Close = Callable[[], None]


class LoopThread:
    """Runs what `serve` opens until it is stopped; `serve` gives back what closes it, on the same loop."""

    def __init__(self, serve: Callable[[], Coroutine[Any, Any, Close]], *, name: str) -> None:
        self._serve = serve
        self.loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name=name)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Cancel what is in hand, and wait for its end."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()

    def discard(self) -> None:
        """Give the loop back without having started."""
        self.loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        close = self.loop.run_until_complete(self._serve())
        try:
            self.loop.run_forever()
        finally:
            close()
            tasks = asyncio.all_tasks(self.loop)
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.loop.run_until_complete(asyncio.sleep(0))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
