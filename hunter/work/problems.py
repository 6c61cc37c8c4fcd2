"""Error records: what went wrong is a row until it goes right (R5.7, R1.6)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from hunter.errors import HunterError
from hunter.logs import masked
from hunter.remote.errors import ErrorKind, RemoteError
from hunter.remote.wording import storable
from hunter.work.kinds import kind_named

LONGEST_TEXT = 10_000
EXCHANGE = "exchange"
LANE = "lane"  # the kind of a problem that is a whole service's

RECORD = """
insert into work_errorrecord as e (kind, key, operation, service, error_class, status, code, field, message, request_id,
    correlation, attempt, gave_up, times, context, state, state_reason)
values (%(kind)s, %(key)s, %(operation)s, %(service)s, %(error_class)s, %(status)s, %(code)s, %(field)s, %(message)s,
    %(request_id)s, %(correlation)s, %(attempt)s, %(gave_up)s, 1, %(context)s, 'open', '')
on conflict (kind, key, operation) where state in ('open', 'retrying') do update set
    service = excluded.service, error_class = excluded.error_class, status = excluded.status, code = excluded.code,
    field = excluded.field, message = excluded.message, request_id = excluded.request_id,
    correlation = excluded.correlation, attempt = excluded.attempt, gave_up = excluded.gave_up,
    context = excluded.context, times = e.times + 1, state = 'open', state_reason = '', last_seen = clock_timestamp()
"""
# Mostly there is nothing open of a kind, and one probe of an index tells it for a whole block.
IS_ANY_OPEN = "select exists (select from work_errorrecord where kind = %(kind)s and state in ('open', 'retrying'))"
RESOLVE = """
update work_errorrecord set state = 'resolved', settled_at = clock_timestamp(), state_reason = %(reason)s
where kind = %(kind)s and key = any(%(keys)s) and state in ('open', 'retrying')
  and (%(operation)s = '' or operation = %(operation)s)
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """One failure of one item or row, as it is to be kept."""

    kind: str
    key: str
    operation: str
    error: HunterError
    service: str = "hunter"
    attempt: int = 1
    gave_up: bool = False
    correlation: UUID | None = None
    context: Mapping[str, Any] | None = None


def record(problem: Problem) -> None:
    """Keep a failure: a new record, or the unsettled one of the same item and operation brought up to date."""
    error = problem.error
    remote = error if isinstance(error, RemoteError) else None
    values = {
        "kind": problem.kind,
        "key": storable(problem.key, longest=255),
        "operation": problem.operation,
        "service": remote.call.service if remote else problem.service,
        "error_class": error_class(error),
        "status": remote.call.status if remote else None,
        "code": storable(remote.code, longest=100) if remote else "",
        "field": storable(error.field, longest=100),
        "message": storable(masked(error.message), longest=2000),
        "request_id": storable(remote.call.request_id, longest=100) if remote else "",
        "correlation": problem.correlation,
        "attempt": problem.attempt,
        "gave_up": problem.gave_up,
        "context": json.dumps(_kept(problem.context or {}) | _exchange_of(problem)),
    }
    with connection.cursor() as cursor:
        cursor.execute(RECORD, values)


def _exchange_of(problem: Problem) -> dict[str, Any]:
    """What went over the wire, for a lane's trouble: an item has it with its attempts."""
    call = problem.error.call if isinstance(problem.error, RemoteError) else None
    return {EXCHANGE: call.exchange.told()} if problem.kind == LANE and call and call.exchange else {}


def record_problem(
    kind: str, key: str, error: HunterError, *, operation: str, service: str, context: Mapping[str, Any]
) -> None:
    """Keep the failure of a row that is no item of work: a bad referral on a page. It rests until it is retried."""
    record(Problem(kind, key, operation, error, service=service, gave_up=True, context=context))


def record_poison(*, kind: str, key: str, deaths: int) -> None:
    """Keep that an item is put aside because process after process died over it."""
    declared = kind_named(kind)
    error = HunterError(
        f"{deaths} processes died while they worked on {key}; it is not tried again by itself. "
        "Look for the cause in the log of the workers, then try it again."
    )
    record(Problem(kind, key, declared.operation, error, service=declared.service, attempt=deaths, gave_up=True))


def resolve_problems(kind: str, keys: Iterable[str], operation: str = "", *, reason: str = "It went right.") -> None:
    """Settle what is open about these items, because it went right; `operation` limits it to one of several."""
    values: dict[str, Any] = {"kind": kind, "keys": list(keys), "operation": operation, "reason": reason}
    if values["keys"]:
        with connection.cursor() as cursor:
            cursor.execute(IS_ANY_OPEN, values)
            if cursor.fetchone()[0]:
                cursor.execute(RESOLVE, values)


def _kept(value: Any) -> Any:
    """A value as jsonb takes it: no zero character, no NaN, anything unknown as its text."""
    if isinstance(value, Mapping):
        return {storable(str(key), longest=200): _kept(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_kept(one) for one in value]
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return storable(str(value), longest=LONGEST_TEXT)


def error_class(error: HunterError) -> str:
    """The word for an error's class; what is not a service's doing is a fault in the data or in Hunter."""
    if isinstance(error, RemoteError):
        return error.kind.value
    return ErrorKind.VALIDATION.value if error.field else ErrorKind.PERMANENT.value
