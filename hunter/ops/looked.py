"""Figures that many people look at are worked out once, and a little old meanwhile (R7.6)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from django.core.cache import cache
from django.utils import timezone

T = TypeVar("T")
STALE_IS_SERVED = timedelta(minutes=10)
LONGEST_WORK = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Looked(Generic[T]):
    """What was seen, when, and until when that is good enough."""

    value: T
    at: datetime
    good_until: datetime


def looked(key: str, *, every: timedelta, look: Callable[[], T]) -> Looked[T]:
    """What `look` gave, at most `every` ago; while one process looks again, the others take what it saw before."""
    now = timezone.now()
    name = f"looked:{key}"
    last = cast("Looked[T] | None", cache.get(name))
    if last is not None and (now < last.good_until or not cache.add(f"{name}:looking", 1, _seconds(LONGEST_WORK))):
        return last

    jitter = random.uniform(0.8, 1.0)  # noqa: S311  so that not all figures grow old at once
    fresh = Looked(look(), at=now, good_until=now + every * jitter)
    cache.set(name, fresh, _seconds(STALE_IS_SERVED))
    cache.delete(f"{name}:looking")
    return fresh


def look_again(*keys: str) -> None:
    """Forget what was seen: somebody has just changed it."""
    names: list[Any] = [f"looked:{key}" for key in keys]
    cache.delete_many(names)


def _seconds(span: timedelta) -> float:
    return span.total_seconds()
