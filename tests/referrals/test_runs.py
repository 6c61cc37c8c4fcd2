"""From which change on is read, and up to where everything was read (domain document e.8, trap T25)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hunter.errors import HunterError
from referrals.client import Page
from referrals.models import SyncMode, SyncRun, SyncState
from referrals.services.runs import MOST_RESTARTS, OVERLAP, Wish, open_run, safe_watermark, since_of, take_page


def at(hour: int) -> datetime:
    return datetime(2026, 5, 4, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wish", "watermark", "since"),
    [
        pytest.param(Wish(), None, None, id="the first time everything"),
        pytest.param(Wish(), at(9), at(9) - OVERLAP, id="then what changed, with an overlap"),
        pytest.param(Wish(full=True), at(9), None, id="everything when wished for"),
        pytest.param(Wish(since=at(3)), at(9), at(3), id="a given time as it is"),
    ],
)
def test_from_when_on_is_read(wish, watermark, since):
    assert since_of(wish, watermark=watermark) == since


@pytest.mark.parametrize(
    ("since", "newest", "last", "watermark"),
    [
        pytest.param(None, at(9), None, at(9), id="a first full run: the newest it has seen"),
        pytest.param(None, None, None, None, id="a run that saw nothing"),
        pytest.param(at(8), at(9), at(8), at(9), id="a normal run takes it further"),
        pytest.param(at(8), None, at(8), at(8), id="a normal run that saw nothing leaves it"),
        pytest.param(at(8), at(9), at(7), at(7), id="over a gap it is not taken"),
        pytest.param(at(8), at(9), None, None, id="nor when nothing was read before"),
        pytest.param(at(3), at(4), at(9), at(9), id="it never goes back"),
        pytest.param(None, at(23), None, at(12), id="a change from the future counts up to the run's beginning only"),
    ],
)
def test_up_to_when_everything_was_read(since, newest, last, watermark):
    run = SyncRun(account="a", mode=SyncMode.FULL, since=since, newest_seen=newest, started_at=at(12))

    assert safe_watermark(run, last=last) == watermark


def test_the_overlap_covers_rows_that_move_while_pages_are_read():
    assert timedelta(minutes=10) <= OVERLAP


@pytest.mark.django_db
def test_a_list_that_leads_back_to_the_same_page_again_and_again_does_not_keep_a_sync_for_ever():
    run = open_run("a", Wish(full=True))
    for _ in range(MOST_RESTARTS):
        run.cursor = "page 2"
        assert not take_page(run, Page((), "page 2"), consumer_domains=frozenset())
        assert (run.cursor, run.state) == ("", SyncState.RUNNING)

    run.cursor = "page 2"
    with pytest.raises(HunterError, match="leads back to the same page"):
        take_page(run, Page((), "page 2"), consumer_domains=frozenset())

    assert (run.restarts, run.pages) == (MOST_RESTARTS, 0)
