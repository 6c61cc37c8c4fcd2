"""Signing in at Microsoft Entra by msal: its HTTP session, and what its refusals mean (contract 1.4, 1.5).

The class follows from `error`; AADSTS numbers only refine it and choose the hint, because they may change at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msal
import requests
from django.conf import settings

from hunter.crashpoints import crash_point
from hunter.remote.errors import (
    AuthenticationFailed,
    Call,
    Misconfigured,
    PermissionMissing,
    RateLimited,
    RemoteError,
    TransientFailure,
)
from hunter.remote.gate import Gate
from hunter.remote.retry_after import read_retry_after
from hunter.remote.transport import TimedAdapter, is_loopback, time_limit

MICROSOFT = "https://login.microsoftonline.com"
SERVICE = "entra"
SECONDS_TO_CONNECT, SECONDS_TO_READ, SECONDS_IN_ALL, SECONDS_AT_GATE = 5.0, 20.0, 40.0, 30.0

BY_ERROR: Mapping[str, type[RemoteError]] = {
    "invalid_grant": AuthenticationFailed,
    "interaction_required": AuthenticationFailed,
    "login_required": AuthenticationFailed,
    "consent_required": AuthenticationFailed,
    "access_denied": AuthenticationFailed,
    "invalid_client": Misconfigured,
    "unauthorized_client": Misconfigured,
    "invalid_scope": Misconfigured,
    "invalid_resource": Misconfigured,
    "invalid_request": Misconfigured,
    "invalid_tenant": Misconfigured,
    "unsupported_grant_type": Misconfigured,
    "temporarily_unavailable": TransientFailure,
    "server_error": TransientFailure,
}
REFINED: Mapping[int, type[RemoteError]] = {
    700084: Misconfigured,
    65001: Misconfigured,
    65004: Misconfigured,
    50034: Misconfigured,
    50020: Misconfigured,
    50105: PermissionMissing,
    50196: RateLimited,
}
HINTS: Mapping[int, str] = {
    50173: "the sign-in was revoked, mostly because the password changed",
    700082: "the sign-in was not used for 90 days",
    70008: "the sign-in has expired or was revoked",
    70043: "a sign-in frequency policy asks for a new sign-in",
    50132: "the session was revoked",
    50133: "the session has expired after a password change",
    700084: "the app's redirect type is single-page, whose sign-ins end after 24 hours; register it as a native client",
    50076: "multi-factor authentication is asked for",
    50079: "the user must enrol in multi-factor authentication",
    50078: "the multi-factor authentication has expired",
    50074: "multi-factor authentication is asked for",
    53003: "conditional access blocks the sign-in; the tenant's administrator must allow it",
    53000: "conditional access wants a compliant device; the tenant's administrator must act",
    53001: "conditional access wants a joined device; the tenant's administrator must act",
    65001: "nobody has consented to the app's API permission; grant admin consent",
    65004: "the user declined to consent",
    50105: "the user is not assigned to the application",
    50057: "the user is disabled",
    50034: "the user is not in this tenant",
    50020: "the user is not in this tenant",
    700016: "the application is not known in this tenant; check client id and tenant id",
    7000218: "the app registration does not allow public client flows; switch them on",
    7000215: "the client secret is wrong",
    7000222: "the client secret has expired; make a new one",
    90002: "the tenant is not known; check the tenant id",
    70011: "the scope is malformed",
    500011: "the service is not known in this tenant; check its address and the app's API permissions",
    50196: "Microsoft saw too many identical requests and wants a pause",
}


class EntraSession(requests.Session):
    """msal's way out: passes the gate for each request and sends it to ENTRA_URL in place of Microsoft's host.

    It never follows a redirect, and remembers status and Retry-After of the last answer, which msal drops.
    """

    def __init__(self, *, gate: Gate) -> None:
        super().__init__()
        self._base = settings.ENTRA_URL.rstrip("/")
        self._gate = gate
        self.trust_env = not is_loopback(self._base)
        self.mount("http://", TimedAdapter())
        self.mount("https://", TimedAdapter())
        self.last_status: int | None = None
        self.last_retry_after: timedelta | None = None

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(url if isinstance(url, str) else url.decode())
        query = f"?{parts.query}" if parts.query else ""
        kwargs |= {"timeout": (SECONDS_TO_CONNECT, SECONDS_TO_READ), "allow_redirects": False}

        operation = parts.path.rpartition("/")[2]  # openid-configuration, token

        self._gate.pass_(deadline=time.monotonic() + SECONDS_AT_GATE)
        crash_point(f"{SERVICE}.{operation}.before")
        with time_limit(SECONDS_IN_ALL):
            answer = super().request(method, f"{self._base}{parts.path}{query}", *args, **kwargs)
        crash_point(f"{SERVICE}.{operation}.after")

        self.last_status = answer.status_code
        self.last_retry_after = read_retry_after(answer.headers.get("Retry-After"), now=datetime.now(UTC))
        return answer


def sign_in(
    ask: Callable[[EntraSession], Mapping[str, Any]], *, gate: Gate, operation: str, way_out: str
) -> Mapping[str, Any]:
    """Let msal ask for a token; its answer when it holds one. Raises RemoteError in the class of any failure, Deferred.

    `way_out` says what a person does when the sign-in itself is refused.
    """
    call = Call(SERVICE, operation, "POST")
    if not settings.ENTRA_URL.startswith("https://") and not is_loopback(settings.ENTRA_URL):
        raise Misconfigured(
            "ENTRA_URL is not an https address; give one, or leave it out for Microsoft's own.",
            call=call,
            field="ENTRA_URL",
        )
    with EntraSession(gate=gate) as session:
        try:
            answer = ask(session)
        except (requests.RequestException, msal.exceptions.MsalServiceError) as error:
            raise TransientFailure(
                f"Microsoft's sign-in gave no usable answer ({type(error).__name__}). It is tried again by itself.",
                call=Call(SERVICE, operation, "POST", status=session.last_status),
                retry_after=session.last_retry_after,
            ) from error
        except ValueError as error:
            raise _unfound(session, operation=operation, way_out=way_out) from error
        if "access_token" not in answer:
            raise refusal(answer, session=session, operation=operation, way_out=way_out)
    return answer


def refusal(answer: Mapping[str, Any], *, session: EntraSession, operation: str, way_out: str) -> RemoteError:
    """The error that an answer of the token endpoint means. Its text is left out: it has names of people (trap T28)."""
    word = str(answer.get("error") or "no reason given")
    numbers = [number for number in answer.get("error_codes") or [] if isinstance(number, int)]
    error_class = _class_of(word, numbers=numbers, status=session.last_status)
    hint = next((HINTS[number] for number in numbers if number in HINTS), "")
    told = f"{word}, AADSTS{numbers[0]}" if numbers else word
    return error_class(
        f"Microsoft's sign-in refused a token ({told}){': ' + hint if hint else ''}. "
        + ("It is tried again by itself." if error_class.retryable else way_out),
        call=Call(SERVICE, operation, "POST", status=session.last_status, request_id=str(answer.get("trace_id") or "")),
        code=word,
        retry_after=session.last_retry_after,
    )


def _class_of(word: str, *, numbers: list[int], status: int | None) -> type[RemoteError]:
    if status == 429:
        return RateLimited
    refined = next((REFINED[number] for number in numbers if number in REFINED), None)
    if found := refined or BY_ERROR.get(word):
        return found
    return TransientFailure if status is None or status >= 500 else AuthenticationFailed


def _unfound(session: EntraSession, *, operation: str, way_out: str) -> RemoteError:
    """msal raises ValueError when the tenant's own address answers with a refusal or with nonsense."""
    call = Call(SERVICE, operation, "GET", status=session.last_status)
    if session.last_status == 400:
        return Misconfigured(f"Microsoft's sign-in doesn't know the tenant. Check the tenant id. {way_out}", call=call)
    return TransientFailure(
        "Microsoft's sign-in gave no usable answer. It is tried again by itself.",
        call=call,
        retry_after=session.last_retry_after,
    )
