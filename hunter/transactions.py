"""Short transactions that are tried again when the database asks for it (R3.6)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

P = ParamSpec("P")
T = TypeVar("T")

TRY_AGAIN = frozenset({"40001", "40P01"})  # serialization failure, deadlock
TRIES = 5


def retried(work: Callable[P, T]) -> Callable[P, T]:
    """Run `work`, a whole transaction of its own, again after a deadlock or a serialization failure.

    Inside a caller's transaction it runs once: only the outermost one can be repeated.
    """

    @functools.wraps(work)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for left in range(TRIES - 1, -1, -1):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                code = getattr(error.__cause__, "pgcode", None)
                if code not in TRY_AGAIN or not left or connection.in_atomic_block:
                    raise
        raise AssertionError("unreachable")

    return tried
