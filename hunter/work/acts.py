"""Where acts run: threads for plain ones, one event loop for async ones; none of them sees the database."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any

from django.db import connection

from hunter.errors import HunterError
from hunter.remote.gate import Gates
from hunter.work.collecting import collect_rarely
from hunter.work.kinds import Claimed, Handler, Outcome
from hunter.work.verdicts import InternalFailure, unforeseen

logger = logging.getLogger(__name__)


class DatabaseInAct(AssertionError):
    """An act asked the database; what it needs belongs into its brief."""


def keep_database_out() -> None:
    """Make every query of this thread fail (R3.7: no database while a call is in the air)."""

    def refuse(*args: Any) -> Any:
        raise DatabaseInAct("An act may not use the database: load what it needs in `brief`, write in `settle`.")

    connection.execute_wrappers.append(refuse)


class Acts:
    """Runs acts and hands their outcomes to the drainer's main thread."""

    def __init__(self, *, threads: int, stir: Callable[[], None]) -> None:
        self._stir = stir
        self._outcomes: SimpleQueue[Outcome[Any]] = SimpleQueue()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="act", initializer=keep_database_out)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: set[Future[Any]] = set()

    def start(self, handler: Handler[Any, Any], brief: Any, claimed: Claimed, gates: Gates) -> None:
        """Begin one act; its outcome comes by `ready`."""
        began = datetime.now(UTC)
        if inspect.iscoroutinefunction(handler.act):
            future = asyncio.run_coroutine_threadsafe(handler.act(brief, gates), self._event_loop())
        else:
            future = self._pool.submit(handler.act, brief, gates)
        self._running.add(future)
        future.add_done_callback(lambda done: self._ended(done, claimed=claimed, began=began))

    def ready(self) -> list[Outcome[Any]]:
        """The outcomes that have come in since the last look."""
        outcomes: list[Outcome[Any]] = []
        try:
            while True:
                outcomes.append(self._outcomes.get_nowait())
        except Empty:
            return outcomes

    def close(self) -> None:
        """Let go of threads and loop; what still hangs ends by its own time limits."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)

    def _ended(self, done: Future[Any], *, claimed: Claimed, began: datetime) -> None:
        self._running.discard(done)
        self._outcomes.put(outcome_of(done, claimed=claimed, began=began))
        self._stir()

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            collect_rarely()
            self._loop = asyncio.new_event_loop()
            self._loop.set_default_executor(self._pool)
            threading.Thread(target=self._run_loop, args=[self._loop], name="acts", daemon=True).start()
        return self._loop

    @staticmethod
    def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
        keep_database_out()
        loop.run_forever()
        loop.close()


def outcome_of(done: Future[Any], *, claimed: Claimed, began: datetime) -> Outcome[Any]:
    """A finished act as data; what nobody foresaw becomes an error record like the rest."""
    ended = datetime.now(UTC)
    if done.cancelled():
        error: BaseException | None = InternalFailure("The act was cancelled before it began.")
    else:
        error = done.exception()
    if error is None:
        return Outcome(claimed, done.result(), None, began, ended)
    if isinstance(error, HunterError):
        return Outcome(claimed, None, error, began, ended)
    logger.error("act.failed", exc_info=error, extra={"kind": claimed.kind, "key": claimed.key})
    return Outcome(claimed, None, unforeseen(error), began, ended)
