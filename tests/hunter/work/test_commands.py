from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane
from hunter.work.asking import ask
from hunter.work.heartbeats import ANYBODY, give_sign
from hunter.work.kinds import Dead
from hunter.work.models import ErrorRecord, Heartbeat
from tests.hunter.work import toy
from tests.hunter.work.toy import LANE, TOY

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, out.getvalue().strip(), err.getvalue().strip()


def fail(script, drain, *keys: str) -> None:
    for key in keys:
        script.settles[key] = lambda outcome: Dead(HunterError("No."))
    ask(TOY, keys)
    drain()
    script.settles.clear()


def test_drain_works_a_lane_off_and_says_what_it_did(script):
    ask(TOY, ["a", "b"])

    status, out, _ = run("drain", LANE.value, "--json")

    assert status == 0
    assert json.loads(out) == {"done": 2, "failed": 0, "put_off": 0, "had_slots": True}
    assert toy.done() == ["a", "b"]


def test_drain_ends_with_1_when_an_item_failed_for_good(script):
    script.settles["a"] = lambda outcome: Dead(HunterError("No."))
    ask(TOY, ["a"])

    status, out, _ = run("drain", LANE.value)

    assert (status, out) == (1, "0 done, 1 failed for good, 0 put off.")


def test_drain_refuses_a_lane_that_there_is_not(script):
    status, out, err = run("drain", "highway")

    assert (status, out) == (2, "")
    assert err.startswith("There is no lane 'highway'. Known: partner_center, ")


@pytest.mark.proves("R7.2")
def test_work_status_shows_depth_age_and_state_of_every_lane(script, drain):
    for lane in LaneName:
        limits.ensure_lane(lane)
    fail(script, drain, "dead")
    ask(TOY, ["a", "b"])
    ask(TOY, ["later"], wait=timedelta(minutes=5))
    limits.pause(LANE, wait=timedelta(minutes=5), reason="Too many.")
    Lane.objects.filter(name="dns").update(held=True, held_reason="moving")
    give_sign(ANYBODY)

    status, out, _ = run("work_status", "--json")

    lanes = {one["lane"]: one for one in json.loads(out)["lanes"]}
    assert status == 0
    assert set(lanes) == set(LaneName)
    ours = lanes[LANE.value]
    assert (ours["depth"], ours["later"], ours["leases"], ours["dead"]) == (2, 1, 0, 1)
    assert (ours["state"], ours["reason"]) == ("paused", "Too many.")
    assert 200 < ours["paused_for"] <= 300
    assert (lanes["dns"]["state"], lanes["dns"]["reason"]) == ("held", "moving")
    assert run("work_status")[1].splitlines()[0].split() == [
        "lane", "state", "waiting", "later", "running", "dead", "oldest", "done/min",
    ]  # fmt: skip


@pytest.mark.proves("R1.12")
@pytest.mark.parametrize(
    ("ages", "status", "words"),
    [
        pytest.param({}, 1, "Workers: never seen", id="there never was one"),
        pytest.param({ANYBODY: 10}, 0, "Workers: last seen 1", id="one lives"),
        pytest.param({ANYBODY: 240, "web-1": 240}, 1, " s: web-1", id="all are silent"),
        pytest.param({ANYBODY: 10, "web-1": 10, "web-2": 240}, 1, " s: web-2", id="one machine's are silent"),
    ],
)
def test_work_status_ends_with_1_when_workers_are_silent(script, ages, status, words):
    for name, age in ages.items():
        Heartbeat.objects.create(name=name, at=database_now() - timedelta(seconds=age))

    ended, out, _ = run("work_status")

    assert (ended, words in out.splitlines()[-1]) == (status, True)


@pytest.mark.proves("R5.8")
def test_retry_errors_counts_first_and_queues_then(script, drain, item):
    fail(script, drain, "a", "b")

    assert json.loads(run("retry_errors", "--dry-run", "--json")[1]) == {"matched": 2, "queued": 0}
    assert item("a").dead_at is not None

    assert json.loads(run("retry_errors", "--class", "permanent", "--json")[1]) == {"matched": 2, "queued": 2}
    assert item("a").dead_at is None
    assert run("retry_errors", "--service", "dynamics365")[1] == "There was nothing to try again."


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["retry_errors", "--service", "sap"], "There is no service 'sap'. Known: dns, "),
        (["retry_errors", "--older-than", "-1"], "--older-than takes a number of days from 0 to 36500."),
        (["retry_errors", "--older-than", "nan"], "--older-than takes a number of days from 0 to 36500."),
        (["drain", "dns", "--budget", "-5"], "--budget takes a number of seconds from 0 to 86400."),
        (["drain", "dns", "--budget", "inf"], "--budget takes a number of seconds from 0 to 86400."),
    ],
)
def test_a_value_that_can_not_be_meant_is_refused_with_the_ones_that_can(script, arguments, answer):
    status, _, err = run(*arguments)

    assert (status, len(err.splitlines())) == (2, 1)
    assert err.startswith(answer)


def test_retry_errors_refuses_a_class_that_there_is_not(script):
    status, _, err = run("retry_errors", "--class", "sad")

    assert status == 2
    assert err.startswith("There is no class 'sad'. Known: authentication, ")
    assert not ErrorRecord.objects.exists()
