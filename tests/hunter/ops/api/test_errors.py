from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.work.models import Attempt, CauseNote, ErrorRecord, Item
from tests.factories.people import api_client
from tests.hunter.ops.api.conftest import make_error

pytestmark = pytest.mark.django_db

READER = "work.view_errorrecord"


@pytest.mark.proves("R5.7")
@pytest.mark.parametrize(
    ("query", "keys"),
    [
        pytest.param("service=dynamics365", ["b.example"], id="service"),
        pytest.param("error_class=transient", ["a.example"], id="class"),
        pytest.param("kind=scan&key=a.example", ["a.example"], id="item"),
        pytest.param("operation=push a lead", ["b.example"], id="operation"),
        pytest.param("gave_up=false", ["b.example"], id="whether it gave up"),
        pytest.param("state=open", ["b.example", "a.example"], id="state"),
        pytest.param("state=resolved", [], id="another state"),
        pytest.param("seen_after=2100-01-01T00:00:00Z", [], id="time"),
        pytest.param("seen_before=2100-01-01T00:00:00Z&service=dns", ["a.example"], id="several at once"),
    ],
)
def test_errors_are_filtered_by(query, keys):
    make_error(key="a.example")
    make_error(
        kind="push_dynamics365", key="b.example", operation="push a lead", service="dynamics365",
        error_class="validation", gave_up=False,
    )  # fmt: skip

    answer = api_client(READER).get(f"/api/v1/errors/?{query}")

    assert [row["key"] for row in answer.json()["results"]] == keys


@pytest.mark.proves("R5.8", "C5")
def test_one_error_is_tried_again_as_a_person_asks(failed_scan):
    answer = api_client("work.retry_errorrecord").post(f"/api/v1/errors/{failed_scan.pk}/retry/")

    assert answer.status_code == 202
    assert answer["Location"] == answer.json()["look_at"] == f"http://testserver/api/v1/errors/{failed_scan.pk}/"
    failed_scan.refresh_from_db()
    item = Item.objects.get(kind="scan", key="contoso.com")
    assert failed_scan.state == "retrying"
    assert (item.dead_at, item.attempts, item.priority) == (None, 0, 0)
    assert AuditEntry.objects.get().act == "try again"


def test_what_nobody_can_try_by_itself_says_so():
    error = make_error(kind="no such work")

    answer = api_client("work.retry_errorrecord").post(f"/api/v1/errors/{error.pk}/retry/")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:hunter:problem:refused")


@pytest.mark.parametrize("act", ["retry", "dismiss"])
def test_a_settled_error_is_left_alone(act):
    error = make_error(state="resolved")
    client = api_client("work.retry_errorrecord", "work.dismiss_errorrecord")

    answer = client.post(f"/api/v1/errors/{error.pk}/{act}/", {"reason": "x"} if act == "dismiss" else {})

    assert answer.status_code == 409
    assert "resolved" in answer.json()["detail"]


def test_an_error_is_put_aside_with_its_reason(failed_scan):
    answer = api_client("work.dismiss_errorrecord").post(
        f"/api/v1/errors/{failed_scan.pk}/dismiss/", {"reason": "The domain was given up."}
    )

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["state_reason"]) == ("dismissed", "The domain was given up.")
    assert AuditEntry.objects.get().why == "The domain was given up."


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"reason": "  "}, id="blanks"),
        pytest.param({"reason": "x", "until": "May"}, id="an end that there is none of"),
        pytest.param({"reason": "x", "by": "anna"}, id="something unknown"),
    ],
)
def test_an_error_is_not_put_aside_with(body, failed_scan):
    answer = api_client("work.dismiss_errorrecord").post(f"/api/v1/errors/{failed_scan.pk}/dismiss/", body)

    assert answer.status_code == 400
    assert ErrorRecord.objects.get().state == "open"


@pytest.mark.proves("R5.8")
@pytest.mark.parametrize(("until", "days", "above"), [("7d", 7, None), ("twice", None, 4), (None, None, None)], ids=str)
def test_an_error_is_put_aside_until(until, days, above):
    error, _ = make_error(key="a.example"), make_error(key="b.example")

    answer = api_client("work.dismiss_errorrecord").post(
        f"/api/v1/errors/{error.pk}/dismiss/", {"reason": "They know.", "until": until}, format="json"
    )

    assert answer.json()["state"] == "dismissed"
    asides = CauseNote.objects.filter(fingerprint=error.fingerprint, aside_at__isnull=False)
    lasts = asides.values_list(F("aside_until") - F("aside_at"), "aside_above")
    assert list(lasts) == ([(days and timedelta(days=days), above)] if until else [])


