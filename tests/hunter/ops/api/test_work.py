from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from hunter.remote import limits
from hunter.remote.lanes import LaneName
from hunter.work.models import Item
from tests.factories.people import api_client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "state"),
    [
        pytest.param({"due_at": timedelta(seconds=-5)}, "waiting", id="due and not begun"),
        pytest.param({"due_at": timedelta(hours=1)}, "later", id="due in an hour"),
        pytest.param({"due_at": timedelta(minutes=3), "lease": uuid4()}, "running", id="held by a worker"),
        pytest.param({"dead_at": timedelta(0)}, "dead", id="given up"),
        pytest.param({}, "done", id="nothing is due any more"),
    ],
)
def test_a_unit_of_work_says_how_it_stands(values, state):
    now = timezone.now()
    times = {name: now + value if isinstance(value, timedelta) else value for name, value in values.items()}
    item = Item.objects.create(kind="scan", key="contoso.com", lane="dns", **times)
    client = api_client("work.view_item")

    assert client.get(f"/api/v1/jobs/{item.pk}/").json()["state"] == state
    assert [row["id"] for row in client.get(f"/api/v1/jobs/?state={state}").json()["results"]] == [str(item.pk)]


@pytest.mark.proves("R7.2")
def test_a_lane_says_what_waits_in_it():
    limits.ensure_lane(LaneName.DNS)
    Item.objects.create(kind="scan", key="contoso.com", lane="dns", due_at=timezone.now() - timedelta(minutes=1))
    client = api_client("remote.view_lane")

    lane = client.get("/api/v1/lanes/dns/").json()

    assert (lane["lane"], lane["state"], lane["depth"]) == ("dns", "ok", 1)
    assert lane["oldest_age"] >= 60
    assert client.get("/api/v1/lanes/").json()["results"][0]["lane"] == "dns"


def test_a_lane_that_is_none_is_not_found():
    assert api_client("remote.view_lane").get("/api/v1/lanes/pigeons/").status_code == 404


@pytest.mark.parametrize("path", ["jobs", "lanes"])
def test_work_is_shown_to_those_who_may_see_it(path):
    assert api_client("leads.view_company").get(f"/api/v1/{path}/").status_code == 403
