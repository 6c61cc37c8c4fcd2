"""The delegated sign-in: what is asked of Entra, and what its refusals mean (contract 1.4, 1.5)."""

from __future__ import annotations

import pytest

from hunter.remote.entra import EntraSession, refusal
from hunter.remote.errors import AuthenticationFailed, Misconfigured, RemoteError, TransientFailure
from hunter.remote.gate import OpenGate
from referrals.authentication import PartnerCenterSignIn


@pytest.fixture
def sign_in(partner_center_settings):
    return partner_center_settings, PartnerCenterSignIn()


def test_the_first_token_comes_by_the_given_refresh_token_and_rotates_it(sign_in, settings):
    sandbox, source = sign_in

    first = source.fetch(OpenGate(), None)
    second = source.fetch(OpenGate(), first.stored)

    assert first.access_token != second.access_token
    assert settings.PARTNER_CENTER_REFRESH_TOKEN != first.stored != second.stored
    assert first.lives_for.total_seconds() >= 3600
    paths = [call["path"] for call in sandbox.control.calls("entra")]
    assert len(paths) == 4
    assert all("/common/" not in path for path in paths)


def test_a_refused_stored_token_gives_way_to_a_new_given_one(sign_in):
    _, source = sign_in
    kept = source.fetch(OpenGate(), None).stored

    fetched = source.fetch(OpenGate(), f"{kept}broken")

    assert fetched.access_token


def test_a_revoked_sign_in_asks_for_a_person(sign_in):
    sandbox, source = sign_in
    sandbox.control.edit("entra", {"revoke_sign_ins": True})

    with pytest.raises(AuthenticationFailed, match="PARTNER_CENTER_REFRESH_TOKEN") as refused:
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
            {"error": word, "error_codes": [number]}, session=session, operation="x", way_out="Sign in anew."
        )

    assert isinstance(error, RemoteError)
    assert error.kind == kind
