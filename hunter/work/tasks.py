"""What django-q2 runs: doorbells and the minute's tick. Neither carries data, both may run twice."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from hunter.commands import what_is_wrong_with_the_database
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.work import alarms, doorbell, heartbeats, holders
from hunter.work.asking import sweep
from hunter.work.drainer import Drainer
from hunter.work.kinds import all_kinds
from hunter.work.memory import MemoryBound
from hunter.work.models import Priority
from hunter.work.stopping import is_stopping

logger = logging.getLogger(__name__)

DUE_LANES = """
select distinct lane from work_item where due_at <= clock_timestamp() + interval '60 seconds'
"""
# The clock went back: what lies further ahead than any lease or wait allows is due now (ledger: time).
MEND_LEAP = """
update work_item set due_at = clock_timestamp() where due_at is not null and (
    (lease is not null and due_at > clock_timestamp() + %(two_leases)s)
    or (lease is null and (attempts > 0 or served < taken) and due_at > clock_timestamp() + interval '1 hour 15 minutes'))
"""


def drain_lane(lane: str) -> None:
    """Answer the bell of a lane. What a database that goes away leaves behind, the next tick finds: one line says so."""
    memory = MemoryBound()
    try:
        heartbeats.give_sign_of_this_cluster()
        Drainer(LaneName(lane), until=lambda: is_stopping() or memory.is_reached()).run()
    except (InterfaceError, OperationalError) as error:
        if not (words := what_is_wrong_with_the_database(error)):
            raise
        logger.warning("drainer.ended_without_database", extra={"lane": lane, "reason": words})


def tick() -> None:
    """Each minute: sign of life, standing work, a bell for every lane with something due, and a look whether somebody should."""
    heartbeats.give_sign(heartbeats.ANYBODY)
    sign_of_life()
    heartbeats.forget_the_long_silent(now=database_now())
    holders.forget_the_dead()
    mend_clock_leap()
    ask_for_standing_work()
    ring_due_lanes()
    alarms.watch()


def sign_of_life() -> None:
    """What a cluster that was silent for a while is asked for: that one of its workers does something."""
    heartbeats.give_sign_of_this_cluster()


def ask_for_standing_work() -> None:
    """See that each kind's standing item exists and is due some time; it comes back by itself from then on."""
    for kind in all_kinds():
        if kind.standing_key:
            sweep(kind.name, [kind.standing_key], priority=Priority.SCHEDULE)


def ring_due_lanes() -> None:
    """Ring wherever something is due: a lost bell costs a minute at most."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_LANES)
        lanes = [row[0] for row in cursor.fetchall()]
    for lane in sorted(lanes):
        doorbell.ring(LaneName(lane))


def mend_clock_leap() -> None:
    """Bring back what a clock that jumped has put out of reach."""
    values: dict[str, Any] = {"two_leases": timedelta(seconds=2 * settings.LEASE_SECONDS)}
    with connection.cursor() as cursor:
        cursor.execute(MEND_LEAP, values)
