"""`manage.py workers`: real django-q2 processes that answer the bell, and end together."""

from __future__ import annotations

import signal

import psutil
import pytest
from django_q.models import OrmQ, Schedule

from hunter.work.asking import ask
from hunter.work.models import Heartbeat
from tests.hunter.work import toy
from tests.hunter.work.toy import TOY
from tests.processes.running import family, started
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.usefixtures("toys")]

CHILDREN = 6  # the cluster's main process, its sentinel, pusher, monitor and two workers


def whole_family(process) -> list[psutil.Process]:
    """The command and all of its cluster, once all of them are there."""
    return until(lambda: found if len(found := family(process.pid)) >= 1 + CHILDREN else [], what="the workers' start")


def are_gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


@pytest.mark.proves("C4", "R6.3")
def test_workers_do_what_was_asked_before_and_while_they_run_and_end_with_sigterm_without_orphans():
    ask(TOY, ["before"])
    with started("workers") as workers:
        until(lambda: toy.done() == ["before"])
        everybody = whole_family(workers)

        ask(TOY, ["while they run"])
        until(lambda: toy.done() == ["before", "while they run"])

        workers.send_signal(signal.SIGTERM)
        assert workers.wait(timeout=30) == 0
        until(lambda: are_gone(everybody), what="the end of all its processes")

    assert [schedule.func for schedule in Schedule.objects.all()] == ["hunter.work.tasks.tick"]
    assert Heartbeat.objects.filter(name="workers").exists()
    assert not OrmQ.objects.exists()


@pytest.mark.fault(8)
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended by somebody else"])
def test_workers_end_with_their_main_process_and_leave_no_orphan(sent):
    with started("workers") as workers:
        everybody = whole_family(workers)
        (main,) = psutil.Process(workers.pid).children()

        main.send_signal(sent)

        assert workers.wait(timeout=30) == 1
        until(lambda: are_gone(everybody), what="the end of all its processes")


def test_a_killed_command_leaves_no_cluster_behind():
    with started("workers") as workers:
        everybody = whole_family(workers)

        workers.kill()

        until(lambda: are_gone(everybody), what="the end of all its processes")
