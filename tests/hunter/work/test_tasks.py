"""What django-q2 runs, when the database goes away in mid-work (fault 26)."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.work.asking import ask
from hunter.work.models import Heartbeat, Item
from hunter.work.tasks import drain_lane, tick
from tests.hunter.work.toy import LANE, TOY
from tests.outage import out_of_reach

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.fault(26)
def test_a_database_that_goes_away_is_one_line_in_the_log_and_costs_no_work(script, item, caplog):
    limits.ensure_lane(LANE)
    ask(TOY, ["a"])
    script.on_prepare = out_of_reach

    with caplog.at_level(logging.WARNING, logger="hunter"):
        drain_lane(LANE.value)

    connection.close()
    (line,) = [one for one in caplog.records if one.name == "hunter.work.tasks"]
    assert (line.getMessage(), line.exc_info) == ("drainer.ended_without_database", None)
    assert "The database can't be reached" in line.reason
    assert item("a").due_at is not None


def test_any_other_trouble_of_the_database_is_told_in_full(script):
    limits.ensure_lane(LANE)
    ask(TOY, ["a"])
    script.on_prepare = lambda: connection.cursor().execute("set local statement_timeout = 1; select pg_sleep(1)")

    with pytest.raises(OperationalError):
        drain_lane(LANE.value)

    assert Item.objects.count() == 1


def test_a_machine_that_was_taken_away_without_a_farewell_is_forgotten_after_an_hour(db):
    Heartbeat.objects.create(name="web-1, process 7", at=database_now() - timedelta(minutes=59))
    Heartbeat.objects.create(name="web-2, process 8", at=database_now() - timedelta(minutes=61))

    tick()

    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"workers", "web-1, process 7"}


@pytest.mark.fault(30)
@pytest.mark.parametrize(
    ("values", "back"),
    [
        pytest.param({"lease": uuid4(), "ahead": timedelta(seconds=420)}, True, id="a lease longer than any"),
        pytest.param({"lease": uuid4(), "ahead": timedelta(seconds=179)}, False, id="a lease that just began"),
        pytest.param({"attempts": 1, "ahead": timedelta(minutes=76)}, True, id="a back-off longer than any"),
        pytest.param({"attempts": 1, "ahead": timedelta(minutes=59)}, False, id="a back-off of nearly an hour"),
        pytest.param({"ahead": timedelta(hours=20)}, False, id="work that comes back tomorrow"),
    ],
)
def test_the_tick_brings_back_what_a_clock_that_leapt_back_has_put_out_of_reach(script, item, values, back):
    ask(TOY, ["a"])
    ahead = values.pop("ahead")
    Item.objects.update(due_at=database_now() + ahead, **values)

    tick()

    assert (item("a").due_at <= database_now()) is back
