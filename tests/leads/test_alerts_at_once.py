"""Two workers at once: a change is raised once, and an alert whose last two messages fail together is failed."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from leads.alerting import DeliveryState
from leads.answers import answered
from leads.models import Alert, AlertDelivery
from leads.rules import load_rules
from leads.services.alerts import Concluded, conclude, route_pending
from leads.services.recording import record_scans
from tests.factories.leads import AlertChannelFactory, AlertFactory, ScannedCompanyFactory
from tests.leads.answers import scan_answer
from tests.threads import at_once
from tests.waiting import until

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
        has_first.wait(20)
        with transaction.atomic():
            conclude([Concluded(second, DeliveryState.FAILED)])

    at_once(fail_first, fail_second)

    alert.refresh_from_db()
    assert alert.state == "failed"
