"""Times and figures as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hunter.ops.causes import drawn
from hunter.ops.showing import ago, badge, span_in_words

NOW = datetime(2026, 5, 4, 9, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        pytest.param(timedelta(minutes=3, seconds=59), "3 min", id="rounded down"),
        pytest.param(timedelta(seconds=40), "40 s", id="seconds"),
        pytest.param(timedelta(hours=26), "1 d", id="one unit only"),
        pytest.param(timedelta(milliseconds=300), "under 1 s", id="a moment"),
        pytest.param(timedelta(0), "0 s", id="nothing"),
        pytest.param(timedelta(seconds=-5), "0 s", id="never below nothing"),
    ],
)
def test_a_span_in_words(span, words):
    assert span_in_words(span) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        pytest.param(NOW - timedelta(minutes=3), ">3 min ago<", id="past"),
        pytest.param(NOW, ">just now<", id="now"),
        pytest.param(NOW + timedelta(seconds=40), ">in 40 s<", id="to come"),
        pytest.param(None, ">–<", id="never"),
    ],
)
def test_a_moment_in_words(moment, words):
    assert words in ago(moment, now=NOW)


def test_the_exact_time_is_there_on_hover():
    assert 'title="04 May 2026 09:17:00 UTC"' in ago(NOW - timedelta(minutes=3), now=NOW)


def test_what_a_service_says_can_not_become_a_part_of_the_page():
    assert "&lt;script&gt;" in badge("<script>")


@pytest.mark.parametrize(
    ("counts", "bars"),
    [
        pytest.param([1, 2, 4, 8], "▂▃▅█", id="growing"),
        pytest.param([0, 0], "▁▁", id="nothing"),
    ],
)
def test_a_trend_as_bars(counts, bars):
    assert drawn(counts) == bars
