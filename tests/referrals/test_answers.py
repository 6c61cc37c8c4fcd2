"""Every answer of Partner Center over real HTTP: its class, whatever its body looks like (contract 4.1, 4.2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hunter.remote.errors import AuthenticationFailed, RemoteError
from hunter.remote.gate import OpenGate
from referrals.client import PartnerCenterClient
from tests.hunter.remote.server import answer, reset, toy_server

GRAPH = {"error": {"code": "generalException", "message": "m", "target": "referral"}}
BODIES = {
    "no body": b"",
    "HTML": b"<html><body>busy</body></html>",
    "truncated JSON": b'{"error": {"code": "acc',
    "a list": b"[1, 2]",
    "not even text": b"\xff\xfe\x00",
    "null": b"null",
    "error as a word": b'{"error": "something_new", "error_description": "d"}',
    "the gateway's form": b'{"statusCode": 429, "message": "wait 41 seconds"}',
    "the older services' form": b'{"code": 600009, "description": "d", "data": [], "source": "PartnerFD"}',
    "an unknown code": b'{"error": {"code": "brandNew", "message": "m"}}',
    "innerError as a list": b'{"error": {"code": "x", "message": "m", "innerError": [1]}}',
}
BY_STATUS = {
    301: "configuration", 302: "configuration", 307: "configuration", 308: "configuration",
    400: "validation", 401: "authentication", 403: "permission", 404: "not_found", 405: "configuration",
    406: "configuration", 408: "transient", 409: "conflict", 410: "not_found", 411: "configuration", 412: "conflict",
    413: "validation", 415: "configuration", 416: "validation", 422: "validation", 423: "transient", 425: "transient",
    428: "conflict", 429: "rate_limit", 500: "transient", 501: "configuration", 502: "transient", 503: "transient",
    504: "transient", 507: "permanent", 509: "rate_limit",
}  # fmt: skip


@pytest.fixture(scope="module")
def answering():
    """What the client makes of a server's answer to the list."""
    with toy_server() as server:
        client = PartnerCenterClient(base_url=server.url, gate=OpenGate(), bearer="s3cret")

        def refused(reply) -> RemoteError:
            server.replies = [reply]
            with pytest.raises(RemoteError) as error:
                client.first_page(since=None)
            return error.value

        yield refused


@pytest.mark.proves("R5.4")
@pytest.mark.parametrize(("status", "kind"), BY_STATUS.items())
def test_4_2_each_status_has_its_class(answering, status, kind):
    assert answering(answer(status, GRAPH)).kind == kind


@pytest.mark.proves("R5.3", "R5.4")
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 412, 429, 500, 503])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_4_1_whatever_the_body_looks_like_the_status_tells(answering, status, body):
    assert answering(answer(status, body)).kind == BY_STATUS[status]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalidRequest", "validation"),
        (401, "unauthenticated", "authentication"),
        (401, "unAuthorized", "authentication"),
        pytest.param(401, "accessDenied", "authentication", id="401 is about the token, whatever the code says"),
        (403, "accessDenied", "permission"),
        (403, "insufficent_claims", "authentication"),
        (403, "insufficient_claims", "authentication"),
        (403, "InsufficentClaims", "permission"),
        (404, "itemNotFound", "not_found"),
        (409, "resourceModified", "conflict"),
        (409, "alreadyExists", "duplicate"),
        (409, "duplicate", "duplicate"),
        (412, "preconditionFailed", "conflict"),
        pytest.param(429, "serviceNotAvailable", "rate_limit", id="a 429 pauses the lane, whatever the code says"),
        pytest.param(429, "invalidRequest", "rate_limit", id="a 429 with a foreign code"),
        (500, "generalException", "transient"),
        (503, "serviceNotAvailable", "transient"),
    ],
)
@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("name", ["innerError", "innererror"])
def test_4_1_a_code_counts_at_any_depth_and_in_both_spellings(answering, status, code, kind, depth, name):
    body = {"code": code, "message": "m"}
    for _ in range(depth):
        body = {"code": "generalException", "message": "m", name: body}

    assert answering(answer(status, {"error": body})).kind == kind


@pytest.mark.parametrize(
    ("status", "body", "challenge", "kind"),
    [
        pytest.param(403, b"", 'Bearer error="insufficent_claims"', "authentication", id="p14: in the header alone"),
        pytest.param(403, b"", "Bearer error=insufficient_claims", "authentication", id="p14: spelled right, unquoted"),
        pytest.param(
            403, b'{"error": {"code": "accessDenied", "message": "m"}}', 'Bearer realm="", error="insufficient_claims"',
            "authentication", id="t22: the header goes before the body's code",
        ),
        pytest.param(403, b"", 'Bearer error="insufficient_scope"', "permission", id="another challenge"),
        pytest.param(403, b'{"error": "insufficent_claims"}', "", "authentication", id="p14: as OAuth says it"),
        pytest.param(401, b"", 'Bearer error="invalid_token", error_description="expired"', "authentication", id="p11"),
        pytest.param(401, b"", "Basic", "authentication", id="a challenge of another kind"),
    ],
)  # fmt: skip
def test_p14_a_challenge_tells_that_a_new_sign_in_is_wanted(answering, status, body, challenge, kind):
    assert answering(answer(status, body, WWW_Authenticate=challenge)).kind == kind


@pytest.mark.proves("R5.5")
def test_p14_a_token_without_mfa_asks_for_a_sign_in_with_it(answering):
    error = answering(answer(403, b"", WWW_Authenticate='Bearer error="insufficent_claims"'))

    assert isinstance(error, AuthenticationFailed)
    assert "multi-factor authentication" in error.message
    assert "Set-up, Partner Center" in error.message


@pytest.mark.proves("R2.5")
@pytest.mark.parametrize(
    ("status", "value", "wait"),
    [
        pytest.param(429, "41", 41, id="seconds"),
        pytest.param(503, "41", 41, id="on a 503 too"),
        pytest.param(429, "0", 1, id="t30: nothing"),
        pytest.param(429, "36000", 3600, id="t30: ten hours"),
        pytest.param(429, "soon", None, id="nonsense"),
    ],
)
def test_t30_how_long_to_wait_is_held_within_bounds(answering, status, value, wait):
    body = b'{"statusCode": 429, "message": "wait"}'

    asked = answering(answer(status, body, Retry_After=value)).retry_after

    assert asked == (timedelta(seconds=wait) if wait else None)


def test_4_2_a_lost_connection_is_tried_again(answering):
    assert answering(reset).kind == "transient"


@pytest.mark.fault(16)
def test_t38_a_redirect_is_never_followed_with_the_token():
    with toy_server() as elsewhere, toy_server() as server:
        server.replies = [answer(302, b"", Location=f"{elsewhere.url}/v1.0/engagements/referrals")]
        client = PartnerCenterClient(base_url=server.url, gate=OpenGate(), bearer="s3cret")

        with pytest.raises(RemoteError):
            client.first_page(since=None)

        assert elsewhere.requests == []
