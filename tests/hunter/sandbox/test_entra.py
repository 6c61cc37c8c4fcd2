"""Entra: discovery and the token endpoint, driven by msal and by bare requests (contract 1, lines P and D)."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import msal
import pytest
import requests

from hunter.sandbox import identities
from hunter.sandbox.service import TokenVerdict
from tests.hunter.sandbox.callers import SCOPE, LoopbackSession, as_application, msal_app, refresh
from tests.waiting import PATIENCE


@pytest.fixture
def entra(sandbox):
    return LoopbackSession(sandbox.env["ENTRA_URL"])


def signed_in(sandbox, **more):
    app = msal_app(sandbox, **more)
    answer = app.acquire_token_by_refresh_token(sandbox.env["PARTNER_CENTER_REFRESH_TOKEN"], scopes=[SCOPE])
    return app, answer


def silently(app, **more):
    return app.acquire_token_silent_with_error([SCOPE], account=app.get_accounts()[0], **more)


@pytest.mark.parametrize("tenant", [identities.TENANT_ID, identities.TENANT_DOMAIN, "common", "organizations"])
def test_p1_discovery_names_https_addresses_of_microsoft(entra, tenant):
    body = entra.get(f"https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration").json()

    assert body["token_endpoint"] == f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
    assert {"issuer", "authorization_endpoint", "device_authorization_endpoint", "jwks_uri"} <= body.keys()


def test_p1_an_unknown_tenant_is_refused(entra):
    answer = entra.get("https://login.microsoftonline.com/nobody.example/v2.0/.well-known/openid-configuration")

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_tenant"
    assert "AADSTS90002" in answer.json()["error_description"]


@pytest.mark.parametrize(("version", "has_metadata"), [("1.0", False), ("1.1", True)])
def test_p2_instance_discovery_answers_for_both_versions(entra, version, has_metadata):
    authorize = "https://login.microsoftonline.com/common/oauth2/authorize"
    query = f"api-version={version}&authorization_endpoint={authorize}"
    answer = entra.get(f"https://login.microsoftonline.com/common/discovery/instance?{query}")

    assert answer.status_code == 200
    assert answer.json()["tenant_discovery_endpoint"].startswith("https://login.microsoftonline.com/common/")
    assert ("metadata" in answer.json()) is has_metadata


def test_p2_a_host_that_is_not_microsofts_is_refused(entra):
    query = "api-version=1.1&authorization_endpoint=https://login.evil.example/common/oauth2/authorize"
    answer = entra.get(f"https://login.microsoftonline.com/common/discovery/instance?{query}")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_instance")


def test_msal_works_with_its_own_instance_discovery(sandbox):
    app, answer = signed_in(sandbox, instance_discovery=None)

    assert "access_token" in answer
    assert app.get_accounts()


def test_p7_msal_signs_in_and_finds_the_token_in_its_cache(sandbox):
    app, answer = signed_in(sandbox)
    sent = len(sandbox.control.calls("entra"))

    again = silently(app)

    assert answer["token_type"] == "Bearer"
    assert again["token_source"] == "cache"
    assert again["access_token"] == answer["access_token"]
    assert len(sandbox.control.calls("entra")) == sent
    assert app.get_accounts()[0]["username"] == identities.USER_NAME


def test_p7_the_answer_has_what_was_asked_for(sandbox):
    bare = refresh(sandbox, scope=SCOPE).json()
    whole = refresh(sandbox, client_info="1").json()

    assert bare.keys() == {"token_type", "scope", "expires_in", "ext_expires_in", "access_token"}
    assert whole.keys() - bare.keys() == {"refresh_token", "id_token", "client_info"}
    assert SCOPE in bare["scope"].split()


def test_p7_lives_are_numbers_between_one_hour_and_ninety_minutes(sandbox):
    lives = {refresh(sandbox).json()["expires_in"] for _ in range(10)}

    assert all(type(one) is int and 3600 <= one <= 5400 for one in lives)
    assert len(lives) > 1


def test_p7_the_id_token_and_client_info_tell_who_it_is(sandbox):
    body = refresh(sandbox, client_info="1").json()

    payload = body["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    info = json.loads(base64.urlsafe_b64decode(body["client_info"] + "=="))

    assert claims["aud"] == sandbox.env["PARTNER_CENTER_CLIENT_ID"]
    assert claims["preferred_username"] == identities.USER_NAME
    assert info == {"uid": claims["oid"], "utid": claims["tid"]}


def test_p8_each_use_gives_a_new_refresh_token_and_the_old_one_stays_good(sandbox):
    first = refresh(sandbox).json()["refresh_token"]
    second = refresh(sandbox, refresh_token=first).json()["refresh_token"]

    assert len({sandbox.env["PARTNER_CENTER_REFRESH_TOKEN"], first, second}) == 3
    assert refresh(sandbox, refresh_token=first).status_code == 200


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("50173", "invalid_grant"), ("700082", "invalid_grant"), ("70008", "invalid_grant"), ("70043", "invalid_grant"),
        ("65001", "consent_required"), ("50076", "interaction_required"), ("53003", "access_denied"),
        ("50057", "invalid_grant"), ("7000218", "invalid_client"), ("50196", "invalid_grant"),
    ],
)  # fmt: skip
def test_p9_refusals_have_their_error_number_and_ids(sandbox, code, error):
    sandbox.control.add_fault(service="entra", operation="token", fault="status", code=code, times=1)

    answer = refresh(sandbox)
    body = answer.json()

    assert answer.status_code in (400, 401)
    assert (body["error"], body["error_codes"]) == (error, [int(code)])
    assert f"AADSTS{code}:" in body["error_description"]
    assert {"timestamp", "trace_id", "correlation_id"} <= body.keys()
    assert ("claims" in body) is (code == "50076")


def test_p10_a_503_has_no_body_and_msal_raises(sandbox):
    app, _ = signed_in(sandbox)
    sandbox.control.add_fault(service="entra", operation="token", fault="status", status=503)

    assert refresh(sandbox).content == b""
    with pytest.raises(msal.exceptions.MsalServiceError):
        silently(app, force_refresh=True)


def test_p10_a_429_says_how_long_and_has_no_number(sandbox):
    sandbox.control.add_fault(service="entra", operation="token", fault="status", status=429, retry_after="17")

    answer = refresh(sandbox)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "17")
    assert "error_codes" not in answer.json()


def test_p10_html_and_a_lost_connection_come_too(sandbox):
    sandbox.control.add_fault(service="entra", operation="token", fault="html", times=1)
    sandbox.control.add_fault(service="entra", operation="token", fault="drop_before", times=1)

    assert "<html>" in refresh(sandbox).text
    with pytest.raises(requests.exceptions.ConnectionError):
        refresh(sandbox)


def test_a_revoked_sign_in_is_refused_until_the_person_signs_in_anew(sandbox):
    sandbox.control.edit("entra", {"revoke_sign_ins": True})

    refused = refresh(sandbox)
    anew = sandbox.control.edit("entra", {"sign_in": True})["refresh_token"]

    assert refused.json()["error_codes"] == [50173]
    assert refresh(sandbox, refresh_token=anew).status_code == 200


@pytest.fixture
def device(sandbox):
    """A sign-in that was begun: msal's app, its flow, and one poll for each call."""
    app = msal_app(sandbox)
    flow = app.initiate_device_flow(scopes=[SCOPE])

    def poll():
        flow["latest_attempt_at"] = 0  # msal warns of polls below the interval, by its own clock
        return app.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True)

    return app, flow, poll


