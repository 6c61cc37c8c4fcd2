"""Signing in at Microsoft Entra by msal: its HTTP session, and what its refusals mean (contract 1.4, 1.5).

The class follows from `error`; AADSTS numbers only refine it and choose the hint, because they may change at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

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
from hunter.remote.transport import TimedAdapter, is_certificate_refused, is_loopback, time_limit

MICROSOFT = "https://login.microsoftonline.com"
SERVICE = "entra"
T = TypeVar("T")
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
    50011: "the redirect address is not among those of the app registration",
    54005: "the code was used before",
    501481: "the answer does not belong to this sign-in",
    90094: "an administrator of the tenant must consent to the app's API permission",
    700025: "the redirect address is registered as a public client's, which takes no secret",
    7000218: "the app registration wants a client secret, or public client flows to be allowed",
    7000215: "the client secret is wrong",
    7000222: "the client secret has expired; make a new one",
    700021: "the certificate signs for another client id",
    700023: "the sign-in is meant for another tenant; check the tenant id",
    700024: "the clock of this machine is wrong, or the certificate has ended",
    700027: "the certificate is not registered on the application at Entra, or another one is",
    90002: "the tenant is not known; check the tenant id",
    70011: "the scope is malformed",
    500011: "the service is not known in this tenant; check its address and the app's API permissions",
    50196: "Microsoft saw too many identical requests and wants a pause",
}


@dataclass(frozen=True, slots=True)
class Ways:
    """How a refusal is told: what a person does about one that stays, what becomes of one that passes, what happened."""

    out: str
    later: str = "It is tried again by itself."
    happened: str = "Microsoft's sign-in refused a token"


class EntraSession(requests.Session):
    """msal's way out: passes the gate for each request and sends it to ENTRA_URL in place of Microsoft's host.

    It never follows a redirect, and remembers status and Retry-After of the last answer, which msal drops.
    """

    def __init__(self, *, gate: Gate) -> None:
        super().__init__()
        self._base = settings.ENTRA_URL.rstrip("/")
        self.gate = gate
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

        self.gate.pass_(deadline=time.monotonic() + SECONDS_AT_GATE)
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
    ways = Ways(way_out)
    check_address(operation)
    with EntraSession(gate=gate) as session:
        answer = answered(session, ask, operation=operation, ways=ways)
        if "access_token" not in answer:
            raise refusal(answer, session=session, operation=operation, ways=ways)
    return answer


def check_address(operation: str) -> None:
    """Raises Misconfigured when secrets would go out in the clear."""
    if not settings.ENTRA_URL.startswith("https://") and not is_loopback(settings.ENTRA_URL):
        raise Misconfigured(
            "ENTRA_URL is not an https address; give one, or leave it out for Microsoft's own.",
            call=Call(SERVICE, operation, "POST"),
            field="ENTRA_URL",
        )


def answered(session: EntraSession, ask: Callable[[EntraSession], T], *, operation: str, ways: Ways) -> T:
    """What msal made of the answer, a refusal too. Raises RemoteError where there was none that can be used, Deferred."""
    try:
        return ask(session)
    except (requests.RequestException, msal.exceptions.MsalServiceError) as error:
        call = Call(SERVICE, operation, "POST", status=session.last_status)
        if is_certificate_refused(error):
            raise Misconfigured(
                "Microsoft's sign-in: its certificate was refused. Check ENTRA_URL.", call=call
            ) from error
        raise TransientFailure(
            f"Microsoft's sign-in gave no usable answer ({type(error).__name__}). {ways.later}",
            call=call,
            retry_after=session.last_retry_after,
        ) from error
    except (ValueError, RuntimeError) as error:
        raise _unfound(session, operation=operation, ways=ways) from error


def browser_address(page: str, *, operation: str) -> str:
    """Where a browser is sent to sign in: Microsoft's page as msal names it, at ENTRA_URL. Raises Misconfigured.

    Nobody is ever sent to another host. The answer is to come by a redirect: a POST from another site, which msal would
    rather have, would come without the cookie of the person's session.
    """
    parts = urlsplit(page)
    if f"{parts.scheme}://{parts.netloc}" != MICROSOFT:
        raise Misconfigured(
            f"Microsoft's sign-in names a page at another server ({parts.hostname}); nobody is sent there. Check ENTRA_URL.",
            call=Call(SERVICE, operation),
            field="ENTRA_URL",
        )
    query = dict(parse_qsl(parts.query)) | {"response_mode": "query"}
    return f"{settings.ENTRA_URL.rstrip('/')}{parts.path}?{urlencode(query)}"


def refusal(answer: Mapping[str, Any], *, session: EntraSession, operation: str, ways: Ways) -> RemoteError:
    """The error that an answer of the token endpoint means."""
    call = Call(SERVICE, operation, "POST", status=session.last_status, request_id=str(answer.get("trace_id") or ""))
    return refusal_of(answer, call=call, ways=ways, retry_after=session.last_retry_after)


def refusal_of(
    answer: Mapping[str, Any], *, call: Call, ways: Ways, retry_after: timedelta | None = None
) -> RemoteError:
    """The error that a refusal means, wherever it came from. Its text is left out: it has names of people (trap T28)."""
    word = str(answer.get("error") or "no reason given")[:100]
    numbers = [number for number in answer.get("error_codes") or [] if isinstance(number, int)]
    error_class = _class_of(word, numbers=numbers, status=call.status)
    hint = next((HINTS[number] for number in numbers if number in HINTS), "")
    told = f"{word}, AADSTS{numbers[0]}" if numbers else word
    return error_class(
        f"{ways.happened} ({told}){': ' + hint if hint else ''}. "
        + (ways.later if error_class.retryable else ways.out),
        call=call,
        code=word,
        retry_after=retry_after,
    )


def _class_of(word: str, *, numbers: list[int], status: int | None) -> type[RemoteError]:
    if status == 429:
        return RateLimited
    refined = next((REFINED[number] for number in numbers if number in REFINED), None)
    if found := refined or BY_ERROR.get(word):
        return found
    return TransientFailure if status is None or status >= 500 else AuthenticationFailed


def _unfound(session: EntraSession, *, operation: str, ways: Ways) -> RemoteError:
    """msal raises ValueError where the tenant's own address refuses or answers nonsense, RuntimeError for a redirect."""
    call = Call(SERVICE, operation, "GET", status=session.last_status)
    if session.last_status is not None and 300 <= session.last_status < 400:
        return Misconfigured("Microsoft's sign-in sends elsewhere, and was not followed. Check ENTRA_URL.", call=call)
    if session.last_status == 429:
        return RateLimited(
            "Microsoft's sign-in asked for fewer calls.", call=call, retry_after=session.last_retry_after
        )
    if session.last_status == 400:
        return Misconfigured(f"Microsoft's sign-in doesn't know the tenant. Check the tenant id. {ways.out}", call=call)
    return TransientFailure(
        f"Microsoft's sign-in gave no usable answer. {ways.later}",
        call=call,
        retry_after=session.last_retry_after,
    )
