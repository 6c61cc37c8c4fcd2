"""The delegated sign-in: what is asked of Entra, and what its refusals mean (contract 1.4, 1.5)."""

from __future__ import annotations

import pytest

from hunter.remote.entra import EntraSession, Ways, browser_address, refusal
from hunter.remote.errors import AuthenticationFailed, Misconfigured, RemoteError, TransientFailure
from hunter.remote.gate import OpenGate
from referrals.authentication import PartnerCenterSignIn
from referrals.renewal import Renewal, mark_of, read_renewal


@pytest.fixture
def sign_in(partner_center_settings):
    return partner_center_settings, PartnerCenterSignIn()


def test_the_first_token_comes_by_the_given_refresh_token_and_rotates_it(sign_in, settings):
    sandbox, source = sign_in

    first = source.fetch(OpenGate(), None)
    second = source.fetch(OpenGate(), first.stored)

    assert first.access_token != second.access_token
    kept = [read_renewal(one.stored).refresh_token for one in (first, second)]
    assert len({settings.PARTNER_CENTER_REFRESH_TOKEN, *kept}) == 3
    assert first.lives_for.total_seconds() >= 3600
    paths = [call["path"] for call in sandbox.control.calls("entra")]
    assert len(paths) == 4
    assert all("/common/" not in path for path in paths)


def test_a_refused_stored_token_gives_way_to_one_that_a_person_has_put_in(sign_in, settings):
    sandbox, source = sign_in
    kept = source.fetch(OpenGate(), None).stored
    sandbox.control.edit("entra", {"revoke_sign_ins": True})

    with pytest.raises(AuthenticationFailed):
        source.fetch(OpenGate(), kept)
    settings.PARTNER_CENTER_REFRESH_TOKEN = sandbox.control.edit("entra", {"sign_in": True})["refresh_token"]
    fetched = source.fetch(OpenGate(), kept)

    assert fetched.how == "given"
    assert read_renewal(fetched.stored).knows(settings.PARTNER_CENTER_REFRESH_TOKEN)


def test_a_sign_in_is_not_silently_replaced_by_the_token_that_was_in_the_settings_before(sign_in, settings):
    sandbox, source = sign_in
    kept = Renewal("1.Arevoked", spent=mark_of(settings.PARTNER_CENTER_REFRESH_TOKEN))

    with pytest.raises(AuthenticationFailed):
        source.fetch(OpenGate(), kept.text())

    assert [call["path"].rpartition("/")[2] for call in sandbox.control.calls("entra")].count("token") == 1


def test_after_a_sign_out_the_token_of_the_settings_is_not_used_again(sign_in, settings):
    sandbox, source = sign_in
    signed_out = Renewal("", spent=mark_of(settings.PARTNER_CENTER_REFRESH_TOKEN))

    with pytest.raises(AuthenticationFailed, match="signed Hunter out"):
        source.fetch(OpenGate(), signed_out.text())

    assert sandbox.control.calls("entra") == []


def test_a_refresh_token_that_was_kept_bare_is_still_good(sign_in, settings):
    _, source = sign_in
    bare, settings.PARTNER_CENTER_REFRESH_TOKEN = settings.PARTNER_CENTER_REFRESH_TOKEN, ""

    assert source.fetch(OpenGate(), bare).access_token


def test_what_can_not_be_read_of_a_sign_in_is_as_if_nobody_had_signed_in(sign_in, settings):
    settings.PARTNER_CENTER_REFRESH_TOKEN = ""

    with pytest.raises(AuthenticationFailed):
        sign_in[1].fetch(OpenGate(), '{"refresh')


@pytest.mark.proves("R2.7")
def test_a_token_of_another_tenant_is_refused(sign_in):
    sandbox, source = sign_in
    sandbox.control.edit("entra", {"token_tenant": "99999999-0000-4000-8000-000000000009"})

    with pytest.raises(Misconfigured, match="another tenant"):
        source.fetch(OpenGate(), None)


