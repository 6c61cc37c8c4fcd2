"""News of a cause is told once when it appears and once when it is over; what is put aside stays so until it is worse (R1.6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.work import news
from hunter.work.asides import Until, keep_aside, open_again
from hunter.work.cause_watch import EVERYTHING, WATCH, look
from hunter.work.drainer import Drainer
from hunter.work.models import CauseNote, ErrorRecord, Item
from hunter.work.retrying import dismiss_errors
from hunter.work.tasks import ask_for_standing_work
from tests.factories.people import administrator
from tests.factories.work import ErrorFactory
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db
State = ErrorRecord.State


@pytest.fixture
def ayse():
    return administrator("ayse")


def failed(*keys: str, **changes: object) -> None:
    for key in keys:
        ErrorFactory(**{"key": key, "message": "The colour is refused.", "field": "colour"} | changes)


def settle(state: str = State.RESOLVED) -> None:
    ErrorRecord.objects.unsettled().update(state=state, settled_at=database_now())


def told() -> list[tuple[str, str]]:
    return [(one.change.value, one.sentence) for one in look()]


def aside(ayse, *, until: Until) -> None:
    errors = ErrorRecord.objects.unsettled()
    keep_aside(errors, until=until, reason="They know.", by=ayse)
    dismiss_errors(errors, reason="They know.", by=ayse)


def states() -> list[str]:
    return list(ErrorRecord.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.proves("R1.6")
def test_a_cause_is_told_once_when_it_appears_once_when_it_is_over_and_again_when_it_is_back():
    failed("a", "b")

    assert told() == [("appeared", "2 errors: The colour is refused.")]
    failed("c")
    assert told() == []
    settle()
    assert told() == [("over", "Over: The colour is refused.")]
    assert told() == []
    failed("d")
    assert told() == [("came back", "1 error again: The colour is refused.")]


def test_what_is_tried_again_by_itself_is_no_news():
    failed("a", gave_up=False)

    assert told() == []


def test_a_cause_is_not_over_while_it_is_being_tried():
    failed("a")
    told()
    ErrorRecord.objects.update(state=State.RETRYING)
    assert told() == []

    settle()
    assert [change for change, _ in told()] == ["over"]


@pytest.fixture
def deaf():
    """A subscriber that can't take news."""

    def refuse(some: object) -> None:
        raise HunterError("The channel's table is locked.")

    news.subscribers.append(refuse)
    yield lambda: news.subscribers.remove(refuse)
    if refuse in news.subscribers:
        news.subscribers.remove(refuse)


def test_news_and_what_is_remembered_stand_or_fall_together(deaf):
    failed("a")
    with pytest.raises(HunterError), transaction.atomic():
        look()

    deaf()
    assert [change for change, _ in told()] == ["appeared"]


def test_the_watch_stands_by_itself_and_logs(caplog, settings):
    settings.LANE_LIMITS = {"hunter": "100000,100000"}
    failed("a")
    ask_for_standing_work()
    Drainer(LaneName.HUNTER, budget=timedelta(seconds=PATIENCE)).run()

    assert CauseNote.objects.get().is_open
    assert Item.objects.filter(kind=WATCH, key=EVERYTHING, due_at__gt=database_now()).exists()
    assert "news.appeared" in caplog.text


def test_what_is_put_aside_for_a_time_stays_aside_however_often_it_fails(ayse):
    failed("a")
    told()
    aside(ayse, until=Until.A_WEEK)
    failed("b", "c")

    assert told() == []
    assert states() == [State.DISMISSED] * 3
    assert set(ErrorRecord.objects.values_list("state_reason", flat=True)) == {"They know."}


def test_once_the_time_is_over_all_of_it_is_open_again(ayse):
    failed("a", "b")
    told()
    aside(ayse, until=Until.A_DAY)
    told()
    CauseNote.objects.update(aside_until=database_now() - timedelta(seconds=1))

    assert [change for change, _ in told()] == ["came back"]
    assert states() == [State.OPEN] * 2
    assert CauseNote.objects.get().aside_at is None


def test_a_cause_opens_again_with_more_than_twice_as_many(ayse):
    failed("a", "b")
    aside(ayse, until=Until.TWICE)
    failed("c", "d")
    told()
    assert states() == [State.DISMISSED] * 4

    failed("e")
    assert [change for change, _ in told()] == ["appeared"]
    assert states() == [State.OPEN] * 5


def test_what_was_put_aside_long_ago_makes_a_cause_no_worse(ayse):
    failed("a", "b", "c")
    settle(State.DISMISSED)
    failed("d")
    aside(ayse, until=Until.TWICE)
    told()

    assert states() == [State.DISMISSED] * 4


def test_other_causes_stay_open(ayse):
    failed("a")
    aside(ayse, until=Until.A_WEEK)
    failed("a", field="size")
    told()

    assert states() == [State.DISMISSED, State.OPEN]


def test_an_item_that_fails_again_anyway_is_opened_once(ayse):
    failed("a")
    aside(ayse, until=Until.A_WEEK)
    failed("a")
    told()
    CauseNote.objects.update(aside_until=database_now())
    told()

    assert sorted(states()) == [State.DISMISSED, State.OPEN]


def test_a_person_opens_again_what_was_put_aside(ayse):
    failed("a", "b")
    aside(ayse, until=Until.A_WEEK)

    result = open_again(ErrorRecord.objects.all(), by=ayse)

    assert result.sentence() == "2 errors are open again."
    assert states() == [State.OPEN] * 2
    assert AuditEntry.objects.filter(act="open again", by=ayse).count() == 2
    told()
    assert states() == [State.OPEN] * 2


def test_the_page_puts_a_cause_aside_until_it_is_worse_and_says_so(ayse, client):
    client.force_login(ayse)
    failed("a", "b")
    page, act = reverse("admin:work_errorrecord_changelist"), "admin:work_errorrecord_act"
    line = client.get(page).context["lines"][0]
    answers = {"everything": "1", "confirmed": "1", "reason": "They know.", "until": "twice"}
    client.post(line.aside_url, answers)

    text = client.get(f"{page}?state=dismissed").content.decode()
    assert "They know. · by ayse, opens again with more than 4 items" in text
    again = client.get(f"{page}?state=dismissed").context["lines"][0].again_url
    assert reverse(act, args=["open_again"]) in again
    client.post(again, {"everything": "1"})
    assert states() == [State.OPEN] * 2


def test_more_causes_than_anybody_can_have_looked_at_are_not_kept_aside(ayse):
    for number in range(101):
        failed("a", field=f"column_{number}", operation=f"work {number}")

    with pytest.raises(HunterError, match="more than 100 causes"):
        keep_aside(ErrorRecord.objects.all(), until=Until.A_DAY, reason="No.", by=ayse)


@pytest.mark.proves("R7.7")
def test_a_look_takes_as_many_queries_for_many_causes_as_for_few():
    def queries(count: int) -> int:
        for number in range(count):
            failed("a", field=f"column_{count}_{number}", operation=f"work {count} {number}")
        with CaptureQueriesContext(connection) as captured:
            assert len(look()) == count
        return len(captured)

    assert queries(2) == queries(20)
