"""`manage.py workers`: real django-q2 processes that answer the bell, and end together."""

from __future__ import annotations

import contextlib
import itertools
import signal

import psutil
import pytest
from django.conf import settings
from django_q.models import OrmQ, Schedule

from hunter.remote.models import Slot
from hunter.work.asking import ask
from hunter.work.models import Heartbeat, Item
from tests.hunter.work import toy
from tests.hunter.work.toy import LANE, TOY
from tests.processes.running import LONGEST_RUN, are_gone, family, run, started
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.usefixtures("toys")]

LEAKS, LARGEST = 60, 240  # toys, and megabytes of a worker; together they leak twice that
CHILDREN = 6  # the cluster's main process, its sentinel, pusher, monitor and two workers


def whole_family(process, *, of: int = 1 + CHILDREN) -> list[psutil.Process]:
    """The command and all of its cluster, once all of them are there."""
    return until(lambda: found if len(found := family(process.pid)) >= of else [], what="the workers' start")


@pytest.mark.proves("C4", "R6.3")
def test_workers_do_what_was_asked_before_and_while_they_run_and_end_with_sigterm_without_orphans():
    ask(TOY, ["before"])
    with started("workers") as workers:
        until(lambda: toy.done() == ["before"])
        everybody = whole_family(workers)

        ask(TOY, ["while they run"])
        until(lambda: toy.done() == ["before", "while they run"])
        until(lambda: f"drain {LANE}" not in [queued.name() for queued in OrmQ.objects.all()], what="no bell unheard")

        workers.send_signal(signal.SIGTERM)
        assert workers.wait(timeout=LONGEST_RUN) == 0
        until(lambda: are_gone(everybody), what="the end of all its processes")

    assert [schedule.func for schedule in Schedule.objects.all()] == ["hunter.work.tasks.tick"]
    assert Heartbeat.objects.filter(name="workers").exists()


@pytest.mark.fault(8)
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended by somebody else"])
def test_workers_end_with_their_main_process_and_leave_no_orphan(sent):
    with started("workers") as workers:
        everybody = whole_family(workers)
        (main,) = psutil.Process(workers.pid).children()

        main.send_signal(sent)

        assert workers.wait(timeout=LONGEST_RUN) == 1
        until(lambda: are_gone(everybody), what="the end of all its processes")


@pytest.mark.parametrize("with_main", [False, True], ids=["alone", "with the main process"])
def test_a_killed_command_leaves_no_cluster_behind(with_main):
    with started("workers") as workers:
        everybody = whole_family(workers)
        (main,) = psutil.Process(workers.pid).children()
        if with_main:
            main.suspend()  # else it could end its children before it dies

        workers.kill()
        if with_main:
            main.kill()

        until(lambda: are_gone(everybody), what="the end of all its processes")


@pytest.mark.fault(8)
@pytest.mark.proves("R1.10", "R1.12")
def test_a_cluster_that_hangs_is_ended_whole_and_another_takes_its_place():
    with started("workers", WORKERS_SILENCE_SECONDS="12") as workers:
        everybody = whole_family(workers)
        until(lambda: signs() != [], what="the first sign of life")
        for worker in everybody[3:]:  # behind the command, the main process and the sentinel, which go on as ever
            worker.suspend()
        ask(TOY, ["a"])

        until(lambda: toy.done() == ["a"], seconds=LONGEST_RUN, what="the work of the next cluster")

        assert are_gone(everybody[1:])
        workers.send_signal(signal.SIGTERM)
        assert workers.wait(timeout=LONGEST_RUN) == 0
    assert signs() == []


@pytest.mark.proves("R1.12")
def test_what_runs_is_finished_before_workers_end(tmp_path):
    ask(TOY, ["a", "b"])
    go_on = tmp_path / "go-on"
    waiting = {"TOY_ACT": "wait", "TOY_FILE": str(go_on), "TOY_LONGEST": "600", "LEASE_SECONDS": "600"}
    with started("workers", CONCURRENCY_OUTGOING="1", **waiting) as workers:
        until(lambda: Item.objects.filter(lease__isnull=False).exists(), what="the first act")

        workers.send_signal(signal.SIGTERM)
        until((settings.HUNTER_VAR / f"workers-{workers.pid}.stopping").exists, what="the order to end")
        go_on.touch()

        assert workers.wait(timeout=LONGEST_RUN) == 0
    assert toy.done() == ["a"]
    assert not Item.objects.filter(lease__isnull=False).exists()
    assert not Slot.objects.filter(holder__isnull=False).exists()


@pytest.mark.proves("R7.4", "R1.10")
@pytest.mark.fault(6)
def test_workers_a_second_cluster_and_drainers_share_one_ledger_and_each_item_is_done_once():
    rounds = [[f"{part}-{number:02}" for number in range(40)] for part in range(4)]
    with started("workers", LEASE_SECONDS="60") as workers, started("qcluster", LEASE_SECONDS="60") as second:
        everybody = [*whole_family(workers), *whole_family(second, of=CHILDREN)]
        for keys in rounds:
            ask(TOY, keys)
            assert run("drain", LANE.value, LEASE_SECONDS="60").returncode == 0
        until(lambda: toy.done() == sorted(itertools.chain(*rounds)), what="all toys are made")

        assert (workers.poll(), second.poll()) == (None, None)
        for process in (workers, second):
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=LONGEST_RUN) == 0
        until(lambda: are_gone(everybody), what="the end of all their processes")

    assert not Item.objects.filter(kind=TOY).exclude(lease=None, due_at=None, dead_at=None, died=0).exists()
    assert not Slot.objects.filter(holder__isnull=False).exists()


@pytest.mark.proves("R1.10", "R1.12")
def test_workers_end_within_the_stated_time_whatever_hangs_and_the_work_is_taken_up_again():
    ask(TOY, ["a"])
    hanging = {"TOY_ACT": "sleep", "TOY_SECONDS": "3600", "LEASE_SECONDS": "3", "TOY_LONGEST": "2"}
    with started("workers", WORKERS_STOP_SECONDS="1", **hanging) as workers:
        everybody = whole_family(workers)
        until(lambda: Item.objects.filter(lease__isnull=False).exists(), what="the act")

        workers.send_signal(signal.SIGTERM)

        assert workers.wait(timeout=LONGEST_RUN) == 0
        until(lambda: are_gone(everybody), what="the end of all its processes")
    until(lambda: run("drain", LANE.value).returncode == 0 and toy.done() == ["a"], what="its repetition")


@pytest.mark.proves("R1.12")
def test_a_leak_stays_bounded_and_costs_no_work():
    keys = [f"{number:02}" for number in range(LEAKS)]
    ask(TOY, keys)
    largest = 0.0

    def are_done() -> bool:
        nonlocal largest
        largest = max([largest, *megabytes(workers.pid)])
        return toy.done() == keys

    with started("workers", TOY_ACT="leak", WORKERS_MAX_MB=str(LARGEST), CONCURRENCY_OUTGOING="2") as workers:
        until(are_done, seconds=LONGEST_RUN, what="all toys are made")

    assert largest < LARGEST * 1.25


def megabytes(pid: int) -> list[float]:
    """What each process of the family has in memory just now."""
    found = []
    for one in family(pid):
        with contextlib.suppress(psutil.Error):
            found.append(one.memory_info().rss / 1_000_000)
    return found


def signs() -> list[str]:
    """The clusters that are known."""
    return list(Heartbeat.objects.exclude(name="workers").values_list("name", flat=True))