def test_nobody_is_sent_to_another_host_than_the_configured_one(settings):
    settings.ENTRA_URL = "http://127.0.0.1:8900/entra"
    ours = "https://login.microsoftonline.com/t/oauth2/v2.0/authorize?state=a+b&response_mode=form_post"

    shown = browser_address(ours, operation="x")

    assert shown == "http://127.0.0.1:8900/entra/t/oauth2/v2.0/authorize?state=a+b&response_mode=query"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("https://login.evil.example/t/oauth2/v2.0/authorize", id="another host"),
        pytest.param("https://login.microsoftonline.com.evil.example/t", id="a host that begins like Microsoft's"),
        pytest.param("https://login.microsoftonline.com@evil.example/t", id="Microsoft's name as a user's"),
        pytest.param("https://login.microsoftonline.com:8443/t", id="another port"),
        pytest.param("http://login.microsoftonline.com/t", id="no https"),
    ],
)
def test_a_page_at_another_server_is_refused(page):
    with pytest.raises(Misconfigured, match="another server"):
        browser_address(page, operation="x")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(302, "configuration"), (400, "configuration"), (429, "rate_limit"), (500, "transient"), (503, "transient")],
)
@pytest.mark.parametrize("operation", ["discovery", "token"])
def test_r5_4_an_answer_of_the_sign_in_that_is_no_json_has_its_class(sign_in, operation, status, kind):
    sandbox, source = sign_in
    sandbox.control.add_fault(service="entra", operation=operation, fault="html", status=status)

    with pytest.raises(RemoteError) as refused:
        source.fetch(OpenGate(), None)

    assert refused.value.kind == kind


def test_a_revoked_sign_in_asks_for_a_person(sign_in):
    sandbox, source = sign_in
    sandbox.control.edit("entra", {"revoke_sign_ins": True})

    with pytest.raises(AuthenticationFailed, match="Set-up, Partner Center") as refused:
        source.fetch(OpenGate(), None)

    assert "AADSTS50173" in refused.value.message
    assert "@" not in refused.value.message, "names of people stay out of messages"


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        pytest.param("PARTNER_CENTER_TENANT_ID", "", Misconfigured, id="no tenant"),
        pytest.param("PARTNER_CENTER_TENANT_ID", "no-such-tenant", Misconfigured, id="an unknown tenant"),
        pytest.param("PARTNER_CENTER_CLIENT_ID", "", Misconfigured, id="no client"),
        pytest.param(
            "PARTNER_CENTER_CLIENT_ID", "cccccccc-0000-4000-8000-000000000003", Misconfigured, id="an unknown client"
        ),
        pytest.param("PARTNER_CENTER_REFRESH_TOKEN", "", AuthenticationFailed, id="nobody signed in yet"),
        pytest.param("ENTRA_URL", "http://login.example", Misconfigured, id="an address in the clear"),
        pytest.param("ENTRA_URL", "http://127.0.0.1:1", TransientFailure, id="nobody there"),
    ],
)
def test_what_is_wrong_with_the_settings(sign_in, settings, name, value, error):
    setattr(settings, name, value)

    with pytest.raises(error):
        sign_in[1].fetch(OpenGate(), None)


@pytest.mark.parametrize("fault", [{"fault": "status", "status": 503}, {"fault": "html"}, {"fault": "drop_before"}])
def test_an_outage_of_the_sign_in_is_tried_again(sign_in, fault):
    sandbox, source = sign_in
    sandbox.control.add_fault(service="entra", operation="token", **fault)

    with pytest.raises(TransientFailure):
        source.fetch(OpenGate(), None)


@pytest.mark.proves("R5.1")
@pytest.mark.parametrize(
    ("word", "number", "status", "kind"),
    [
        ("invalid_grant", 50173, 400, "authentication"),
        ("invalid_grant", 700082, 400, "authentication"),
        ("invalid_grant", 700084, 400, "configuration"),
        ("interaction_required", 50076, 400, "authentication"),
        ("consent_required", 65001, 400, "configuration"),
        ("invalid_grant", 50105, 400, "permission"),
        ("unauthorized_client", 700016, 400, "configuration"),
        ("invalid_client", 7000218, 401, "configuration"),
        ("invalid_grant", 50196, 400, "rate_limit"),
        ("temporarily_unavailable", 90033, 400, "transient"),
        ("whatever", 1, 429, "rate_limit"),
        ("whatever", 1, 500, "transient"),
    ],
)
def test_the_class_of_a_refusal(settings, word, number, status, kind):
    settings.ENTRA_URL = "http://127.0.0.1:1"
    with EntraSession(gate=OpenGate()) as session:
        session.last_status = status

        error = refusal(
            {"error": word, "error_codes": [number]}, session=session, operation="x", ways=Ways("Sign in anew.")
        )

    assert isinstance(error, RemoteError)
    assert error.kind == kind
