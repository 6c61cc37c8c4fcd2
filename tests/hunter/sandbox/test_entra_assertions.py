"""The client assertion of an app with a certificate, as Entra takes and refuses it (Dataverse contract 1.2, 1.4)."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from datetime import UTC, datetime

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from hunter.sandbox import identities
from tests.factories.certificates import certificate_pem, rsa_key
from tests.waiting import PATIENCE

TOKEN_ENDPOINT = f"https://login.microsoftonline.com/{identities.TENANT_ID}/oauth2/v2.0/token"
PEM = certificate_pem(rsa_key())
NOW = int(datetime(2026, 5, 4, 9, 30, tzinfo=UTC).timestamp())  # the sandbox's clock
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def encoded(raw):
    return base64.urlsafe_b64encode(raw if isinstance(raw, bytes) else json.dumps(raw).encode()).decode().rstrip("=")


def thumbprint(name, pem=PEM):
    der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
    return {
        name: encoded(
            hashlib.sha256(der).digest() if name == "x5t#S256" else hashlib.sha1(der, usedforsecurity=False).digest()
        )
    }


def assertion(*, header=None, claims=None, key=None, how=PSS):
    """A good one, changed so."""
    client = identities.DATAVERSE_CLIENT_ID
    head = {"alg": "PS256", "typ": "JWT"} | thumbprint("x5t#S256") if header is None else header
    body = {"aud": TOKEN_ENDPOINT, "iss": client, "sub": client, "jti": str(uuid.uuid4()), "iat": NOW, "exp": NOW + 600}
    signed = f"{encoded(head)}.{encoded(body | (claims or {}))}"
    signature = (key or rsa_key()).sign(signed.encode(), how, hashes.SHA256())
    return f"{signed}.{encoded(signature)}"


def asked(sandbox, given, **form):
    url = f"{sandbox.env['ENTRA_URL']}/{identities.TENANT_ID}/oauth2/v2.0/token"
    values = {
        "grant_type": "client_credentials",
        "client_id": identities.DATAVERSE_CLIENT_ID,
        "scope": f"{sandbox.env['D365_URL']}/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": given,
    }
    return requests.post(url, data=values | form, timeout=PATIENCE)


@pytest.fixture
def registered(sandbox):
    sandbox.control.edit("entra", {"certificate": PEM})
    return sandbox


@pytest.mark.parametrize(
    ("header", "how"),
    [
        pytest.param({"alg": "PS256"} | thumbprint("x5t#S256"), PSS, id="as documents of now say"),
        pytest.param({"alg": "RS256"} | thumbprint("x5t"), padding.PKCS1v15(), id="as older ones say"),
    ],
)
def test_an_assertion_of_the_registered_certificate_is_as_good_as_the_secret(registered, header, how):
    answer = asked(registered, assertion(header=header, how=how))

    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "Bearer"
    assert "refresh_token" not in answer.json()


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        pytest.param({"key": rsa_key("other")}, 700027, id="signed by another key"),
        pytest.param({"header": {"alg": "PS256"}}, 700027, id="no thumbprint"),
        pytest.param(
            {"header": {"alg": "PS256"} | thumbprint("x5t#S256", certificate_pem(rsa_key("other")))}, 700027,
            id="another certificate's thumbprint",
        ),
        pytest.param({"header": {"alg": "none"} | thumbprint("x5t#S256")}, 700027, id="not signed, it says"),
        pytest.param({"how": padding.PKCS1v15()}, 700027, id="signed otherwise than it says"),
        pytest.param({"claims": {"exp": NOW - 60, "iat": NOW - 900}}, 700024, id="too late"),
        pytest.param({"claims": {"iat": NOW + 3600, "exp": NOW + 4000}}, 700024, id="too early"),
        pytest.param({"claims": {"jti": ""}}, 700024, id="no id of its own"),
        pytest.param({"claims": {"iss": "somebody"}}, 700021, id="issued by another app"),
        pytest.param({"claims": {"sub": "somebody"}}, 700021, id="about another app"),
        pytest.param({"claims": {"aud": "https://login.microsoftonline.com/other"}}, 700023, id="for another tenant"),
    ],
)  # fmt: skip
def test_any_other_is_refused_with_the_right_number(registered, changes, number):
    answer = asked(registered, assertion(**changes))

    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (
        401, "invalid_client", [number],
    )  # fmt: skip


@pytest.mark.parametrize("given", ["", "x", "a.b.c", "....", "é.é.é"])
def test_what_is_no_assertion_is_refused(registered, given):
    assert asked(registered, given).json()["error_codes"] == [700027]


def test_a_certificate_that_is_not_registered_is_refused(sandbox):
    assert asked(sandbox, assertion()).json()["error_codes"] == [700027]


def test_what_is_no_certificate_can_not_be_registered(sandbox):
    with pytest.raises(Exception, match="certificate can't be set"):
        sandbox.control.edit("entra", {"certificate": "hunter"})
