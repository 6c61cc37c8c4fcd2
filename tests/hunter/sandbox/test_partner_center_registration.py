"""The registration of webhooks at the simulated Partner Center (contract 5, P38)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from hunter.sandbox import identities
from tests.waiting import PATIENCE, until

URL = "http://127.0.0.1:9/hooks/"
EVENTS = ["referral-created", "test-created"]


@pytest.fixture
def ask(sandbox):
    """Call the registration host; with a token of its own audience unless another is named."""

    def asked(method, path="", *, resource=identities.PARTNER_CENTER_CSP_RESOURCE, **body):
        form = {
            "grant_type": "refresh_token", "client_id": identities.PARTNER_CENTER_CLIENT_ID,
            "refresh_token": sandbox.env["PARTNER_CENTER_REFRESH_TOKEN"], "scope": f"{resource}/.default",
        }  # fmt: skip
        tokens = f"{sandbox.env['ENTRA_URL']}/{identities.TENANT_ID}/oauth2/v2.0/token"
        token = requests.post(tokens, data=form, timeout=PATIENCE).json()["access_token"]
        url = f"{sandbox.env['PARTNER_CENTER_REGISTRATION_URL']}/webhooks/v1/registration{path}"
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, url, json=body or None, headers=headers, timeout=PATIENCE)

    return asked


def register(ask, method="POST", url=URL, events=EVENTS):
    return ask(method, WebhookUrl=url, WebhookEvents=events)


def test_t9_a_token_for_the_referrals_is_401_here(ask):
    assert ask("GET", resource=identities.PARTNER_CENTER_RESOURCE).status_code == 401


def test_p38_nothing_is_there_until_it_is_created_and_then_it_is_changed(ask):
    assert ask("GET").status_code == 404
    assert register(ask, "PUT").status_code == 404

    created = register(ask)
    changed = register(ask, "PUT", events=["referral-updated"])

    assert (created.json()["WebhookUrl"], created.json()["WebhookEvents"]) == (URL, EVENTS)
    assert {"MS-CorrelationId", "MS-RequestId", "X-Locale"} <= set(created.headers)
    assert ask("GET").json() == changed.json()
    assert changed.json()["SubscriberId"] == created.json()["SubscriberId"]
    assert changed.json()["WebhookEvents"] == ["referral-updated"]


@pytest.mark.parametrize(("url", "events"), [("http://a.example", EVENTS), (URL, ["nothing-created"]), (URL, [])])
def test_p38_what_can_not_be_registered_is_400(ask, url, events):
    assert register(ask, url=url, events=events).status_code == 400


def test_p38_the_events_are_listed(ask):
    assert set(EVENTS) < set(ask("GET", "/events").json())


def test_p38_only_the_events_that_were_named_are_told(ask, sandbox):
    register(ask)
    ident = sandbox.control.edit("partner-center", {"add": {"name": "New"}})["id"]
    sandbox.control.edit("partner-center", {"id": ident, "set": {"name": "Changed"}})
    sandbox.control.edit("partner-center", {"add": {"name": "Another"}})

    until(lambda: len(told(sandbox)) == 2, what="both messages")
    assert [one["event"] for one in told(sandbox)] == ["referral-created"] * 2


def told(sandbox):
    return sandbox.control.state("partner-center")["webhooks"]["deliveries"]


def test_p38_two_tests_a_minute_are_sent_and_their_attempts_told(ask, sandbox):
    register(ask)

    first, second, third = (ask("POST", "/validationEvents") for _ in range(3))

    assert [one.status_code for one in (first, second, third)] == [200, 200, 429]
    ident = first.json()["correlationId"]
    result = until(lambda: ask("GET", f"/validationEvents/{ident}").json()["results"], what="the attempts")
    assert len(result) == 10
    sandbox.clock.advance(timedelta(minutes=1))
    assert ask("POST", "/validationEvents").status_code == 200
    assert ask("GET", "/validationEvents/unknown").status_code == 404
