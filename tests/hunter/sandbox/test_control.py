"""Control: what tests and curious people do behind the sandbox's curtain."""

from __future__ import annotations

import pytest
import requests

from hunter.sandbox.control import ControlRefused
from tests.waiting import PATIENCE


@pytest.fixture
def call(sandbox):
    def send(method, path, **more):
        return requests.request(method, f"{sandbox.url}/_control/{path}", timeout=PATIENCE, **more)

    return send


@pytest.mark.parametrize(
    ("service", "member"),
    [
        ("entra", "settings"), ("partner-center", "referrals"), ("dataverse", "leads"), ("rdap", "registrations"),
        ("dns", "records"), ("whois", "registrations"),
    ],
)  # fmt: skip
def test_the_state_of_each_service_is_shown(call, service, member):
    answer = call("GET", f"state/{service}")

    assert answer.status_code == 200
    assert member in answer.json()


def test_calls_are_shown_with_their_order_status_and_time(call, partner_center):
    partner_center.call(params={"$top": "1"}, headers={"client-request-id": "c-1"})
    partner_center.call(ident="no-guid")

    first, second = call("GET", "calls/partner-center").json()["calls"]

    assert (first["method"], first["path"], first["status"]) == ("GET", "/v1.0/engagements/referrals", 200)
    assert first["operation"] == "list"
    assert first["headers"]["Client-Request-Id"] == "c-1"
    assert (second["operation"], second["status"], second["open"]) == ("get", 400, 1)
    assert first["at"].startswith("2026-05-04T09:30")


def test_p41_the_journal_holds_no_secret(call, partner_center):
    partner_center.call()

    assert "Bearer" not in call("GET", "calls/partner-center").text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"fault": "status"}, "service", id="no service"),
        pytest.param({"service": "oracle", "fault": "status"}, "service", id="an unknown service"),
        pytest.param({"service": "rdap"}, "fault", id="no fault"),
        pytest.param({"service": "rdap", "fault": "earthquake"}, "fault", id="an unknown fault"),
        pytest.param({"service": "rdap", "fault": "dns_servfail"}, "fault", id="a fault of another service"),
        pytest.param({"service": "dns", "fault": "html"}, "fault", id="HTML over DNS"),
        pytest.param({"service": "rdap", "fault": "expired_token"}, "fault", id="a token where there is none"),
        pytest.param({"service": "rdap", "fault": "status", "status": 99}, "status", id="no HTTP status"),
        pytest.param({"service": "rdap", "fault": "status", "times": 0}, "times", id="never"),
        pytest.param({"service": "rdap", "fault": "slow", "seconds": -1}, "seconds", id="before it was asked"),
        pytest.param({"service": "rdap", "fault": "slow", "probability": 1.5}, "probability", id="more than always"),
        pytest.param({"service": "rdap", "fault": "status", "colour": 1}, "colour", id="an unknown member"),
        pytest.param(
            {"service": "partner-center", "fault": "status", "operation": "lsit"},
            "operation",
            id="an unknown operation",
        ),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_by_its_field(call, body, field):
    answer = call("POST", "faults", json=body)

    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert answer.json()["error"]
    assert call("GET", "faults").json() == {"faults": []}


@pytest.mark.parametrize("path", ["state/oracle", "calls/oracle"])
def test_an_unknown_service_is_refused(call, path):
    answer = call("GET", path)

    assert (answer.status_code, answer.json()["field"]) == (400, "service")


@pytest.mark.parametrize("body", [b"{", b"[]", b"7"])
def test_a_body_that_is_no_json_object_is_refused(call, body):
    answer = call("POST", "reset", data=body)

    assert (answer.status_code, answer.json()["field"]) == (400, "body")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"companies": -1}, "companies"), ({"referrals": "many"}, "referrals"), ({"planets": 9}, "planets")],
)
def test_a_reset_to_no_world_is_refused(call, body, field):
    answer = call("POST", "reset", json=body)

    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_an_unknown_path_names_what_there_is(call):
    answer = call("GET", "weather")

    assert answer.status_code == 404
    assert "POST reset" in answer.json()["error"]


def test_a_path_without_a_service_names_those_there_are(sandbox):
    answer = requests.get(f"{sandbox.url}/salesforce/leads", timeout=PATIENCE)

    assert answer.status_code == 404
    assert "/partner-center" in answer.json()["error"]


def test_a_reset_gives_the_world_that_was_asked_for(sandbox, call, partner_center):
    sandbox.control.add_fault(service="rdap", fault="status")
    partner_center.call()

    answer = call("POST", "reset", json={"companies": 30, "referrals": 50, "seed": 9})

    assert answer.json() == {"companies": 30, "referrals": 50, "seed": 9}
    assert len(sandbox.control.state("partner-center")["referrals"]) == 50
    assert sandbox.control.calls("partner-center") == []
    assert sandbox.control.faults() == []


def test_tokens_and_the_first_sign_in_outlive_a_reset(sandbox, partner_center):
    env = sandbox.env

    sandbox.control.reset(companies=12, referrals=12, seed=2)

    assert sandbox.env == env
    assert partner_center.call().status_code == 200


@pytest.mark.parametrize(
    ("service", "change", "field"),
    [
        ("partner-center", {"id": "unknown", "set": {"name": "x"}}, "id"),
        ("partner-center", {"next_link": "sideways"}, "next_link"),
        ("entra", {"role": "King"}, "role"),
        ("entra", {"colour": "red"}, "colour"),
        ("entra", {"approve_device_code": "NOSUCH"}, "approve_device_code"),
        ("dns", {}, "name"),
        ("dns", {"name": "a.example", "type": "MX", "values": ["no preference"]}, "values"),
        ("dns", {"domain": "a.example", "failure": "BAD MOOD"}, "failure"),
        ("rdap", {"registration": None}, "domain"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_by_its_field(sandbox, service, change, field):
    with pytest.raises(ControlRefused) as refused:
        sandbox.control.edit(service, change)

    assert refused.value.field == field