@pytest.mark.proves("R5.8")
def test_all_that_the_filters_match_are_put_aside_for_a_week():
    mine, other = make_error(key="a.example"), make_error(key="b.example", service="rdap")

    answer = api_client("work.dismiss_errorrecord").post(
        "/api/v1/errors/dismiss/", {"reason": "They know.", "until": "7d", "service": "dns"}, format="json"
    )

    assert answer.status_code == 202
    assert (answer.json()["matched"], answer.json()["dismissed"], answer.json()["run"]) == (1, 1, None)
    states = dict(ErrorRecord.objects.values_list("pk", "state"))
    assert states == {mine.pk: "dismissed", other.pk: "open"}
    assert CauseNote.objects.get(aside_at__isnull=False).fingerprint == mine.fingerprint


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"reason": "x"}, id="no filter"),
        pytest.param({"service": "dns"}, id="no reason"),
        pytest.param({"reason": "x", "servise": "dns"}, id="a filter that there is none of"),
        pytest.param({"reason": "x", "service": "dns", "until": "never"}, id="an end that there is none of"),
        pytest.param(["dns"], id="no object"),
    ],
)
def test_nothing_is_put_aside_by(body):
    make_error()

    answer = api_client("work.dismiss_errorrecord").post("/api/v1/errors/dismiss/", body, format="json")

    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert ErrorRecord.objects.get().state == "open"


@pytest.mark.proves("R5.8")
@pytest.mark.parametrize(
    ("body", "query", "retried"),
    [
        pytest.param({"service": "dns"}, "", ["a.example"], id="by the body"),
        pytest.param({}, "?service=rdap", ["b.example"], id="by the query"),
        pytest.param({}, "", ["a.example", "b.example"], id="all that still fails"),
        pytest.param({"service": "dns", "key": "b.example"}, "", [], id="none that match"),
    ],
)
def test_all_that_the_filters_match_is_tried_again(body, query, retried):
    make_error(key="a.example")
    make_error(key="b.example", service="rdap")
    make_error(key="c.example", state="dismissed")

    answer = api_client("work.retry_errorrecord").post(f"/api/v1/errors/retry/{query}", body)

    assert answer.status_code == 202
    assert (answer.json()["matched"], answer.json()["queued"]) == (len(retried), len(retried))
    assert sorted(ErrorRecord.objects.filter(state="retrying").values_list("key", flat=True)) == retried


@pytest.mark.parametrize("body", [{"servise": "dns"}, {"error_class": "bad luck"}, ["dns"]])
def test_nothing_is_tried_by_a_filter_that_is_none(body):
    make_error()

    answer = api_client("work.retry_errorrecord").post("/api/v1/errors/retry/", body, format="json")

    assert answer.status_code == 400
    assert ErrorRecord.objects.get().state == "open"


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "{id}/retry/"), ("post", "{id}/dismiss/"), ("post", "retry/"), ("post", "dismiss/")],
)
def test_a_reader_reads_and_does_not_act(method, path, failed_scan):
    client = api_client(READER)

    answer = getattr(client, method)(f"/api/v1/errors/{path.format(id=failed_scan.pk)}", {"reason": "x"})

    assert client.get("/api/v1/errors/").status_code == 200
    assert answer.status_code == 403
    assert "work." in answer.json()["detail"]
    assert ErrorRecord.objects.get().state == "open"


def test_who_acts_need_not_be_allowed_to_read(failed_scan):
    client = api_client("work.retry_errorrecord")

    assert client.get("/api/v1/errors/").status_code == 403
    assert client.post(f"/api/v1/errors/{failed_scan.pk}/retry/").status_code == 202


def test_the_tries_of_an_error_are_told_with_what_was_asked_and_answered(failed_scan):
    item = Item.objects.get(kind=failed_scan.kind, key=failed_scan.key)
    exchange = {"request": {"line": "GET https://a.example/", "headers": {}, "body": ""}, "answer": None}
    now = timezone.now()
    for number in (1, 2):
        Attempt.objects.create(
            item_id=item.pk, number=number, began_at=now, ended_at=now, outcome="later", exchange=exchange, seconds=0.5
        )

    told = api_client(READER).get(f"/api/v1/errors/{failed_scan.pk}/attempts/").json()

    assert [one["number"] for one in told["attempts"]] == [2, 1]
    assert told["attempts"][0]["exchange"] == exchange
    assert api_client().get(f"/api/v1/errors/{failed_scan.pk}/attempts/").status_code == 403
