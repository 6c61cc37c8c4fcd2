"""Entra's sign-in in a browser: the page, the codes, PKCE and the secret of a web redirect (contract 1.3a)."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msal
import pytest
import requests

from hunter.sandbox import identities
from tests.hunter.sandbox.callers import SCOPE, LoopbackSession, ask_token, refresh
from tests.waiting import PATIENCE

pytestmark = pytest.mark.filterwarnings("ignore:response_mode")  # msal would rather have a POST than a redirect

REDIRECT = "http://localhost:8000/admin/remote/signin/callback/"
ADA, DENIZ = identities.ADA, identities.DENIZ


def web_app(sandbox, *, secret=identities.PARTNER_CENTER_CLIENT_SECRET):
    return msal.ConfidentialClientApplication(
        identities.PARTNER_CENTER_CLIENT_ID,
        client_credential=secret,
        authority=f"https://login.microsoftonline.com/{identities.TENANT_ID}",
        http_client=LoopbackSession(sandbox.env["ENTRA_URL"]),
        instance_discovery=False,
    )


def begin(app, **more):
    return app.initiate_auth_code_flow([SCOPE], redirect_uri=REDIRECT, **more)


def at_the_page(sandbox, address, **said):
    """What the sandbox answers to the browser, by GET, or by POST with what the person said."""
    parts = urlsplit(address)
    url = f"{sandbox.env['ENTRA_URL']}{parts.path}?{parts.query}"
    if said:
        return requests.post(url, data=said, timeout=PATIENCE, allow_redirects=False)
    return requests.get(url, timeout=PATIENCE, allow_redirects=False)


def sent_back(sandbox, flow, **said):
    answer = at_the_page(sandbox, flow["auth_uri"], **said)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(REDIRECT)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


@pytest.fixture
def signed_in(sandbox):
    """msal's app, its flow, and what the browser came back with after Ada signed in."""
    app = web_app(sandbox)
    flow = begin(app)
    return app, flow, sent_back(sandbox, flow, person=ADA.object_id)


def test_1_3a_the_page_names_who_can_sign_in_and_changes_nothing_by_being_seen(sandbox):
    page = at_the_page(sandbox, begin(web_app(sandbox))["auth_uri"])

    assert page.status_code == 200
    assert ADA.name in page.text
    assert DENIZ.name in page.text


@pytest.mark.parametrize("person", [ADA, DENIZ], ids=lambda one: one.name)
def test_1_3a_a_code_becomes_the_tokens_of_the_person_who_signed_in(sandbox, person):
    app = web_app(sandbox)
    flow = begin(app)

    answer = app.acquire_token_by_auth_code_flow(flow, sent_back(sandbox, flow, person=person.object_id))

    assert answer["id_token_claims"]["preferred_username"] == person.name
    assert answer["refresh_token"]
    check = sandbox.check_token(answer["access_token"], identities.PARTNER_CENTER_RESOURCE)
    assert check.user == person.name


def test_1_3a_the_state_comes_back(signed_in):
    _, flow, came = signed_in

    assert came["state"] == flow["state"]


@pytest.mark.parametrize(
    ("said", "error", "number"),
    [("decline", "access_denied", "65004"), ("block", "access_denied", "53003"), ("no_consent", "consent_required", "65001")],
)  # fmt: skip
def test_1_3a_a_refusal_comes_back_with_its_word_and_number(sandbox, said, error, number):
    came = sent_back(sandbox, begin(web_app(sandbox)), refuse=said)

    assert (came["error"], "code" in came) == (error, False)
    assert f"AADSTS{number}:" in came["error_description"]


def test_1_3a_a_disabled_person_is_refused(sandbox):
    sandbox.control.edit("entra", {"enabled": False})

    assert "AADSTS50057" in sent_back(sandbox, begin(web_app(sandbox)), person=ADA.object_id)["error_description"]


def redeem(sandbox, flow, came, **changes):
    form = {
        "grant_type": "authorization_code",
        "client_id": identities.PARTNER_CENTER_CLIENT_ID,
        "client_secret": identities.PARTNER_CENTER_CLIENT_SECRET,
        "code": came["code"],
        "redirect_uri": REDIRECT,
        "code_verifier": flow["code_verifier"],
        "scope": f"{SCOPE} offline_access openid profile",
    }
    return ask_token(sandbox, **{name: value for name, value in (form | changes).items() if value is not None})


def test_1_3a_a_code_is_good_once(sandbox, signed_in):
    _, flow, came = signed_in

    first, second = redeem(sandbox, flow, came), redeem(sandbox, flow, came)

    assert first.status_code == 200
    assert (second.json()["error"], second.json()["error_codes"]) == ("invalid_grant", [54005])


def test_1_3a_a_code_ends_after_ten_minutes(sandbox, signed_in):
    _, flow, came = signed_in
    sandbox.clock.advance(timedelta(minutes=10))

    assert redeem(sandbox, flow, came).json()["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        pytest.param({"code_verifier": "x" * 43}, 501481, id="another verifier"),
        pytest.param({"code_verifier": None}, 501481, id="no verifier"),
        pytest.param({"redirect_uri": "http://localhost/elsewhere/"}, 50011, id="another redirect address"),
        pytest.param({"client_secret": None}, 7000218, id="no secret for a web redirect"),
        pytest.param({"client_secret": "old"}, 7000215, id="a wrong secret"),
        pytest.param({"code": "1.Anonsense"}, 70000, id="a code that is none"),
    ],
)
def test_1_3a_a_code_is_refused(sandbox, signed_in, changes, number):
    _, flow, came = signed_in

    assert redeem(sandbox, flow, came, **changes).json()["error_codes"] == [number]


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        pytest.param({"redirect_uri": "https://evil.example/"}, "50011", id="a redirect address of somebody else"),
        pytest.param({"client_id": "cccccccc-0000-4000-8000-000000000003"}, "700016", id="an unknown app"),
        pytest.param({"response_type": "token"}, "900144", id="no code asked for"),
        pytest.param({"response_mode": "form_post"}, "900144", id="an answer by POST, which the sandbox does not give"),
        pytest.param({"scope": "https://a.example/x https://b.example/y"}, "70011", id="two resources"),
    ],
)
def test_1_3a_where_nobody_can_be_sent_back_the_page_says_it(sandbox, changes, number):
    address = begin(web_app(sandbox))["auth_uri"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} | changes
    url = f"{sandbox.env['ENTRA_URL']}{urlsplit(address).path}"

    answer = requests.post(url, params=query, data={"person": ADA.object_id}, timeout=PATIENCE, allow_redirects=False)

    assert answer.status_code == 400
    assert f"AADSTS{number}:" in answer.text


def test_1_4_what_came_by_a_web_redirect_is_renewed_with_the_secret_only(sandbox, signed_in):
    app, flow, came = signed_in
    renewal = app.acquire_token_by_auth_code_flow(flow, came)["refresh_token"]
    secret = identities.PARTNER_CENTER_CLIENT_SECRET

    assert refresh(sandbox, refresh_token=renewal).json()["error_codes"] == [7000218]
    assert refresh(sandbox, refresh_token=renewal, client_secret=secret).status_code == 200
    assert refresh(sandbox, client_secret=secret).json()["error_codes"] == [700025]


def test_1_3a_a_public_redirect_wants_no_secret(sandbox, signed_in):
    _, flow, came = signed_in
    sandbox.control.edit("entra", {"redirect_type": "public"})

    assert redeem(sandbox, flow, came).json()["error_codes"] == [700025]
    assert redeem(sandbox, flow, came, client_secret=None).status_code == 200
