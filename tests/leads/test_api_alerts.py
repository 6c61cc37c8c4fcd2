"""Alerts over the API."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import AlertDelivery, AlertLine
from tests.factories.leads import AlertChannelFactory, AlertFactory, ScannedCompanyFactory
from tests.factories.people import api_client

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/alerts/"


def test_an_alert_tells_its_change_and_its_messages_and_no_secret():
    channel = AlertChannelFactory()
    alert = AlertFactory(company=ScannedCompanyFactory(domain="firm.com"))
    delivery = AlertDelivery.objects.create(channel=channel, state="sent", tries=2)
    AlertLine.objects.create(alert=alert, channel=channel, delivery=delivery)

    told = api_client("leads.view_alert").get(f"{ADDRESS}{alert.pk}/").json()

    assert told["domain"] == "firm.com"
    assert (told["type"], told["previous"], told["current"]) == ("mx_changed", "outlook.com", "google.com")
    assert told["messages"] == [
        {
            "id": str(delivery.pk), "method": "webhook", "target": "https://example.com/…", "state": "sent", "tries": 2,
            "reason": None, "settled_at": None,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("type=expire_soon", ["b.com"], id="type"),
        pytest.param("state=failed", ["a.com"], id="state"),
        pytest.param("domain=b.com", ["b.com"], id="domain"),
        pytest.param("raised_after=2000-01-01T00:00:00Z", ["b.com", "a.com"], id="after a time, newest first"),
        pytest.param("raised_before=2000-01-01T00:00:00Z", [], id="before a time"),
    ],
)
def test_alerts_are_filtered_by(query, found):
    AlertFactory(company=ScannedCompanyFactory(domain="a.com"), state="failed")
    AlertFactory(company=ScannedCompanyFactory(domain="b.com"), type="expire_soon")

    answer = api_client("leads.view_alert").get(f"{ADDRESS}?{query}").json()

    assert [one["domain"] for one in answer["results"]] == found


def test_alerts_are_closed_to_those_without_the_permission():
    assert api_client("leads.view_company").get(ADDRESS).status_code == 403


@pytest.mark.proves("R7.7")
def test_a_page_of_alerts_is_the_same_number_of_queries():
    client = api_client("leads.view_alert")

    def queries_of(count: int) -> int:
        AlertFactory.create_batch(count)
        with CaptureQueriesContext(connection) as captured:
            client.get(ADDRESS)
        return len(captured)

    assert queries_of(2) == queries_of(20)
