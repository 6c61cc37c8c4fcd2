"""An answer that processes share is computed by one of them, and whoever is killed over it holds nobody up (R7.6)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from hunter.remote.models import SharedAnswer
from hunter.remote.single_flight import CLAIM, once
from tests.processes.running import ROOT, environment
from tests.waiting import PATIENCE, until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.processes,
    pytest.mark.proves("R7.6"),
]

FIVE_MINUTES = timedelta(minutes=5)
Asker = subprocess.Popen[str]


@pytest.fixture
def begin(tmp_path: Path, transactional_db: None) -> Iterator[Callable[[], Asker]]:
    """Starts a process that asks for the answer as soon as there is the file `ask`."""
    begun: list[Asker] = []

    def start() -> Asker:
        one = subprocess.Popen(
            [sys.executable, "-m", "tests.processes.toys.shared_answers", "answer", str(tmp_path)],
            cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        begun.append(one)
        until((tmp_path / f"ready-{one.pid}").exists, what="its start")
        return one

    yield start
    for one in begun:
        one.kill()
        one.communicate()


def computing(folder: Path) -> list[str]:
    return [path.name.removeprefix("computes-") for path in folder.glob("computes-*")]


def never() -> str:
    raise AssertionError("the answer was there")


def its_time_passes(*, seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "update remote_sharedanswer set fresh_until = clock_timestamp() - interval '1 second' * %s,"
            " stale_until = clock_timestamp() + interval '60 seconds' - interval '1 second' * %s",
            [seconds, seconds],
        )


def test_processes_that_miss_it_at_a_time_compute_it_once(begin, tmp_path):
    askers = [begin() for _ in range(3)]
    (tmp_path / "ask").touch()
    [one] = until(lambda: computing(tmp_path), what="the computing")

    (tmp_path / "go-on").touch()

    assert {asker.communicate(timeout=PATIENCE)[0].strip() for asker in askers} == {f"by {one}"}
    assert computing(tmp_path) == [one]


def test_who_is_killed_while_computing_holds_the_others_up_for_seconds(begin, tmp_path):
    (tmp_path / "ask").touch()
    killed = begin()
    until(lambda: computing(tmp_path), what="the computing")
    waiting = begin()

    killed.kill()
    others = until(lambda: set(computing(tmp_path)) - {str(killed.pid)}, seconds=CLAIM.total_seconds() + PATIENCE)
    (tmp_path / "go-on").touch()

    assert others == {str(waiting.pid)}
    assert waiting.communicate(timeout=PATIENCE)[0].strip() == f"by {waiting.pid}"
    assert once("answer", never, holds=FIVE_MINUTES) == f"by {waiting.pid}"


def test_just_past_its_time_it_is_given_to_all_but_the_one_who_computes_it_anew(begin, tmp_path):
    once("answer", lambda: "old", holds=FIVE_MINUTES)
    anew = begin()
    its_time_passes(seconds=1)
    (tmp_path / "ask").touch()
    until(lambda: computing(tmp_path), what="the computing")

    meanwhile = [once("answer", never, holds=FIVE_MINUTES) for _ in range(3)]
    (tmp_path / "go-on").touch()

    assert meanwhile == ["old"] * 3
    assert anew.communicate(timeout=PATIENCE)[0].strip() == f"by {anew.pid}"
    assert once("answer", never, holds=FIVE_MINUTES) == f"by {anew.pid}"


def test_long_past_its_time_it_is_given_to_nobody(begin, tmp_path):
    once("answer", lambda: "old", holds=FIVE_MINUTES)
    askers = [begin() for _ in range(2)]
    its_time_passes(seconds=61)
    (tmp_path / "ask").touch()
    [one] = until(lambda: computing(tmp_path), what="the computing")

    (tmp_path / "go-on").touch()

    assert {asker.communicate(timeout=PATIENCE)[0].strip() for asker in askers} == {f"by {one}"}
    assert SharedAnswer.objects.get().claim is None
