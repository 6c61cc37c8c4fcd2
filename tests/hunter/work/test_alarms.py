"""Alarms: told once when a backlog or a trouble begins, and once when it is over."""

from __future__ import annotations

import logging
from datetime import timedelta
from random import Random

import pytest
from django.core.cache import cache
from django.db.models import F
from django.urls import reverse

from hunter.remote import breaker, limits
from hunter.remote.breaker import Sign
from hunter.remote.clock import database_now
from hunter.remote.errors import Call, TransientFailure
from hunter.remote.lanes import LaneName
from hunter.remote.models import Alarm, Lane
from hunter.work.alarms import watch
from hunter.work.asking import ask
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from hunter.work.tasks import tick
from hunter.work.trouble import record_trouble, resolve_trouble
from leads.models import AlertDelivery
from tests.factories.people import administrator
from tests.hunter.work.toy import LANE, TOY
from tests.pipelines.alerts import add_channel
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R7.2")]


@pytest.fixture
def thresholds(settings, script):
    settings.ALARM_WAITING, settings.ALARM_WAITING_MINUTES, settings.ALARM_TROUBLE_MINUTES = 10, 60, 5
    return settings


@pytest.fixture
def told(caplog):
    """What was told of alarms, as the log has it."""
    caplog.set_level(logging.INFO, logger="hunter.work.news")
    return lambda: [one.getMessage() for one in caplog.records if one.name == "hunter.work.news"]


def waiting(count: int) -> None:
    Item.objects.filter(kind=TOY).delete()
    ask(TOY, [str(number) for number in range(count)])


def test_too_much_that_waits_is_told_once_and_its_end_once(thresholds, told):
    waiting(9)
    watch()
    assert told() == []

    for _ in range(3):
        waiting(10)
        watch()
    assert told() == ["news.appeared"]

    for _ in range(3):
        waiting(7)
        watch()
    assert told() == ["news.appeared", "news.over"]

    waiting(12)
    watch()
    assert told() == ["news.appeared", "news.over", "news.came_back"]
    assert Alarm.objects.get().times == 2


def test_a_backlog_that_swings_about_the_threshold_is_one_alarm(thresholds, told):
    for count in (10, 9, 10, 8, 11, 9):
        waiting(count)
        watch()

    assert told() == ["news.appeared"]


def test_what_has_waited_for_long_is_told_however_little_it_is(thresholds, told):
    waiting(1)
    Item.objects.update(due_at=F("due_at") - timedelta(minutes=61))

    watch()

    assert told() == ["news.appeared"]
    assert Alarm.objects.get().sentence == "Messages to others: 1 wait, the oldest for 61 minutes."


def test_work_that_is_not_due_or_is_being_done_waits_for_nobody(thresholds, told):
    waiting(20)
    Item.objects.update(due_at=F("due_at") + timedelta(hours=1))

    watch()

    assert told() == []


def test_a_service_in_trouble_is_told_after_a_while_and_its_end(thresholds, told):
    lane = LaneName.DYNAMICS365
    record_trouble(lane, TransientFailure("The CRM gave no answer.", call=Call(lane.value, "push")))
    watch()
    assert told() == []

    ErrorRecord.objects.update(first_seen=database_now() - timedelta(minutes=6))
    watch()
    watch()
    assert told() == ["news.appeared"]
    assert Alarm.objects.get().sentence == "Dynamics 365: The CRM gave no answer."

    resolve_trouble(lane)
    watch()
    assert told() == ["news.appeared", "news.over"]


@pytest.mark.proves("R1.6")
def test_a_service_in_which_one_item_fails_alone_is_told_after_a_while_and_its_end(thresholds, told, client):
    client.force_login(administrator())
    lane = LaneName.DYNAMICS365
    limits.ensure_lane(lane)
    for _ in range(3):
        breaker.heed(lane, [Sign(7, "No answer.")], rng=Random(1))
    watch()
    assert told() == []

    Lane.objects.update(failing_since=database_now() - timedelta(minutes=6))
    watch()
    watch()
    assert told() == ["news.appeared"]
    assert Alarm.objects.get().sentence == "Dynamics 365: no call has gone right for 6 minutes."
    cache.clear()
    assert "no call has gone right for 6 minutes" in client.get(reverse("admin:index")).content.decode()

    breaker.heed(lane, [Sign(7)], rng=Random(1))
    watch()
    assert told() == ["news.appeared", "news.over"]


def test_one_failure_that_nothing_followed_is_no_trouble(thresholds, told):
    limits.ensure_lane(LaneName.DYNAMICS365)
    breaker.heed(LaneName.DYNAMICS365, [Sign(7, "No answer.")], rng=Random(1))
    Lane.objects.update(failing_since=database_now() - timedelta(hours=6))

    watch()

    assert told() == []


def test_a_service_that_lets_no_drainer_begin_is_told_after_a_while(thresholds, told, script):
    def away() -> None:
        raise TransientFailure("The sign-in gave no answer.", call=Call("entra", "token"))

    script.on_prepare = away
    ask(TOY, ["a"])
    Drainer(LANE, budget=timedelta(seconds=1)).run()
    ErrorRecord.objects.update(first_seen=database_now() - timedelta(minutes=6))

    watch()

    assert told() == ["news.appeared"]
    assert Alarm.objects.get().sentence == "Messages to others: The sign-in gave no answer."


def test_a_threshold_of_zero_is_none(thresholds, told):
    thresholds.ALARM_WAITING = thresholds.ALARM_WAITING_MINUTES = thresholds.ALARM_TROUBLE_MINUTES = 0
    waiting(50)
    Item.objects.update(due_at=F("due_at") - timedelta(days=3))
    record_trouble(LaneName.DNS, TransientFailure("No answer.", call=Call("dns", "scan")))

    watch()

    assert told() == []


def test_the_minutes_tick_looks(thresholds, told):
    waiting(10)

    tick()

    assert told() == ["news.appeared"]


def test_an_open_alarm_is_a_line_on_home_until_it_is_over(thresholds, client):
    client.force_login(administrator())
    words = "Messages to others: 10 wait"
    waiting(10)
    watch()
    cache.clear()
    meanwhile = client.get(reverse("admin:index")).content.decode()
    waiting(0)
    watch()
    cache.clear()

    assert words in meanwhile
    assert words not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_several_that_look_at_once_one_tells(thresholds, told):
    waiting(10)

    at_once(*[watch] * 6)

    assert told() == ["news.appeared"]


def test_who_wants_news_of_hunter_is_told_by_its_channel(thresholds):
    add_channel("https://hooks.example.com/hunter", type="operations")
    waiting(10)
    watch()
    waiting(0)
    watch()

    told = [line["text"] for one in AlertDelivery.objects.order_by("created_at") for line in one.notices]
    assert told == [
        "Messages to others: 10 wait, the oldest for 0 minutes.",
        "Over: Messages to others: 10 wait, the oldest for 0 minutes.",
    ]
