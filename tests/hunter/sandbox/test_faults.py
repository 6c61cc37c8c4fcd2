"""Faults of the HTTP services, shown on demand."""

from __future__ import annotations

import http.client
import threading
import time

import pytest
import requests

from tests.hunter.sandbox.callers import INCOMING, refresh
from tests.waiting import PATIENCE


@pytest.fixture
def known_domain(sandbox):
    return next(iter(sandbox.world.registrations))


@pytest.fixture
def registration(sandbox, known_domain):
    def ask(**more):
        return requests.get(f"{sandbox.env['RDAP_URL']}domain/{known_domain}", timeout=PATIENCE, **more)

    return ask


def some_referral(sandbox):
    return next(row for row in sandbox.world.referrals if row.get("id") and isinstance(row["status"], str))


def test_a_fault_shows_as_often_as_was_asked(sandbox, registration):
    sandbox.control.add_fault(service="rdap", fault="status", status=503, times=2)

    assert [registration().status_code for _ in range(3)] == [503, 503, 200]


def test_a_fault_stands_until_faults_are_cleared(sandbox, registration):
    sandbox.control.add_fault(service="rdap", fault="status", status=500)
    before = {registration().status_code for _ in range(3)}
    sandbox.control.clear_faults()

    assert before == {500}
    assert registration().status_code == 200


def test_a_fault_is_bound_to_its_operation(sandbox, partner_center):
    sandbox.control.add_fault(service="partner-center", fault="status", operation="get", status=500)

    assert partner_center.call().status_code == 200
    assert partner_center.call(ident=some_referral(sandbox)["id"]).status_code == 500


def test_a_fault_by_chance_shows_some_of_the_times_and_the_same_for_one_seed(sandbox, registration):
    sandbox.control.add_fault(service="rdap", fault="status", status=500, probability=0.3)

    failed = sum(registration().status_code == 500 for _ in range(60))

    assert 5 < failed < 35


@pytest.mark.parametrize("retry_after", ["7", "Mon, 04 May 2026 09:31:00 GMT", "864000", "soon"])
def test_p34_retry_after_is_sent_as_given(sandbox, partner_center, retry_after):
    sandbox.control.add_fault(service="partner-center", fault="status", status=429, retry_after=retry_after)

    answer = partner_center.call()

    assert answer.headers["Retry-After"] == retry_after


def test_p34_retry_after_is_missing_unless_asked_for(sandbox, partner_center):
    sandbox.control.add_fault(service="partner-center", fault="status", status=429)

    assert "Retry-After" not in partner_center.call().headers


def test_p42_a_429_has_the_form_of_the_gateway(sandbox, partner_center):
    sandbox.control.add_fault(service="partner-center", fault="status", status=429)

    body = partner_center.call().json()

    assert body["statusCode"] == 429
    assert "error" not in body


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "invalidRequest"), (403, "accessDenied"), (503, "serviceNotAvailable"), (599, "generalException")],
)
def test_a_status_comes_in_the_envelope_of_partner_center(sandbox, partner_center, status, code):
    sandbox.control.add_fault(service="partner-center", fault="status", status=status)

    answer = partner_center.call()

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert answer.headers["Request-ID"]


def test_a_status_comes_in_the_envelope_of_dataverse_with_the_code_asked_for(sandbox):
    sandbox.control.add_fault(service="dataverse", fault="status", status=400, code="0x80044331")

    answer = requests.get(f"{sandbox.env['D365_URL']}/api/data/v9.2/leads", timeout=PATIENCE)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "0x80044331"


def test_drop_before_closes_the_connection_and_nothing_is_done(sandbox, partner_center):
    row = some_referral(sandbox)
    sandbox.control.add_fault(service="partner-center", fault="drop_before", times=1)

    with pytest.raises(requests.exceptions.ConnectionError):
        partner_center.call(
            "PATCH", row["id"], json=[{"op": "replace", "path": "/externalReferenceId", "value": "X-1"}]
        )

    assert partner_center.call(ident=row["id"]).json()["externalReferenceId"] == row["externalReferenceId"]
    assert sandbox.control.calls("partner-center")[0]["outcome"] == "dropped"


def test_drop_after_closes_the_connection_when_it_is_done(sandbox, partner_center):
    row = some_referral(sandbox)
    sandbox.control.add_fault(service="partner-center", fault="drop_after", times=1)

    with pytest.raises(requests.exceptions.ConnectionError):
        partner_center.call(
            "PATCH", row["id"], json=[{"op": "replace", "path": "/externalReferenceId", "value": "X-1"}]
        )

    assert partner_center.call(ident=row["id"]).json()["externalReferenceId"] == "X-1"


def test_html_comes_from_the_gateway_before_the_service_is_asked(sandbox, registration):
    sandbox.control.add_fault(service="rdap", fault="html", status=200, times=1)

    answer = registration()

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_g6_broken_json_is_cut_in_the_middle(sandbox, registration):
    sandbox.control.add_fault(service="rdap", fault="broken_json", times=1)

    answer = registration()

    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_broken_json_is_sent_where_the_service_would_say_nothing(sandbox, partner_center):
    sandbox.control.add_fault(service="partner-center", fault="broken_json", operation="patch")

    answer = partner_center.call("PATCH", some_referral(sandbox)["id"], json=[])

    assert answer.status_code == 200
    assert answer.content.startswith(b"{")


def test_g7_a_slow_answer_comes_after_its_seconds(sandbox, registration):
    sandbox.control.add_fault(service="rdap", fault="slow", seconds=0.2, times=1)
    began = time.monotonic()

    answer = registration()

    assert answer.status_code == 200
    assert time.monotonic() - began >= 0.2


def test_a_slow_answer_is_too_late_for_an_impatient_client(sandbox, known_domain):
    sandbox.control.add_fault(service="rdap", fault="slow", seconds=30)

    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{sandbox.env['RDAP_URL']}domain/{known_domain}", timeout=0.1)


def test_the_journal_says_how_many_calls_were_open_at_once(sandbox, registration):
    sandbox.control.add_fault(service="rdap", fault="slow", seconds=4)
    threads = [threading.Thread(target=registration) for _ in range(5)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sandbox.control.journal("rdap")["most_open"] == 5


def test_an_expired_token_is_refused_until_the_client_has_renewed_it(sandbox, partner_center):
    sandbox.control.add_fault(service="partner-center", fault="expired_token", times=1)

    statuses = [partner_center.call().status_code for _ in range(2)]
    partner_center.session.headers["Authorization"] = "Bearer " + refresh(sandbox).json()["access_token"]

    assert statuses == [401, 401]
    assert partner_center.call(params=INCOMING).status_code == 200


def test_a_connection_serves_many_requests(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=PATIENCE)
    connection.connect()
    sock = connection.sock

    for _ in range(3):
        connection.request("GET", "/_control/faults")
        assert connection.getresponse().read()

    assert connection.sock is sock
    connection.close()
