"""What a value becomes in a file: harmless, and still what it was (g.7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunter.exports.cells import as_text, harmless, is_formula, without_guard


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=1+1", id="equals"),
        pytest.param('=HYPERLINK("http://evil.example";"click")', id="a link"),
        pytest.param("+90 212 555 01 00", id="plus, a phone too"),
        pytest.param("-1+1|cmd", id="minus"),
        pytest.param("@SUM(A1)", id="at"),
        pytest.param("\t=1", id="tab"),
        pytest.param("\r=1", id="carriage return"),
        pytest.param("\n=1", id="line feed"),
        pytest.param("＝1+1", id="full-width equals"),
        pytest.param("＋1", id="full-width plus"),
        pytest.param("－1", id="full-width minus"),
        pytest.param("＠x", id="full-width at"),
        pytest.param("﹢1", id="small plus"),
        pytest.param("  =1", id="behind blanks"),
        pytest.param("\u200b=1", id="behind a blank of no width"),
        pytest.param(" \t=1", id="behind a blank and a tab"),
    ],
)
def test_a_text_that_a_spreadsheet_would_calculate_is_guarded(text):
    assert as_text(text) == f"'{text}"
    assert without_guard(as_text(text)) == text


@pytest.mark.parametrize("text", ["Contoso", "a=b", "5-3", "info@contoso.com", "'quoted", "", "İstanbul", "1.5", "(=)"])
def test_any_other_text_stays_as_it_is(text):
    assert as_text(text) == without_guard(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(None, "", id="nothing"),
        pytest.param(-5, "-5", id="a negative number is a number"),
        pytest.param(Decimal("-3.50"), "-3.50", id="with its places"),
        pytest.param(True, "yes", id="yes"),
        pytest.param(False, "no", id="no"),
        pytest.param(
            datetime(2026, 5, 1, 12, 0, tzinfo=timezone(timedelta(hours=3))), "2026-05-01T09:00:00Z", id="UTC"
        ),
        pytest.param(date(2026, 5, 1), "2026-05-01", id="a day"),
    ],
)
def test_other_values_as_text(value, text):
    assert as_text(value) == text


@given(st.text(max_size=30))
def test_no_text_is_a_formula_once_it_is_harmless_and_each_comes_back(text):
    assert not is_formula(harmless(text))
    if not is_formula(text[1:]):
        assert without_guard(harmless(text)) == text


def test_moments_are_told_to_the_second():
    assert as_text(datetime(2026, 5, 1, 9, 0, 1, 999999, tzinfo=UTC)) == "2026-05-01T09:00:01Z"
