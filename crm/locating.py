"""Looks for leads that several threads make at the same time, sent as one query.

While one query is out, others gather and go together with the next: no thread waits for company, and under load a
block of pushes costs a handful of calls instead of one for each company.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from crm.interface import CrmRow, Whereabouts

LookMany = Callable[[Sequence[Whereabouts]], Sequence[CrmRow]]
Waiting = tuple[Whereabouts, "Future[Sequence[CrmRow]]"]


class SharedLook:
    """One query at a time for all threads; each gets its own company's leads."""

    def __init__(self, look: LookMany, *, most_together: int) -> None:
        self._look = look
        self._most = most_together
        self._turn = threading.Lock()
        self._gathering = threading.Lock()
        self._waiting: list[Waiting] = []

    def ask(self, where: Whereabouts) -> Sequence[CrmRow]:
        """The leads at these whereabouts. Raises what the query raised."""
        future: Future[Sequence[CrmRow]] = Future()
        with self._gathering:
            self._waiting.append((where, future))
        with self._turn:
            if not future.done():
                self._answer(self._gathered(future))
        return future.result()

    def _gathered(self, own: Future[Sequence[CrmRow]]) -> list[Waiting]:
        """Those that wait, ours among them."""
        with self._gathering:
            mine = next(place for place, waiting in enumerate(self._waiting) if waiting[1] is own)
            start = max(0, mine - self._most + 1)
            block = self._waiting[start : start + self._most]
            del self._waiting[start : start + self._most]
        return block

    def _answer(self, block: list[Waiting]) -> None:
        try:
            rows = self._look([where for where, _ in block])
        except BaseException as error:  # noqa: BLE001  each thread must hear what happened to its look
            for _, future in block:
                future.set_exception(error)
            return
        for where, future in block:
            future.set_result([row for row in rows if belongs(row, where)])


def belongs(row: CrmRow, where: Whereabouts) -> bool:
    """Whether the row was asked for here: the CRM compares without regard to case, so it is compared again (trap 21)."""
    return where.names(row) or (where.look_alikes and where.resembles(row))