def test_p3_a_device_sign_in_begins_with_a_code_and_a_page(device):
    _, flow, _ = device

    assert {"user_code", "device_code", "verification_uri", "expires_in", "interval", "message"} <= flow.keys()
    assert (flow["expires_in"], flow["interval"]) == (900, 5)
    assert flow["user_code"] in flow["message"]


@pytest.mark.parametrize(
    ("client_id", "public_flows", "error", "number"),
    [
        ("nobody", True, "unauthorized_client", 700016),
        (identities.PARTNER_CENTER_CLIENT_ID, False, "invalid_client", 7000218),
        (identities.DATAVERSE_CLIENT_ID, True, "invalid_client", 7000218),
    ],
)
def test_p3_an_app_that_may_not_is_refused(sandbox, entra, client_id, public_flows, error, number):
    sandbox.control.edit("entra", {"public_flows": public_flows})
    url = f"https://login.microsoftonline.com/{identities.TENANT_ID}/oauth2/v2.0/devicecode"

    body = entra.post(url, data={"client_id": client_id, "scope": SCOPE}).json()

    assert (body["error"], body["error_codes"]) == (error, [number])


def test_p4_before_the_person_has_spoken_it_is_pending(device):
    _, _, poll = device

    assert [poll()["error"] for _ in range(2)] == ["authorization_pending"] * 2


