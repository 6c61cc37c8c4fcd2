"""Several threads at once, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

from tests.waiting import PATIENCE

T = TypeVar("T")


def at_once(*works: Callable[[], T]) -> list[T]:
    """Start all works at the same moment; their results in order. The first error is raised."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        try:
            ready.wait(timeout=PATIENCE)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
