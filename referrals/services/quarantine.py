"""Rows that could not be stored: kept whole and encrypted, and tried again when the code or the data changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from hunter.audit.recording import record
from hunter.remote.sealing import InvalidToken, opened, sealed
from hunter.remote.wording import storable
from hunter.work.asking import ask
from hunter.work.models import ErrorRecord, Priority
from hunter.work.problems import resolve_problems
from hunter.work.retrying import RetryCounts, retry_errors
from referrals import admission, classification, contract, customer_size, extraction, reading
from referrals.models import RefusedReferral
from referrals.services import planning, storing

KIND, OPERATION = "referral", "take in a referral"
MOST_AT_ONCE = 500
READERS = (contract, reading, extraction, classification, admission, customer_size, planning, storing)

KEEP = """
insert into referrals_refusedreferral as r (key, sealed_row, reason, field, reader, times, settled_how)
select k, s, m, f, %(reader)s, 1, ''
from unnest(%(keys)s::text[], %(rows)s::bytea[], %(reasons)s::text[], %(fields)s::text[]) v (k, s, m, f) order by k
on conflict (key) do update set sealed_row = excluded.sealed_row, reason = excluded.reason, field = excluded.field,
    reader = excluded.reader, times = r.times + 1, last_refused_at = clock_timestamp(), settled_at = null, settled_how = ''
"""
SETTLE = """
update referrals_refusedreferral set settled_at = clock_timestamp(), settled_how = %(how)s, sealed_row = ''
where key = any(%(keys)s) and settled_at is null
"""


def reader() -> str:
    """The way rows are read, as a mark that changes with any line of the code that does it."""
    code = hashlib.sha256()
    for module in READERS:
        code.update(Path(str(module.__file__)).read_bytes())
    return code.hexdigest()[:16]


READER = reader()


def keep_refused(faults: Sequence[planning.Fault]) -> None:
    """Keep the rows of these faults; one statement, in the caller's transaction."""
    last = {fault.key: fault for fault in faults}
    ordered = [last[key] for key in sorted(last)]
    if not ordered:
        return
    values: dict[str, Any] = {
        "reader": READER,
        "keys": [fault.key for fault in ordered],
        "rows": [sealed(json.dumps(fault.as_sent)) for fault in ordered],
        "reasons": [storable(fault.error.message, longest=2000) for fault in ordered],
        "fields": [storable(fault.error.field, longest=100) for fault in ordered],
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP, values)


def settle_refused(keys: Collection[str], *, how: str) -> None:
    """Forget the rows of these keys, where any is kept: they are stored now, or gone from Partner Center."""
    values: dict[str, Any] = {"keys": sorted(keys), "how": how}
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(SETTLE, values)


def kept_row(key: str) -> Any:
    """The row as Partner Center sent it; None where it is not kept, or the key that sealed it is gone."""
    stored = RefusedReferral.objects.waiting().filter(key=key).values_list("sealed_row", flat=True).first()
    if not stored:
        return None
    try:
        return json.loads(opened(stored))
    except InvalidToken:
        return None


def retry_what_another_reader_refused() -> int:
    """Ask anew for rows that other code refused; how many. A bounded number: the next run asks for more."""
    waiting = RefusedReferral.objects.waiting().exclude(reader=READER).order_by("key")
    keys = list(waiting.values_list("key", flat=True)[:MOST_AT_ONCE])
    if keys:
        RefusedReferral.objects.filter(key__in=keys).update(reader=READER)  # once for each change of the code
        ask(KIND, keys, priority=Priority.BULK)
    return len(keys)


def forget_what_left(*, before: Any) -> None:
    """Settle what no page since then had: the list of a full run, read to its end, has it no more."""
    rows = RefusedReferral.objects.waiting().filter(last_refused_at__lt=before).order_by("key")
    keys = list(rows.values_list("key", flat=True)[:MOST_AT_ONCE])
    settle_refused(keys, how="A later full sync did not find it any more.")
    resolve_problems(KIND, keys, OPERATION)


def retry_refused(rows: Iterable[RefusedReferral], *, by: Any) -> RetryCounts:
    """Try these rows again because a person asked: by their error records, which tell how it went. Audited."""
    keys = [row.key for row in rows if row.settled_at is None]
    errors = list(ErrorRecord.objects.unsettled().filter(kind=KIND, key__in=keys))
    known = retry_errors(errors, by=by)
    rest = sorted(set(keys) - {error.key for error in errors})  # their errors were put aside
    _ask_for(rest, by=by)
    return RetryCounts(matched=len(keys), queued=known.queued + len(rest))


@transaction.atomic
def _ask_for(keys: Sequence[str], *, by: Any) -> None:
    for row in RefusedReferral.objects.filter(key__in=keys):
        record(row, act="try again", by=by)
    ask(KIND, keys, priority=Priority.PERSON, asked_by=by.get_username() if by else "")
