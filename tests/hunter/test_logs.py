"""What a log line says, and what it never says (R5.6)."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from django.test import RequestFactory

from hunter.logs import ConsoleFormatter, JsonFormatter, logging_settings


def record(message: str, **values: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": message, "levelname": "WARNING", "name": "hunter.work", "levelno": 30})
    made.__dict__.update(values)
    return made


@pytest.mark.proves("R5.6")
def test_a_line_carries_the_event_with_its_values():
    line = ConsoleFormatter().format(record("lane.paused", lane="dynamics365", attempt=2, request_id="9f00"))

    assert line.endswith("WARNING lane.paused lane=dynamics365 attempt=2 request_id=9f00")


@pytest.mark.proves("R5.6")
def test_a_json_line_is_one_object_with_the_same_values():
    told = json.loads(JsonFormatter().format(record("lane.paused", lane="dns", correlation_id="c-1")))

    assert (told["event"], told["level"], told["lane"], told["correlation_id"]) == (
        "lane.paused",
        "WARNING",
        "dns",
        "c-1",
    )


@pytest.mark.proves("R5.6")
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param("mail of anna.berg@contoso.com bounced", "anna.berg", id="the person in a mail address"),
        pytest.param("Authorization: Bearer eyJ0eXAi.abc.def", "eyJ0eXAi", id="a bearer token"),
        pytest.param("POST refresh_token=0.AX8A&client_id=1", "0.AX8A", id="a refresh token in a form"),
        pytest.param("GET /callback?code=0.AXoA&state=1", "0.AXoA", id="an authorization code in an address"),
        pytest.param("client_secret=s~cret&x=1", "s~cret", id="a client secret in a form"),
    ],
)
@pytest.mark.parametrize("formatter", [ConsoleFormatter(), JsonFormatter()], ids=["console", "json"])
def test_what_is_secret_or_personal_is_masked(formatter, text, secret):
    assert secret not in formatter.format(record(text))
    assert secret not in formatter.format(record("event", value=text))


def test_an_exception_is_told_and_masked():
    try:
        raise ValueError("no such person: anna@contoso.com")
    except ValueError:
        line = ConsoleFormatter().format(record("act.failed", exc_info=sys.exc_info()))

    assert "ValueError" in line
    assert "anna@" not in line


@pytest.mark.proves("R5.6")
@pytest.mark.parametrize("formatter", [ConsoleFormatter(), JsonFormatter()], ids=["console", "json"])
def test_the_row_that_a_database_quotes_is_masked_in_each_error_of_a_chain(formatter):
    quoted = 'null value in column "domain"\nDETAIL:  Failing row contains (7, Anna Berg,\n+90 532 000 00 00).\n'
    try:
        try:
            raise ValueError(quoted)
        except ValueError as error:
            raise RuntimeError(quoted) from error
    except RuntimeError:
        line = formatter.format(record("work.failed", exc_info=sys.exc_info()))

    assert "RuntimeError" in line
    assert "Anna" not in line
    assert "90 532" not in line


@pytest.mark.parametrize("formatter", [ConsoleFormatter(), JsonFormatter()], ids=["console", "json"])
def test_a_request_that_failed_tells_its_status_and_not_what_was_searched_for(formatter):
    request = RequestFactory().get("/admin/leads/company/", {"q": "anna berg"})

    line = formatter.format(record("Not Found: /admin/leads/company/", status_code=404, request=request))

    assert "404" in line
    assert "berg" not in line


def test_a_warning_of_django_is_told_once():
    told = logging_settings("console")["loggers"]["django"]

    assert (told["handlers"], told["propagate"]) == (["stderr"], False)
