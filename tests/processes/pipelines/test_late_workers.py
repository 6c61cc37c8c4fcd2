"""A worker that sleeps past its lease and then goes on: what others have done meanwhile stays (R1.8, R1.10)."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.processes.pipelines import works

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

LEASE_SECONDS = "2"


def items_as_written() -> dict[str, str]:
    """PostgreSQL's own mark of the last write to each item."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select kind || ' ' || key, xmin::text from work_item where kind <> 'scan' or last_success_at is not null"
        )
        return dict(cursor.fetchall())


@pytest.mark.proves("R1.1", "R1.8", "R1.9", "R1.10")
@pytest.mark.fault(5, 6)
@pytest.mark.parametrize(
    ("work", "point"),
    [
        pytest.param(works.SYNC, "partner_center.list referrals.before:2", id="a sync, before it asks for a page"),
        pytest.param(works.SYNC, "sync_referrals.before_settle:2", id="a sync, with a page in hand"),
        pytest.param(works.SCAN, "dns.lookup.after:60", id="a scan, with some of its answers"),
        pytest.param(works.SCAN, "scan.before_settle", id="a scan, with all of its answers"),
        pytest.param(works.PUSH, "push_dynamics365.after_claim_commit:2", id="a push, with its claim"),
        pytest.param(works.PUSH, "dynamics365.create.before", id="a push, before its creates go out"),
        pytest.param(works.PUSH, "dynamics365.create.after:6", id="a push, after its creates"),
        pytest.param(works.PUSH_CHANGES, "dynamics365.change.before", id="a push, before its changes go out"),
        pytest.param(works.PUSH_CHANGES_TAKEN_BACK, "dynamics365.change.before", id="a push of what is wanted no more"),
        pytest.param(works.PUSH_CHANGES, "dynamics365.change.after:6", id="a push, after its changes"),
        pytest.param(works.PUSH_CHANGES, "push_dynamics365.before_settle", id="a push, with its outcomes in hand"),
    ],
)
def test_a_worker_that_wakes_up_late_changes_nothing(work, point, sandbox, begin):
    work.prepare(sandbox)
    sleeper = begin(work.command, HUNTER_STOP_AT=point, LEASE_SECONDS=LEASE_SECONDS)
    sleeper.wait_until_stopped()

    work.between()
    work.go_on()
    work.balance(sandbox)
    written = items_as_written()
    sleeper.go_on()

    assert sleeper.wait() in {0, 1}, sleeper.words
    assert items_as_written() == written
    work.balance(sandbox)
