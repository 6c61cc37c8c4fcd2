"""Answers that all processes share: a miss is computed by one of them, whatever their number (R7.6).

The claim to compute is a few seconds in the answer's row: whoever is killed over it holds nobody up for longer. What is
just past its time is still given to all but the one who computes it anew.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, connection

from hunter.remote.models import SharedAnswer

CLAIM = timedelta(seconds=10)
JITTER = 1 / 6  # answers that were computed together do not end together
STALE = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(days=1)
LOOK_AGAIN_SECONDS = 0.05

LOOK = """
select answer, fresh_until > clock_timestamp(), stale_until > clock_timestamp()
from remote_sharedanswer where name = %(name)s and fresh_until is not null
"""
CLAIMED = """
insert into remote_sharedanswer as a (name, claim, claimed_until)
values (%(name)s, %(claim)s, clock_timestamp() + %(hold)s)
on conflict (name) do update set claim = excluded.claim, claimed_until = excluded.claimed_until
where (a.fresh_until is null or a.fresh_until <= clock_timestamp())
    and (a.claimed_until is null or a.claimed_until <= clock_timestamp())
returning claim
"""
# Without its claim an answer is not kept: it was forgotten meanwhile, or somebody else computes a newer one.
KEEP = """
update remote_sharedanswer set answer = %(answer)s, fresh_until = clock_timestamp() + %(holds)s,
    stale_until = clock_timestamp() + %(holds)s + %(stale)s, claim = null, claimed_until = null
where name = %(name)s and claim = %(claim)s
"""
GIVE_UP = """
update remote_sharedanswer set claim = null, claimed_until = null where name = %(name)s and claim = %(claim)s
"""
CLEAR = "delete from remote_sharedanswer where stale_until < clock_timestamp() - %(after)s"

_chance = Random()  # noqa: S311  spreads load, keeps no secret


@dataclass(frozen=True, slots=True)
class _Seen:
    answer: str
    is_fresh: bool
    may_be_given: bool


def once(name: str, compute: Callable[[], str], *, holds: timedelta, rng: Random = _chance) -> str:
    """The answer of that name, computed where nobody has it: by one caller, for whom the others wait.

    It holds for `holds` at most, by chance up to a sixth less. Raises what `compute` raises, which is not kept.
    """
    deadline, pause = time.monotonic() + 2 * CLAIM.total_seconds(), threading.Event()
    while True:
        seen = _look(name)
        if seen and seen.is_fresh:
            return seen.answer
        if claim := _claimed(name):
            return _computed(name, compute, claim=claim, holds=holds * rng.uniform(1 - JITTER, 1))
        if seen and seen.may_be_given:
            return seen.answer
        if time.monotonic() > deadline:  # those who claimed it die or fail one after the other
            return compute()
        pause.wait(LOOK_AGAIN_SECONDS)


def forget(prefix: str) -> None:
    """Drop the answers whose names begin so, and what is being computed of them now; in the caller's transaction."""
    SharedAnswer.objects.filter(name__startswith=prefix).delete()


def _look(name: str) -> _Seen | None:
    with connection.cursor() as cursor:
        cursor.execute(LOOK, {"name": name})
        row = cursor.fetchone()
    return _Seen(*row) if row else None


def _claimed(name: str) -> UUID | None:
    claim = uuid4()
    values: dict[str, Any] = {"name": name, "claim": claim, "hold": CLAIM}
    with connection.cursor() as cursor:
        cursor.execute(CLAIMED, values)
        return claim if cursor.fetchone() else None


def _computed(name: str, compute: Callable[[], str], *, claim: UUID, holds: timedelta) -> str:
    try:
        answer = compute()
    except BaseException:
        with contextlib.suppress(DatabaseError), connection.cursor() as cursor:  # else it ends by itself
            cursor.execute(GIVE_UP, {"name": name, "claim": claim})
        raise
    kept: dict[str, Any] = {
        "name": name,
        "claim": claim,
        "answer": answer,
        "holds": holds,
        "stale": STALE,
        "after": FORGOTTEN_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP, kept)
        cursor.execute(CLEAR, kept)
    return answer
