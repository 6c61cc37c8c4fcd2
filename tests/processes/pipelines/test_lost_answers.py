"""The CRM has written and its answer is lost: one lead, with the newest values (R1.1)."""

from __future__ import annotations

import pytest

from crm.services.pushing import push_due
from hunter.remote.lanes import LaneName
from hunter.remote.limits import end_pause
from hunter.work.models import Item
from tests.processes.pipelines import books, works

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]


@pytest.mark.proves("R1.1", "R1.8")
@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("work", "operation"),
    [
        pytest.param(works.PUSH, "create", id="to creates"),
        pytest.param(works.PUSH, "update", id="to adoptions"),
        pytest.param(works.PUSH_CHANGES, "update", id="to changes"),
        pytest.param(works.PUSH_CHANGES_TAKEN_BACK, "update", id="to changes that are taken back"),
    ],
)
def test_lost_answers_leave_one_lead_with_the_newest_values(work, operation, sandbox, begin):
    work.prepare(sandbox)
    sandbox.control.add_fault(service="dataverse", operation=operation, fault="drop_after")
    lost = begin("push_leads")
    assert lost.wait() >= 0, lost.words
    assert Item.objects.filter(kind="push_dynamics365", attempts__gt=0, dead_at=None).exists()

    sandbox.control.clear_faults()
    end_pause(LaneName.DYNAMICS365)  # chance may have closed it
    work.between()
    books.let_time_pass()
    work.go_on()

    work.balance(sandbox)


@pytest.mark.proves("R1.1", "R1.8", "R1.10")
@pytest.mark.fault(1, 2, 4)
def test_lost_answers_to_writes_and_reads_and_kills_between_them_leave_one_lead_each(sandbox, begin):
    works.has_scanned_companies(sandbox)
    for operation in ("create", "update", "read", "query"):
        sandbox.control.add_fault(service="dataverse", operation=operation, fault="drop_after", probability=0.3)

    kills = [
        (["push_leads"], "dynamics365.create.after:3"),
        (["drain", "dynamics365", "--budget", "5"], "push_dynamics365.before_settle_commit"),
        (["drain", "dynamics365", "--budget", "5"], "dynamics365.read.before"),
    ]

    for command, point in kills:
        begin(*command, HUNTER_CRASH_AT=point).wait()
        works.edit_companies()
        books.let_time_pass()
    sandbox.control.clear_faults()
    end_pause(LaneName.DYNAMICS365)  # chance may have closed it
    works.edit_again()
    books.let_time_pass()
    push_due()

    books.leads_are_balanced(sandbox)
