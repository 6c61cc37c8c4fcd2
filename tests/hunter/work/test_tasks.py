"""What django-q2 runs, when the database goes away in mid-work (fault 26)."""

from __future__ import annotations

import logging

import pytest
from django.db import OperationalError, connection

from hunter.remote import limits
from hunter.work.asking import ask
from hunter.work.models import Item
from hunter.work.tasks import drain_lane
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
