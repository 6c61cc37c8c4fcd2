"""Two workers at once: a change is raised once, and an alert whose last two messages fail together is failed."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from leads.alerting import DeliveryState
from leads.answers import answered
from leads.models import Alert, AlertChannel, AlertDelivery
from leads.rules import load_rules
from leads.services.alert_channels import TWICE, add_channel
from leads.services.alerts import Concluded, conclude, route_pending
from leads.services.recording import record_scans
from tests.factories.leads import AlertChannelFactory, AlertFactory, ScannedCompanyFactory
from tests.factories.people import staff
from tests.leads.answers import scan_answer
from tests.threads import at_once
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = "select count(*) from pg_locks where not granted"


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


@pytest.mark.proves("R3.2")
def test_two_workers_with_the_same_answer_raise_each_change_once():
    ScannedCompanyFactory(domain="firm.com")
    rules = load_rules()

    def record() -> None:
        with transaction.atomic():
            record_scans([scan_answer("firm.com", mx=answered(["mx.yandex.net"]))], rules=rules)

    at_once(record, record, record)

    assert sorted(Alert.objects.values_list("type", flat=True)) == ["mx_changed", "score_changed"]


def test_of_two_last_messages_that_fail_at_once_the_second_sees_the_first():
    alert = AlertFactory()
    AlertChannelFactory.create_batch(2)
    route_pending()
    first, second = AlertDelivery.objects.values_list("pk", flat=True)
    has_first = threading.Event()

    def fail_first() -> None:
        with transaction.atomic():
            conclude([Concluded(first, DeliveryState.FAILED)])
            has_first.set()
            until(somebody_waits, what="the other message's wait for the alert")

    def fail_second() -> None:
        has_first.wait(PATIENCE)
        with transaction.atomic():
            conclude([Concluded(second, DeliveryState.FAILED)])

    at_once(fail_first, fail_second)

    alert.refresh_from_db()
    assert alert.state == "failed"


@pytest.mark.proves("R3.2")
def test_of_two_who_add_the_same_channel_at_once_the_second_is_told():
    person = staff("leads.view_alertchannel", "leads.add_alertchannel")
    target = "https://hooks.example.com/hunter"
    has_added = threading.Event()

    def add_first() -> str:
        with transaction.atomic():
            channel = AlertChannel(type="mx_changed", method="webhook", frequency="daily")
            add_channel(channel, target=target, by=None)
            has_added.set()
            until(somebody_waits, what="the other person's wait for the channel")
        return ""

    def add_second() -> str:
        client = Client()
        client.force_login(person)
        has_added.wait(PATIENCE)
        given = {"type": "mx_changed", "method": "webhook", "frequency": "daily", "enabled": "on", "target": target}
        return client.post(reverse("admin:leads_alertchannel_add"), given, follow=True).content.decode()

    _, told = at_once(add_first, add_second)

    assert TWICE in told
    assert AlertChannel.objects.count() == 1
