"""Keeping what a drainer holds: a lease that is not renewed ends, and the item is due again (R1.10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from hunter.transactions import retried
from hunter.work.kinds import Claimed

# Locked first and in (kind, key) order, as requests and settles lock them (R3.6).
RENEW = """
with mine as materialized (
    select i.id from work_item i join unnest(%(ids)s::bigint[], %(leases)s::uuid[]) v (id, lease)
        on i.id = v.id and i.lease = v.lease
    where i.id = any(%(ids)s) order by i.kind, i.key for no key update of i)
update work_item i set due_at = clock_timestamp() + %(hold)s from mine where i.id = mine.id returning i.id
"""


@retried
def renew(claimed: Sequence[Claimed], *, hold: timedelta) -> set[int]:
    """Hold these items until `hold` from now; the ids of those whose lease is still ours."""
    if not claimed:
        return set()
    values: dict[str, Any] = {
        "ids": [one.item_id for one in claimed],
        "leases": [one.lease for one in claimed],
        "hold": hold,
    }
    with connection.cursor() as cursor:
        cursor.execute(RENEW, values)
        return {row[0] for row in cursor.fetchall()}
