"""Lines of the log about work say which item, which attempt, and what the service calls the request (R5.6)."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from hunter.remote.errors import Call, Misconfigured, RateLimited
from hunter.work.asking import ask
from tests.hunter.work.toy import LANE, TOY, failing, succeed

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R5.6")]

CALL = Call("toys", "make", status=429, request_id="9f00")


@pytest.fixture
def lines(caplog):
    """The lines of that event, each as what it says."""
    caplog.set_level(logging.INFO, logger="hunter")
    return lambda event: [one.__dict__ for one in caplog.records if one.getMessage() == event]


def broken(gates):
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(RateLimited("Too many.", call=CALL, retry_after=timedelta(seconds=30)), id="too many calls"),
        pytest.param(Misconfigured("No such app.", call=CALL), id="what a person must mend"),
    ],
)
def test_a_pause_names_the_attempt_that_met_it_and_the_services_request_id(script, drain, item, lines, error):
    script.acts["a"] = [failing(error)]
    ask(TOY, ["a"])

    drain()

    (line,) = lines("lane.paused")
    assert (line["lane"], line["error_class"], line["request_id"]) == (LANE.value, error.kind.value, "9f00")
    assert (line["kind"], line["key"], line["attempt"]) == (TOY, "a", 1)
    assert line["correlation_id"] == str(item("a").correlation)


@pytest.mark.parametrize(
    ("event", "where"), [("act.failed", "acts"), ("work.failed", "settles")], ids=["an act", "a settle"]
)
def test_what_nobody_foresaw_names_the_item_and_the_attempt(script, drain, item, lines, event, where):
    script.acts["a"] = [broken if where == "acts" else succeed]
    if where == "settles":
        script.settles["a"] = broken
    ask(TOY, ["a"])

    drain()

    (line,) = lines(event)
    assert (line["kind"], line["key"], line["attempt"]) == (TOY, "a", 1)
    assert line["correlation_id"] == str(item("a").correlation)
