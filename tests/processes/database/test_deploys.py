"""A deploy with a migration while thousands of items are in flight (fault 9)."""

from __future__ import annotations

import pytest

from tests.processes.database.conftest import Own, keys
from tests.processes.running import LONGEST_RUN
from tests.waiting import until

pytestmark = [pytest.mark.processes]

TOYS = 3000
EXPAND = "set lock_timeout = '5s'; alter table work_item add column note text"
CONTRACT = "set lock_timeout = '5s'; alter table work_item drop column note"


@pytest.mark.proves("R1.9", "R1.10")
@pytest.mark.fault(9)
def test_a_migration_beside_old_workers_and_their_end_in_order_or_by_force_cost_no_item(own: Own):
    assert own.run("migrate", "leads", "0021", "--verbosity", "0").returncode == 0
    own.ask(TOYS)
    slots = {"CONCURRENCY_OUTGOING": "16", "LEASE_SECONDS": "3"}
    first = own.begin("drain", "outgoing", HUNTER_STOP_AT="toy.after_claim_commit:9", **slots)
    first.wait_until_stopped()
    second = own.begin("drain", "outgoing", HUNTER_STOP_AT="toy.before_settle:9", **slots)
    second.wait_until_stopped()
    made_before = len(own.done())

    migrated = own.run("migrate", "--verbosity", "0")
    own.database.asked(EXPAND)
    assert migrated.returncode == 0, migrated.stderr
    first.go_on()
    first.end()
    second.kill()
    assert first.wait() == 0, first.words
    until(lambda: drained(own) == keys(TOYS), seconds=LONGEST_RUN, what="all toys")

    own.database.asked(CONTRACT)
    assert 0 < made_before < TOYS
    assert own.run("migrate", "--check", "--verbosity", "0").returncode == 0
    assert own.database.asked("select count(*) from work_errorrecord") == [(0,)]


def drained(own: Own) -> list[str]:
    """The new release's drainer; what the dead held is free when their leases have ended."""
    own.run("drain", "outgoing", LEASE_SECONDS="3")
    return own.done()
