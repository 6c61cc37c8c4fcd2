"""Settling: results first, then the items, under the lease that must still be ours (ledger: settle)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection

from hunter.errors import HunterError
from hunter.logs import masked
from hunter.remote.errors import RemoteError
from hunter.remote.wording import storable
from hunter.work import backoff, problems
from hunter.work.kinds import Again, Claimed, Dead, Done, Kind, Later, Outcome, Progress, Verdict
from hunter.work.problems import Problem
from hunter.work.verdicts import wait_of

# In (kind, key) order, as requests lock them (R3.6); the lease is compared after that, because before it misleads the planner.
LOCK = """
with locked as materialized (
    select id, lease from work_item where id = any(%(ids)s) order by kind, key for no key update)
select id from locked join unnest(%(ids)s::bigint[], %(leases)s::uuid[]) held (id, lease) using (id, lease)
"""
DONE = """
update work_item set lease = null, served = taken, attempts = 0, died = 0, last_success_at = clock_timestamp(),
    due_at = case when requested > taken then clock_timestamp() end
where id = any(%(ids)s)
"""
COMES_BACK = """
update work_item i set lease = null, served = taken, attempts = 0, died = 0, last_success_at = clock_timestamp(),
    due_at = case when requested > taken then clock_timestamp() else clock_timestamp() + v.next_due end,
    priority = case when requested <= taken then 1 else priority end
from unnest(%(ids)s::bigint[], %(waits)s::interval[]) v (id, next_due) where i.id = v.id
"""
LATER = """
update work_item i set lease = null, due_at = least(v.place, clock_timestamp() + v.wait),
    attempts = case when v.fresh then 0 else greatest(0, i.attempts - v.given_back) end,
    died = case when v.fresh then 0 else i.died end
from unnest(%(ids)s::bigint[], %(waits)s::interval[], %(given_back)s::smallint[], %(fresh)s::boolean[],
    %(places)s::timestamptz[]) v (id, wait, given_back, fresh, place) where i.id = v.id
"""
DEAD = """
update work_item set lease = null,
    attempts = case when requested > taken then 0 else attempts end,
    due_at = case when requested > taken then clock_timestamp() end,
    dead_at = case when requested > taken then null else clock_timestamp() end
where id = any(%(ids)s)
"""
NOTE = """
insert into work_attempt (item_id, number, began_at, ended_at, outcome, error_class, status, code, message, request_id, seconds,
    exchange)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

_DUE_AGAIN = (Again, Later, Progress)
_WITH_ERROR = (Again, Later, Dead)
_FAILED = (Later, Dead)


@dataclass(frozen=True, slots=True)
class Settlement:
    """One outcome and what becomes of its item: Later has become a wait or a dead letter by the policy."""

    outcome: Outcome[Any]
    verdict: Verdict
    wait: timedelta = timedelta(0)


def decide(kind: Kind, outcome: Outcome[Any], verdict: Verdict, *, rng: Random) -> Settlement:
    """Hold a verdict against the kind's policy: how long to wait, or whether the attempts are used up.

    For the service's trouble the wait is the policy's too, and the attempt is given back.
    """
    if outcome.spared and isinstance(verdict, Later | Again) and verdict.error is not None:
        tries = max(outcome.claimed.attempt, outcome.spared.in_a_row)
        policy_wait = backoff.next_wait(kind.policy, attempt=tries, rng=rng)
        return Settlement(outcome, Again(error=verdict.error), wait=wait_of(verdict, policy_wait=policy_wait, rng=rng))
    if not isinstance(verdict, Later):
        asked = verdict.wait if isinstance(verdict, Again) else timedelta(0)
        return Settlement(outcome, verdict, wait=backoff.asked_wait(asked, rng=rng) if asked else asked)
    if outcome.claimed.attempt >= kind.policy.attempts:
        return Settlement(outcome, Dead(verdict.error))
    policy_wait = backoff.next_wait(kind.policy, attempt=outcome.claimed.attempt, rng=rng)
    return Settlement(outcome, verdict, wait=wait_of(verdict, policy_wait=policy_wait, rng=rng))


def still_ours(claimed: Sequence[Claimed]) -> set[int]:
    """Lock the items in key order and tell whose lease is still the one we hold."""
    values: dict[str, Any] = {"ids": [one.item_id for one in claimed], "leases": [str(one.lease) for one in claimed]}
    with connection.cursor() as cursor:
        cursor.execute(LOCK, values)
        return {row[0] for row in cursor.fetchall()}


