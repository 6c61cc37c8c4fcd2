"""Entra's refusals by AADSTS number (contract 1.3, 1.4; Dataverse contract 1.4)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from werkzeug import Response

UNKNOWN_NUMBER = 90033


class GrantRefused(Exception):
    """Entra says no, with this AADSTS number."""

    def __init__(self, number: int, *, detail: str = "") -> None:
        super().__init__(f"AADSTS{number} {detail}")
        self.number = number
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Reason:
    """How one AADSTS number is answered."""

    status: int
    error: str
    text: str
    suberror: str = ""
    wants_claims: bool = False


REASONS = {
    50011: Reason(400, "invalid_request", "The redirect URI in the request does not match those of the application."),
    50034: Reason(400, "invalid_grant", "The user account does not exist in the directory."),
    50049: Reason(400, "invalid_instance", "Unknown or invalid instance."),
    50057: Reason(400, "invalid_grant", "The user account is disabled."),
    50076: Reason(
        400, "interaction_required", "You must use multi-factor authentication.", "basic_action", wants_claims=True
    ),
    50105: Reason(400, "invalid_grant", "The signed in user is not assigned to a role for the application."),
    50132: Reason(400, "invalid_grant", "The session is revoked."),
    50173: Reason(400, "invalid_grant", "The provided grant has been revoked.", "bad_token"),
    50196: Reason(400, "invalid_grant", "A loop has been detected: too many identical requests."),
    53003: Reason(400, "access_denied", "Access has been blocked by conditional access policies.", "message_only"),
    53000: Reason(400, "interaction_required", "The device is not compliant.", "message_only"),
    54005: Reason(400, "invalid_grant", "The code was already redeemed."),
    65001: Reason(400, "consent_required", "The user or administrator has not consented.", "consent_required"),
    65004: Reason(400, "access_denied", "The user declined to consent."),
    70000: Reason(400, "invalid_grant", "The provided grant is invalid.", "bad_token"),
    70001: Reason(400, "unauthorized_client", "The application is disabled."),
    70003: Reason(400, "unsupported_grant_type", "The grant type is not supported."),
    70008: Reason(400, "invalid_grant", "The provided grant has expired or was revoked."),
    70011: Reason(400, "invalid_scope", "The provided value for the input parameter 'scope' is not valid."),
    70016: Reason(400, "authorization_pending", "The user has not finished signing in."),
    70018: Reason(400, "bad_verification_code", "The device code is not recognised."),
    # No page gives the numbers of the next two; these are ours.
    70917: Reason(400, "authorization_declined", "The user declined the sign-in."),
    70922: Reason(400, "slow_down", "The client polls too fast."),
    70020: Reason(400, "expired_token", "The device code has expired."),
    70043: Reason(400, "invalid_grant", "The refresh token has expired due to sign-in frequency checks."),
    90002: Reason(400, "invalid_request", "Tenant not found. Check that you have the correct tenant ID."),
    90033: Reason(503, "temporarily_unavailable", "A transient error has occurred. Please try again."),
    500011: Reason(400, "invalid_resource", "The resource principal was not found in the tenant."),
    501481: Reason(400, "invalid_grant", "The Code_Verifier does not match the code_challenge."),
    700016: Reason(400, "unauthorized_client", "The application was not found in the directory."),
    700021: Reason(401, "invalid_client", "The assertion's issuer and subject are not the client's id."),
    700023: Reason(401, "invalid_client", "The assertion is for another audience."),
    700024: Reason(401, "invalid_client", "The assertion is not within its valid time range."),
    700025: Reason(401, "invalid_client", "Client is public, so neither secret nor assertion should be presented."),
    700027: Reason(401, "invalid_client", "The certificate is not registered on the application."),
    700082: Reason(400, "invalid_grant", "The refresh token has expired due to inactivity.", "bad_token"),
    900023: Reason(400, "invalid_request", "The tenant is neither a valid DNS name nor a valid external domain."),
    900144: Reason(400, "invalid_request", "The request body must contain a parameter that is missing."),
    1002012: Reason(400, "invalid_scope", "The scope is not valid: client credentials take one '<resource>/.default'."),
    7000215: Reason(401, "invalid_client", "Invalid client secret provided."),
    7000218: Reason(401, "invalid_client", "The body must contain 'client_assertion' or 'client_secret'."),
    7000222: Reason(401, "invalid_client", "The provided client secret keys are expired."),
    9002313: Reason(400, "invalid_request", "Request is malformed or invalid."),
}
THROTTLED = Reason(429, "temporarily_unavailable", "The request was throttled.")


def error_answer(number: int, *, now: datetime, correlation_id: str = "", detail: str = "") -> Response:
    """The answer for an AADSTS number as Entra gives it."""
    reason = REASONS[number]
    body = _body(reason, number, now=now, correlation_id=correlation_id or str(uuid4()), detail=detail)
    return Response(json.dumps(body), status=reason.status, content_type="application/json; charset=utf-8")


def entra_refusal(code: str, *, status: int | None) -> Response:
    """What a fault asks for: a number of the table, or a bare status; a 5xx without a number has no body (P10)."""
    now = datetime.now(UTC)
    if code.isdigit() and int(code) in REASONS:
        answer = error_answer(int(code), now=now)
        answer.status_code = status or answer.status_code
        return answer
    if status == THROTTLED.status:
        body = _body(THROTTLED, 0, now=now, correlation_id=str(uuid4()), detail="")
        del body["error_codes"]
        return Response(json.dumps(body), status=status, content_type="application/json; charset=utf-8")
    if status is None or status >= 500:
        return Response(status=status or 503)
    answer = error_answer(9002313, now=now)
    answer.status_code = status
    return answer


def _body(reason: Reason, number: int, *, now: datetime, correlation_id: str, detail: str) -> dict[str, Any]:
    timestamp = f"{now:%Y-%m-%d %H:%M:%SZ}"
    trace_id = str(uuid4())
    text = f"{reason.text} {detail}".strip()
    body: dict[str, Any] = {
        "error": reason.error,
        "error_description": (
            f"AADSTS{number}: {text} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
        ),
        "error_codes": [number],
        "timestamp": timestamp,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    if reason.suberror:
        body["suberror"] = reason.suberror
    if reason.wants_claims:
        body["claims"] = '{"access_token":{"capolids":{"essential":true,"values":["mfa"]}}}'
    return body
