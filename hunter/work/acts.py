"""Where acts run: threads for plain ones, one event loop for async ones; none of them sees the database."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any

from django.db import connection

from hunter.errors import HunterError
from hunter.remote.gate import Gates
from hunter.work.collecting import collect_rarely
from hunter.work.kinds import Claimed, Handler, Outcome
from hunter.work.verdicts import unforeseen

logger = logging.getLogger(__name__)


class DatabaseInAct(AssertionError):
    """An act asked the database; what it needs belongs into its brief."""


def keep_database_out() -> None:
    """Let this thread open no connection, so that its every query fails (R3.7: no database while a call is in the air)."""

    def refuse() -> None:
        raise DatabaseInAct("An act may not use the database: load what it needs in `brief`, write in `settle`.")

    connection.connect = refuse  # type: ignore[method-assign]  # as Django's own test cases keep databases out


@dataclass(frozen=True, slots=True)
class _Act:
    handler: Handler[Any, Any]
    brief: Any
    claimed: Claimed
    gates: Gates
    began: datetime


class Acts:
    """Runs acts and hands their outcomes to the drainer's main thread; what nobody foresaw is an error like the rest."""

    def __init__(self, *, threads: int, stir: Callable[[], None]) -> None:
        self._stir = stir
        self._outcomes: SimpleQueue[Outcome[Any]] = SimpleQueue()
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="act", initializer=keep_database_out)
        self._lock = threading.Lock()
        self._waiting: deque[_Act] = deque()
        self._at_work = 0
        self._one_is_coming = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, handler: Handler[Any, Any], briefs: Iterable[tuple[Claimed, Any]], gates: Gates) -> None:
        """Begin acts of one kind, all at once; the outcome of each comes by `ready` as soon as it has ended."""
        began = datetime.now(UTC)
        acts = [_Act(handler, brief, claimed, gates, began) for claimed, brief in briefs]
        if inspect.iscoroutinefunction(handler.act):
            loop = self._event_loop()
            loop.call_soon_threadsafe(self._begin, loop, acts)
        else:
            with self._lock:
                self._waiting.extend(acts)
                self._call_one()

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
        with self._lock:
            self._waiting.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)

    def _call_one(self) -> None:
        """Let one more thread come while acts wait; it calls the next, so acts that are over at once wake few of them."""
        if self._waiting and not self._one_is_coming and self._at_work < self._threads:
            self._one_is_coming = True
            self._at_work += 1
            self._pool.submit(self._work)

    def _work(self) -> None:
        with self._lock:
            self._one_is_coming = False
        while (act := self._next()) is not None:
            try:
                result = act.handler.act(act.brief, act.gates)
            except HunterError as error:
                self._ended(act, error=error)
            except BaseException as error:
                logger.exception("act.failed", extra=act.claimed.in_log())
                self._ended(act, error=unforeseen(error))
            else:
                self._ended(act, result)

    def _next(self) -> _Act | None:
        with self._lock:
            if not self._waiting:
                self._at_work -= 1
                return None
            act = self._waiting.popleft()
            self._call_one()
            return act

    def _begin(self, loop: asyncio.AbstractEventLoop, acts: Iterable[_Act]) -> None:
        for act in acts:
            task = loop.create_task(self._run(act))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, act: _Act) -> None:
        try:
            result = await act.handler.act(act.brief, act.gates)
        except HunterError as error:
            self._ended(act, error=error)
        except (Exception, asyncio.CancelledError) as error:
            logger.exception("act.failed", extra=act.claimed.in_log())
            self._ended(act, error=unforeseen(error))
        else:
            self._ended(act, result)

    def _ended(self, act: _Act, result: Any = None, error: HunterError | None = None) -> None:
        self._outcomes.put(Outcome(act.claimed, result, error, act.began, datetime.now(UTC)))
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
        if left := asyncio.all_tasks(loop):  # answers that were asked for again beside the acts
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()