def write(kind: Kind, settlements: Sequence[Settlement]) -> None:
    """Write items, attempts and error records of one kind; the items are locked and ours."""
    _write_done(settlements)
    _write_later([one for one in settlements if isinstance(one.verdict, _DUE_AGAIN)])
    _write_dead([one for one in settlements if isinstance(one.verdict, Dead)])
    _note_attempts(kind, settlements)
    _keep_problems(kind, settlements)


def _write_done(settlements: Sequence[Settlement]) -> None:
    served = [
        (one.outcome.claimed.item_id, one.verdict.next_due) for one in settlements if isinstance(one.verdict, Done)
    ]
    rest = [item_id for item_id, wait in served if wait is None]
    come_back = {item_id: wait for item_id, wait in served if wait is not None}
    with connection.cursor() as cursor:
        if rest:
            cursor.execute(DONE, {"ids": rest})
        if come_back:
            cursor.execute(COMES_BACK, {"ids": list(come_back), "waits": list(come_back.values())})


def _write_later(settlements: Sequence[Settlement]) -> None:
    if not settlements:
        return
    values: Mapping[str, list[Any]] = {
        "ids": _ids(settlements),
        "waits": [one.wait for one in settlements],
        "given_back": [_given_back(one) for one in settlements],
        "fresh": [isinstance(one.verdict, Progress) for one in settlements],
        "places": [_place_of(one) for one in settlements],
    }
    with connection.cursor() as cursor:
        cursor.execute(LATER, values)


def _given_back(settlement: Settlement) -> int:
    return 1 if isinstance(settlement.verdict, Again) else 0


def _place_of(settlement: Settlement) -> datetime | None:
    keeps = isinstance(settlement.verdict, Again) and settlement.verdict.keeps_place
    return settlement.outcome.claimed.due_at if keeps else None


def _write_dead(settlements: Sequence[Settlement]) -> None:
    if settlements:
        with connection.cursor() as cursor:
            cursor.execute(DEAD, {"ids": _ids(settlements)})


def _ids(settlements: Sequence[Settlement]) -> list[int]:
    return [one.outcome.claimed.item_id for one in settlements]


def _note_attempts(kind: Kind, settlements: Sequence[Settlement]) -> None:
    kept = [one for one in settlements if kind.keeps_successes or _error_of(one) is not None]
    if kept:
        with connection.cursor() as cursor:
            cursor.executemany(NOTE, [_attempt_row(one) for one in kept])


def _attempt_row(settlement: Settlement) -> tuple[Any, ...]:
    outcome, error = settlement.outcome, _error_of(settlement)
    words = {Done: "done", Progress: "done", Again: "deferred", Later: "later", Dead: "dead"}
    call = error.call if isinstance(error, RemoteError) else None
    return (
        outcome.claimed.item_id,
        outcome.claimed.attempt,
        outcome.began_at,
        outcome.ended_at,
        words[type(settlement.verdict)],
        problems.error_class(error) if error else "",
        call.status if call else None,
        storable(error.code, longest=100) if isinstance(error, RemoteError) else "",
        storable(masked(error.message), longest=500) if error else "",
        storable(call.request_id, longest=100) if call else "",
        (outcome.ended_at - outcome.began_at).total_seconds(),
        json.dumps(call.exchange.told()) if call and call.exchange else None,
    )


def _error_of(settlement: Settlement) -> HunterError | None:
    if isinstance(settlement.verdict, _WITH_ERROR):
        return settlement.verdict.error
    return None


def _keep_problems(kind: Kind, settlements: Sequence[Settlement]) -> None:
    ordered = sorted(settlements, key=lambda one: one.outcome.claimed.key)
    problems.resolve_problems(
        kind.name, [one.outcome.claimed.key for one in ordered if isinstance(one.verdict, Done)], kind.operation
    )
    for one in ordered:
        error, claimed = _problem_of(one), one.outcome.claimed
        if error is not None:
            problems.record(
                Problem(
                    kind=kind.name,
                    key=claimed.key,
                    operation=kind.operation,
                    error=error,
                    service=kind.service,
                    attempt=claimed.attempt - _given_back(one),
                    gave_up=isinstance(one.verdict, Dead),
                    correlation=claimed.correlation,
                )
            )


def _problem_of(settlement: Settlement) -> HunterError | None:
    """What is an error of the item. Of what was only put off it is one where the service fails and no error of its lane tells."""
    spared = settlement.outcome.spared
    if isinstance(settlement.verdict, _FAILED) or (spared is not None and not spared.told):
        return _error_of(settlement)
    return None
