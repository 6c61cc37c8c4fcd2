"""Where webhooks go, as a client registers it (contract 5, P38): one address for all its events, and tests of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from werkzeug import Request, Response

from hunter.sandbox.clock import Clock
from hunter.sandbox.partner_center.refusing import Refused
from hunter.sandbox.partner_center.webhooks import TEST_EVENT, Target, Wanted, Webhooks
from hunter.sandbox.refusals import json_answer

REGISTRATION = "/webhooks/v1/registration"
EVENTS = (
    "referral-created", "referral-updated", "related-referral-created", "related-referral-updated", TEST_EVENT,
)  # fmt: skip
TESTS_A_MINUTE = 2
TEST_URI = "http://localhost:16722/v1/webhooks/registration/test"


class Registrations:
    """Answers the registration host: what is registered, a new one, a changed one, which events there are, tests."""

    def __init__(self, webhooks: Webhooks, *, clock: Clock) -> None:
        self._webhooks = webhooks
        self._clock = clock
        self._registered: dict[str, Any] = {}
        self._tests: list[datetime] = []
        self._asked: dict[str, str] = {}

    def state(self) -> dict[str, Any]:
        return dict(self._registered)

    def answer(self, request: Request, path: str) -> Response:
        """Raises Refused."""
        rest = path.removeprefix(REGISTRATION).strip("/")
        match request.method, rest:
            case "GET", "":
                answer = json_answer(self._current())
            case (("POST" | "PUT"), ""):
                answer = json_answer(self._register(request))
            case "GET", "events":
                answer = json_answer(list(EVENTS))
            case "POST", "validationEvents":
                answer = json_answer({"correlationId": self._test()})
            case "GET", _ if rest.startswith("validationEvents/"):
                answer = json_answer(self._result(rest.removeprefix("validationEvents/")))
            case _:
                raise Refused(HTTPStatus.NOT_FOUND, "Resource not found", gateway=True)
        answer.headers["MS-CorrelationId"] = str(uuid4())
        answer.headers["MS-RequestId"] = str(uuid4())
        answer.headers["X-Locale"] = "en-US"
        return answer

    def _current(self) -> dict[str, Any]:
        if not self._registered:
            raise Refused(HTTPStatus.NOT_FOUND, "No webhook is registered.", code="itemNotFound")
        return self._registered

    def _register(self, request: Request) -> dict[str, Any]:
        if request.method == "PUT":
            self._current()
        try:
            told = json.loads(request.get_data())
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, "The body is no JSON.") from error
        url, events = (told.get("WebhookUrl"), told.get("WebhookEvents")) if isinstance(told, dict) else (None, None)
        if not isinstance(url, str) or not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise Refused(HTTPStatus.BAD_REQUEST, "WebhookUrl must be an https address.")
        if not isinstance(events, list) or not events or not set(events) <= set(EVENTS):
            raise Refused(HTTPStatus.BAD_REQUEST, f"WebhookEvents must be some of {', '.join(EVENTS)}.")
        subscriber = self._registered.get("SubscriberId") or str(uuid4())
        self._registered = {"SubscriberId": subscriber, "WebhookUrl": url, "WebhookEvents": events}
        header: Any = "x-ms-signature" if told.get("signatureTokenToMsSignatureHeader") is True else "authorization"
        self._webhooks.target = Target(url=url, header=header, events=tuple(events))
        return self._registered

    def _test(self) -> str:
        self._current()
        now = self._clock.now()
        self._tests = [one for one in self._tests if now - one < timedelta(minutes=1)]
        if len(self._tests) >= TESTS_A_MINUTE:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "Two tests a minute are taken.", gateway=True)
        self._tests.append(now)
        ident = str(uuid4())
        self._asked[ident] = self._webhooks.queue(Wanted(event=TEST_EVENT, uri=TEST_URI), mark=ident)
        return ident

    def _result(self, ident: str) -> dict[str, Any]:
        if ident not in self._asked:
            raise Refused(HTTPStatus.NOT_FOUND, "There is no such test.", code="itemNotFound")
        statuses = self._webhooks.statuses_of(ident)
        results = [
            {
                "responseCode": HTTPStatus(one).phrase if one else "NoResponse",
                "responseMessage": "",
                "systemError": not one,
                "dateTimeUtc": self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f0"),
            }
            for one in statuses
        ]
        return {
            "correlationId": ident,
            "partnerId": "00000000-0000-4000-8000-000000000000",
            "status": "completed" if statuses else "pending",
            "callbackUrl": self._asked[ident],
            "results": results,
        }
