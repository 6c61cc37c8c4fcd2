"""Where Partner Center sends its webhooks, over HTTP: read, set and tried at the registration host (contract 5)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hunter.remote.errors import AuthenticationFailed, Call, Misconfigured, NotFound, TransientFailure
from hunter.remote.gate import Gate
from hunter.remote.session import Answer, RemoteSession, TimeLimits
from hunter.remote.transport import is_loopback
from referrals import statuses
from referrals.client import with_way_out

REGISTRATION = "webhooks/v1/registration"
LIMITS = TimeLimits(connect=5.0, read=20.0, total=30.0, gate=20.0)


@dataclass(frozen=True, slots=True)
class Registration:
    """The one address that is registered, and the events that go there."""

    url: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often a test was sent, and how the last attempt ended, in Partner Center's words; empty while there was none."""

    count: int = 0
    last: str = ""


class RegistrationClient:
    """Registers an address. Raises RemoteError in the class of the answer, Deferred when no call may go out."""

    def __init__(self, *, base_url: str, gate: Gate, bearer: str) -> None:
        if not base_url.startswith("https://") and not is_loopback(base_url):
            raise Misconfigured(
                "PARTNER_CENTER_REGISTRATION_URL is not an https address; the token would be sent in the clear.",
                call=Call(statuses.TABLE.service, "register webhooks"),
                field="PARTNER_CENTER_REGISTRATION_URL",
            )
        self._session = RemoteSession(
            service=statuses.TABLE.service,
            base_url=base_url,
            gate=gate,
            table=statuses.TABLE,
            limits=LIMITS,
            bearer=bearer,
            read_error=statuses.read_error,
        )

    def current(self) -> Registration | None:
        """What is registered now; None where nothing is."""
        try:
            told = self._call("GET", REGISTRATION, operation="read the webhook registration")
        except NotFound:
            return None
        return _registration(told)

    def events(self) -> frozenset[str]:
        """The events that there are."""
        told = self._call("GET", f"{REGISTRATION}/events", operation="list webhook events")
        return frozenset(one for one in _json(told, list) if isinstance(one, str))

    def register(self, registration: Registration, *, anew: bool) -> Registration:
        """Set the address and its events; `anew`: there is none yet. The same again changes nothing there."""
        body = {"WebhookUrl": registration.url, "WebhookEvents": list(registration.events)}
        told = self._call("POST" if anew else "PUT", REGISTRATION, operation="register webhooks", json=body)
        return _registration(told) or registration

    def send_test(self) -> str:
        """Have a test sent; the id that its attempts are found by. Raises RateLimited for the third in a minute."""
        told = self._call("POST", f"{REGISTRATION}/validationEvents", operation="test the webhook")
        ident = _json(told, dict).get("correlationId")
        if not isinstance(ident, str) or not ident:
            raise TransientFailure("Partner Center took the test without saying which it is.", call=told.call)
        return ident

    def attempts(self, ident: str) -> Attempts:
        """What became of a test so far."""
        path = f"{REGISTRATION}/validationEvents/{quote(ident, safe='')}"
        results = _json(self._call("GET", path, operation="read a webhook test"), dict).get("results")
        ended = [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []
        if not ended:
            return Attempts()
        words = (str(ended[-1].get(name) or "") for name in ("responseCode", "responseMessage"))
        return Attempts(len(ended), " ".join(filter(None, words))[:200])

    def _call(self, method: str, path: str, *, operation: str, json: Any = None) -> Answer:
        headers = {"client-request-id": str(uuid.uuid4())}
        try:
            return self._session.call(method, path, operation=operation, json=json, headers=headers)
        except AuthenticationFailed as error:
            raise with_way_out(error) from error


def _registration(answer: Answer) -> Registration | None:
    told = _json(answer, dict)
    url, events = told.get("WebhookUrl"), told.get("WebhookEvents")
    if not isinstance(url, str) or not url:
        return None
    named = events if isinstance(events, Sequence) and not isinstance(events, str) else ()
    return Registration(url[:500], tuple(sorted(one for one in named if isinstance(one, str))))


def _json(answer: Answer, kind: type) -> Any:
    body = answer.json()
    if not isinstance(body, kind):
        raise TransientFailure("Partner Center answered with something else than was asked for.", call=answer.call)
    return body