def test_p4_a_person_can_decline(sandbox, device):
    _, flow, poll = device
    sandbox.control.edit("entra", {"decline_device_code": flow["user_code"]})

    assert poll()["error"] == "authorization_declined"


def test_p4_a_code_expires_after_a_quarter_of_an_hour(sandbox, device):
    _, _, poll = device
    sandbox.clock.advance(timedelta(minutes=15))

    assert poll()["error"] == "expired_token"


def test_p4_a_code_that_is_none_is_not_recognised(device):
    _, flow, poll = device
    flow["device_code"] = "KAQABAAEAAAD"

    assert poll()["error"] == "bad_verification_code"


def test_p5_polling_too_fast_is_told_so_where_the_service_is_strict(sandbox, device):
    _, _, poll = device
    sandbox.control.edit("entra", {"strict_polling": True})

    first, hasty = poll()["error"], poll()["error"]
    sandbox.clock.advance(timedelta(seconds=5))

    assert (first, hasty, poll()["error"]) == ("authorization_pending", "slow_down", "authorization_pending")


def test_p6_an_approved_code_is_good_once(sandbox, device):
    app, flow, poll = device
    sandbox.control.edit("entra", {"approve_device_code": flow["user_code"]})

    answer = poll()
    again = poll()

    assert answer["refresh_token"]
    assert app.get_accounts()[0]["username"] == identities.USER_NAME
    assert again["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        pytest.param({"refresh_token": "1.Anonsense"}, 70000, id="a refresh token that is none"),
        pytest.param({"client_id": "cccccccc-0000-4000-8000-000000000003"}, 700016, id="an unknown app"),
        pytest.param({"client_id": identities.DATAVERSE_CLIENT_ID}, 70000, id="another app's refresh token"),
        pytest.param({"scope": f"{SCOPE} https://api.partner.microsoft.com/user_impersonation"}, 70011, id="T8: mixed"),
        pytest.param({"scope": "offline_access"}, 70011, id="no resource"),
        pytest.param({"scope": "https://nowhere.example/.default"}, 500011, id="an unknown resource"),
        pytest.param({"grant_type": "password"}, 70003, id="a grant that is not offered"),
    ],
)
def test_a_refresh_that_can_not_be_is_refused(sandbox, changes, number):
    answer = refresh(sandbox, **changes)

    assert answer.status_code == 400
    assert answer.json()["error_codes"] == [number]


def test_d1_an_application_gets_a_token_for_its_organization(sandbox):
    answer = as_application(sandbox)
    body = answer.json()

    assert answer.status_code == 200
    assert body.keys() == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert type(body["expires_in"]) is int


