"""The doorbell: "there may be work in this lane". It carries no data and may be lost, doubled or late (architecture §1)."""

from __future__ import annotations

from django.db import connection, transaction
from django_q.tasks import async_task

from hunter.remote.lanes import LaneName

DRAIN = "hunter.work.tasks.drain_lane"
# The mark and the message become visible together, or a drainer could see the message before the mark.
RING = """
update remote_lane set rung_at = clock_timestamp()
where name = %s and (rung_at is null or rung_at < clock_timestamp() - interval '60 seconds' or rung_at > clock_timestamp())
returning 1
"""
# Without a condition: hearing waits for a ringer's row, so no bell is cleared unheard.
HEAR = "update remote_lane set rung_at = null where name = %s"


def ring(lane: LaneName) -> bool:
    """Ring unless a bell is still unheard; after the commit of what made the work, never inside it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(RING, [lane.value])
            fresh = cursor.fetchone() is not None
        if fresh:
            async_task(DRAIN, lane.value, task_name=f"drain {lane}")
    return fresh


def hear(lane: LaneName) -> None:
    """Clear the bell: what is asked from now on rings anew."""
    with connection.cursor() as cursor:
        cursor.execute(HEAR, [lane.value])
