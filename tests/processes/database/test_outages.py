"""The database goes away, is full, has no connection left: nothing is lost, nothing done twice, and one line says why."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.processes.database.conftest import Own, keys
from tests.processes.pipelines.hunter_process import HunterProcess
from tests.processes.running import LONGEST_RUN
from tests.waiting import until

pytestmark = [pytest.mark.processes]

TOYS, CONNECTIONS = 30, 12
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
ASK_AND_RING = f"from hunter.work.asking import ask; ask('toy', ['{TOYS:05}'])"
NOTHING_LEFT = "select count(*) from work_item where kind = 'toy' and (served < requested or lease is not null)"


def all_are_made_once(own: Own, count: int = TOYS) -> None:
    assert own.done() == keys(count)
    assert own.database.asked(NOTHING_LEFT) == [(0,)]
    assert own.database.asked("select count(*) from work_errorrecord") == [(0,)]


@pytest.mark.proves("R1.9", "R1.10")
@pytest.mark.fault(3, 26)
@pytest.mark.parametrize("place", ["toy.after_claim_commit", "toy.before_settle", "toy.before_settle_commit"])
def test_a_server_that_is_killed_in_mid_work_costs_no_item_and_does_none_twice(own, place):
    own.ask(TOYS)
    drainer = own.begin("drain", "outgoing", HUNTER_STOP_AT=place)
    drainer.wait_until_stopped()

    own.database.kill()
    own.database.start()
    drainer.go_on()

    assert drainer.wait() == 2
    assert "The database can't be reached" in drainer.words
    own.let_leases_run_out()
    assert own.run("drain", "outgoing").returncode == 0
    all_are_made_once(own)


@pytest.mark.proves("R1.10", "R1.12")
@pytest.mark.fault(26)
def test_workers_that_run_on_find_a_server_again_that_was_restarted(own):
    own.ask(TOYS)
    workers = own.begin("workers", TOY_ACT="sleep", TOY_SECONDS="0.5", LEASE_SECONDS="2", CONCURRENCY_OUTGOING="4")
    until(own.done, what="the first toy")

    own.database.restart()
    asked = own.run("shell", "--command", ASK_AND_RING)
    assert asked.returncode == 0, asked.stderr
    until(lambda: with_a_tick(own) == keys(TOYS + 1), seconds=LONGEST_RUN, what="all toys")

    workers.end()
    assert workers.wait() == 0, workers.words
    all_are_made_once(own, TOYS + 1)


def with_a_tick(own: Own) -> list[str]:
    """What is made by now; the minute's tick comes as often as we look."""
    own.database.asked("update django_q_schedule set next_run = clock_timestamp()")
    return own.done()


@contextlib.contextmanager
def tiny_disk(folder: Path) -> Iterator[Path]:
    """A file system of a megabyte, which the server's account may write to."""
    disk = folder / "tiny"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tiny", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@AS_ROOT
@pytest.mark.proves("R1.9", "R5.6")
@pytest.mark.fault(28)
def test_a_full_disk_ends_the_drainer_with_one_line_and_all_is_done_once_there_is_room(own):
    own.ask(TOYS)
    with tiny_disk(own.folder) as disk:
        space = disk / "space"
        space.mkdir()
        space.chmod(0o777)
        own.database.own(space)
        own.database.asked(f"create tablespace tiny location '{space}'")
        own.database.asked("alter table toy_done set tablespace tiny")
        filler = disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as full:
            while True:
                full.write(b"x" * 4096)

        told = own.run("drain", "outgoing")
        made = own.done()

        assert told.returncode == 2
        assert "No space left on device" in told.stderr
        assert len(told.stderr.strip().splitlines()) == 1
        assert made == []
        filler.unlink()
        own.let_leases_run_out()
        assert own.run("drain", "outgoing").returncode == 0
        all_are_made_once(own)
        own.database.asked("alter table toy_done set tablespace pg_default")
        own.database.asked("drop tablespace tiny")


@pytest.mark.proves("R1.9")
@pytest.mark.fault(29)
def test_with_all_connections_used_up_a_drainer_says_so_and_the_next_does_the_work(own):
    own.ask(TOYS)
    own.database.asked(f"alter system set max_connections = {CONNECTIONS}")
    own.database.restart()
    taken: list[Any] = []
    until(lambda: took_all(own, taken), what="the end of the connection that looked whether the server is up")

    told = own.run("drain", "outgoing")

    for one in taken:
        one.close()
    assert told.returncode == 2
    assert "too many clients already" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert own.run("drain", "outgoing").returncode == 0
    all_are_made_once(own)


def took_all(own: Own, taken: list[Any]) -> bool:
    """Take connections until the server gives no more; whether these are all it has."""
    with contextlib.suppress(psycopg2.OperationalError):
        while len(taken) < CONNECTIONS:
            taken.append(own.database.connection())
    return len(taken) == CONNECTIONS


@pytest.mark.proves("R1.10")
@pytest.mark.fault(30)
@pytest.mark.parametrize("hours", [1, -1], ids=["an hour forth", "an hour back"])
def test_a_clock_that_jumps_while_items_are_held_costs_no_item_and_does_none_twice(own, hours):
    """Moving what is stored is the same as moving the clock the other way."""
    own.ask(TOYS)
    all_at_once = {"CONCURRENCY_OUTGOING": str(TOYS + 10)}
    drainer = own.begin("drain", "outgoing", HUNTER_STOP_AT="toy.before_settle", **all_at_once)
    drainer.wait_until_stopped()

    own.database.asked(JUMP, -hours, -hours, -hours, -hours)
    other = own.begin("workers", **all_at_once)
    until(lambda: whole_family(other), what="the workers' start")
    drainer.go_on()
    assert drainer.wait() == 0, drainer.words
    until(lambda: with_a_tick(own) == keys(TOYS), seconds=LONGEST_RUN, what="all toys")

    other.end()
    assert other.wait() == 0, other.words
    all_are_made_once(own)


def whole_family(workers: HunterProcess) -> bool:
    """Its main process listens for signals once its children are there."""
    return len(workers.family()) > 2


JUMP = """
update work_item set due_at = due_at + %s * interval '1 hour' where due_at is not null;
update remote_slot set held_until = held_until + %s * interval '1 hour' where held_until is not null;
update remote_lane set filled_at = filled_at + %s * interval '1 hour', rung_at = rung_at + %s * interval '1 hour'
"""