def test_d1_the_body_must_be_a_form(sandbox):
    url = f"{sandbox.env['ENTRA_URL']}/{identities.TENANT_ID}/oauth2/v2.0/token"
    answer = requests.post(url, json={"grant_type": "client_credentials"}, timeout=PATIENCE)

    assert answer.json()["error_codes"] == [900144]


@pytest.mark.parametrize(
    ("changes", "status", "error", "number"),
    [
        pytest.param({"client_secret": "wrong"}, 401, "invalid_client", 7000215, id="a wrong secret"),
        pytest.param({"client_id": "nobody"}, 400, "unauthorized_client", 700016, id="an unknown client"),
        pytest.param({"tenant": "nobody.example"}, 400, "invalid_request", 90002, id="an unknown tenant"),
        pytest.param({"tenant": "common"}, 400, "invalid_request", 900023, id="no tenant of its own"),
        pytest.param({"scope": "user_impersonation"}, 400, "invalid_scope", 1002012, id="no .default"),
        pytest.param({"scope": f"{SCOPE} openid"}, 400, "invalid_scope", 70011, id="two scopes"),
        pytest.param(
            {"scope": "https://other.crm4.dynamics.com/.default"}, 400, "invalid_resource", 500011, id="another org"
        ),
    ],
)
def test_d2_an_application_is_refused_with_the_right_number(sandbox, changes, status, error, number):
    answer = as_application(sandbox, **changes)

    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [number])


def test_d2_without_a_secret_it_is_7000218(sandbox):
    url = f"{sandbox.env['ENTRA_URL']}/{identities.TENANT_ID}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "client_id": identities.DATAVERSE_CLIENT_ID, "scope": SCOPE}

    assert requests.post(url, data=form, timeout=PATIENCE).json()["error_codes"] == [7000218]


def test_a_new_secret_takes_the_place_of_the_old_one(sandbox):
    sandbox.control.edit("entra", {"client_secret": "rotated"})

    assert as_application(sandbox).json()["error_codes"] == [7000215]
    assert as_application(sandbox, client_secret="rotated").status_code == 200


def test_the_correlation_id_is_the_clients(sandbox):
    url = f"{sandbox.env['ENTRA_URL']}/nobody/oauth2/v2.0/token"
    answer = requests.post(
        url, data={"grant_type": "x", "client_id": "y"}, headers={"client-request-id": "c-7"}, timeout=5
    )

    assert answer.json()["correlation_id"] == "c-7"
    assert answer.headers["client-request-id"] == "c-7"


@pytest.mark.parametrize(
    ("change", "audience", "verdict"),
    [
        pytest.param(lambda token: token, identities.PARTNER_CENTER_RESOURCE, TokenVerdict.VALID, id="as issued"),
        pytest.param(lambda token: token, "https://elsewhere.example", TokenVerdict.WRONG_AUDIENCE, id="elsewhere"),
        pytest.param(
            lambda token: token[:-4] + "AAAA", identities.PARTNER_CENTER_RESOURCE, TokenVerdict.UNKNOWN, id="tampered"
        ),
        pytest.param(lambda _: "", identities.PARTNER_CENTER_RESOURCE, TokenVerdict.MISSING, id="none"),
    ],
)
def test_a_token_is_checked_by_signature_and_audience(sandbox, change, audience, verdict):
    token = refresh(sandbox).json()["access_token"]

    check = sandbox.check_token(change(token), audience)

    assert check.verdict is verdict


def test_a_token_ends_with_its_time(sandbox):
    sandbox.control.edit("entra", {"token_lifetime": 60})
    token = refresh(sandbox).json()["access_token"]

    sandbox.clock.advance(timedelta(seconds=59))
    before = sandbox.check_token(token, identities.PARTNER_CENTER_RESOURCE)
    sandbox.clock.advance(timedelta(seconds=1))
    after = sandbox.check_token(token, identities.PARTNER_CENTER_RESOURCE)

    assert (before.verdict, after.verdict) == (TokenVerdict.VALID, TokenVerdict.EXPIRED)
