"""Tokens for Dynamics 365: client credentials at Entra, by msal (contract 1.1 to 1.4).

msal speaks to the production authority only and refuses plain http; where ENTRA_URL names another server, its requests
are led there, path and query unchanged. Every request passes the gate of the sign-in's lane.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msal
import requests
from django.conf import settings

from hunter.errors import HunterError
from hunter.remote.errors import (
    Call,
    Misconfigured,
    PermissionMissing,
    RateLimited,
    RemoteError,
    TransientFailure,
)
from hunter.remote.gate import Gate
from hunter.remote.retry_after import read_retry_after
from hunter.remote.session import transport
from hunter.remote.tokens import FetchedToken

AUTHORITY: Final = "https://login.microsoftonline.com"
SECONDS: Final = (5, 30)
GATE_SECONDS: Final = 30.0
CLASSES: Final[Mapping[str, type[RemoteError]]] = {
    "interaction_required": PermissionMissing,
    "access_denied": PermissionMissing,
    "temporarily_unavailable": TransientFailure,
    "server_error": TransientFailure,
}
SECRET_HINT: Final = "Look at D365_TENANT_ID, D365_CLIENT_ID and D365_CLIENT_SECRET; Entra's own words name the cause."  # noqa: S105  words


class EntraClient:
    """msal's requests: through the gate, in limited time, to ENTRA_URL."""

    def __init__(self, gate: Gate, *, base_url: str) -> None:
        self._gate = gate
        self._base_url = base_url.rstrip("/")
        self.answered: requests.Response | None = None

    def get(self, url: str, **request: Any) -> requests.Response:
        return self._send("GET", url, **request)

    def post(self, url: str, **request: Any) -> requests.Response:
        return self._send("POST", url, **request)

    def close(self) -> None:
        """The connections are the process's, not ours to close."""

    def _send(self, method: str, url: str, **request: Any) -> requests.Response:
        parts = urlsplit(url)
        address = f"{self._base_url}{parts.path}{f'?{parts.query}' if parts.query else ''}"
        self._gate.pass_(deadline=time.monotonic() + GATE_SECONDS)
        known = {name: request[name] for name in ("params", "data", "headers") if name in request}
        self.answered = transport(self._base_url).request(
            method, address, timeout=SECONDS, allow_redirects=False, **known
        )
        return self.answered


class DynamicsTokens:
    """Where the lane's tokens come from. There is no refresh token in this grant: nothing is kept beside the token."""

    name = "dynamics365"

    def fetch(self, gate: Gate, stored: str | None) -> FetchedToken:
        """A new token for the organisation at D365_URL. Raises RemoteError, Deferred."""
        _check_settings()
        client = EntraClient(gate, base_url=settings.ENTRA_URL)
        scope = f"{settings.D365_URL.rstrip('/')}/.default"
        try:
            application = msal.ConfidentialClientApplication(
                settings.D365_CLIENT_ID,
                client_credential=settings.D365_CLIENT_SECRET,
                authority=f"{AUTHORITY}/{settings.D365_TENANT_ID}",
                http_client=client,
                instance_discovery=False,
            )
            answer = application.acquire_token_for_client(scopes=[scope])
        except (requests.RequestException, msal.exceptions.MsalServiceError) as error:
            raise TransientFailure(
                f"Microsoft sign-in gave no answer ({type(error).__name__}). It is tried again by itself.", call=_call()
            ) from error
        except ValueError as error:  # a refused discovery document: no such tenant
            raise Misconfigured(
                f"Microsoft sign-in knows no tenant {settings.D365_TENANT_ID}. {SECRET_HINT}", call=_call()
            ) from error
        if "access_token" not in answer:
            raise _refusal(answer, client.answered)
        return FetchedToken(answer["access_token"], timedelta(seconds=int(answer["expires_in"])), stored="")


def _check_settings() -> None:
    for name in ("D365_URL", "D365_TENANT_ID", "D365_CLIENT_ID", "D365_CLIENT_SECRET"):
        if not getattr(settings, name):
            raise HunterError(f"{name} is not set, so Hunter can't sign in to Dynamics 365.", field=name)


def _refusal(answer: Mapping[str, Any], response: requests.Response | None) -> RemoteError:
    """By `error` and status alone: Entra's numbers and texts change, they are for people (contract 1.4)."""
    status = response.status_code if response is not None else None
    call = _call(status)
    words = str(answer.get("error_description") or answer.get("error") or "no reason given").splitlines()[0]
    if status == 429:
        asked = response.headers.get("Retry-After") if response is not None else None
        wait = read_retry_after(asked, now=datetime.now(UTC))
        return RateLimited(f"Microsoft sign-in asks to wait: {words}", call=call, retry_after=wait)
    error_class = CLASSES.get(str(answer.get("error")), Misconfigured)
    return error_class(f"Microsoft sign-in refused Hunter: {words} {SECRET_HINT}", call=call)


def _call(status: int | None = None) -> Call:
    return Call("entra", "token", "POST", "/oauth2/v2.0/token", status)
