from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hunter.remote.retry_after import LONGEST, SHORTEST, read_retry_after

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.proves("R2.5")
@pytest.mark.fault(14)
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("120", 120, id="seconds"),
        pytest.param(" 7 ", 7, id="with blanks"),
        pytest.param("0", 1, id="none at all is one second"),
        pytest.param("864000", 3600, id="ten days are an hour"),
        pytest.param("9" * 400, 3600, id="a number beyond counting"),
        pytest.param("0" * 20 + "5", 5, id="leading zeros"),
        pytest.param("Mon, 04 May 2026 12:01:30 GMT", 90, id="a date"),
        pytest.param("Mon, 04 May 2026 11:00:00 GMT", 1, id="a date gone by"),
        pytest.param("Thu, 14 May 2026 12:00:00 GMT", 3600, id="a date in ten days"),
        pytest.param("Mon, 04 May 2026 14:01:30 +0200", 90, id="a date of another zone"),
        pytest.param("Mon, 04 May 2026 12:01:30 -0000", 90, id="a date without a zone is UTC"),
        pytest.param("-5", None, id="a negative number"),
        pytest.param("1.5", None, id="a fraction"),
        pytest.param("soon", None, id="nonsense"),
        pytest.param("٣", None, id="digits of another script"),
        pytest.param("Mon, 99 May 2026 12:01:30 GMT", None, id="a day there is not"),
        pytest.param("", None, id="nothing"),
        pytest.param(None, None, id="no header"),
    ],
)
def test_the_wait_a_server_asks_for(value, seconds):
    assert read_retry_after(value, now=NOW) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.proves("R2.5", "R6.4")
@given(st.text())
@example("Fri, 31 Dec 9999 23:59:59 -1200")
@example("Mon, 01 Jan 0001 00:00:00 +1400")
def test_no_header_breaks_the_reading_and_no_wait_leaves_its_bounds(value):
    wait = read_retry_after(value, now=NOW)

    assert wait is None or SHORTEST <= wait <= LONGEST


@pytest.mark.proves("R2.5", "R6.4")
@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=3)))))
def test_any_date_gives_a_wait_within_the_bounds(moment):
    wait = read_retry_after(format_datetime(moment), now=NOW)

    assert wait is not None
    assert SHORTEST <= wait <= LONGEST
