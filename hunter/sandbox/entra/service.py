"""Entra ID: discovery, the sign-in page and the token endpoint, for Partner Center's people and Dataverse's application.

Paths are Microsoft's own; the discovery document names Microsoft's https addresses, so that msal works against this
host by a session that only replaces scheme and host (contract 1.5, way 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from threading import Lock
from typing import Any

from werkzeug import Request, Response
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.utils import redirect

from hunter.sandbox import identities
from hunter.sandbox.clock import Clock
from hunter.sandbox.entra import grants, sign_in_page, tokens
from hunter.sandbox.entra.accounts import Accounts
from hunter.sandbox.entra.authorization import Asked, read_request
from hunter.sandbox.entra.device_codes import DeviceCodes
from hunter.sandbox.entra.discovery import instance_discovery, openid_configuration
from hunter.sandbox.entra.refusals import REASONS, GrantRefused, error_answer
from hunter.sandbox.refusals import json_answer
from hunter.sandbox.service import TokenCheck, TokenVerdict

SHORTEST_LIFE, LONGEST_LIFE = 3600, 5400


class EntraService:
    """Issues and checks tokens. `own_resources` gives the audiences that live on this port, by their base URL."""

    name = "entra"

    def __init__(self, *, clock: Clock, seed: int, own_resources: Callable[[], Mapping[str, str]]) -> None:
        self._clock = clock
        self._own_resources = own_resources
        self._rng = Random(seed)  # noqa: S311  the spread of token lives, no secret
        self._lock = Lock()
        self._accounts = Accounts(DeviceCodes(self._rng))

    def operation(self, request: Request, path: str) -> str:
        last = path.rstrip("/").rpartition("/")[2]
        return last if last in ("token", "devicecode", "authorize") else "discovery"

    def handle(self, request: Request, path: str) -> Response:
        answer = self._answer(request, path)
        if (sent := request.headers.get("client-request-id")) is not None:
            answer.headers["client-request-id"] = sent
        return answer

    def state(self) -> dict[str, Any]:
        with self._lock:
            accounts = self._accounts
            return {"settings": accounts.edit({}), "issued": accounts.issued, "user": identities.USER_NAME}

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """See `Accounts.edit`; after `sign_in` the answer has the new "refresh_token"."""
        with self._lock:
            answer = self._accounts.edit(change)
        if "sign_in" in answer:
            answer["refresh_token"] = grants.refresh_token(answer.pop("sign_in"))
        return answer

    def forget(self) -> None:
        """Back to the first settings. Tokens stay good: clients keep theirs across a reset of the world."""
        with self._lock:
            self._accounts = Accounts(DeviceCodes(self._rng), issued=self._accounts.issued)

    def first_refresh_token(self) -> str:
        """The sign-in that the sandbox's environment carries."""
        return grants.refresh_token(0)

    def expire(self, token: str) -> None:
        """From now on this access token counts as expired."""
        with self._lock:
            self._accounts.expired_tokens.add(token)

    def check_token(self, token: str, audience: str) -> TokenCheck:
        if not token:
            return TokenCheck(TokenVerdict.MISSING)
        claims = tokens.claims_of(token)
        if claims is None or "aud" not in claims:
            return TokenCheck(TokenVerdict.UNKNOWN)
        with self._lock:
            gone = token in self._accounts.expired_tokens or claims["n"] <= self._accounts.tokens_expired_up_to
        if gone or claims["exp"] <= self._clock.now().timestamp():
            return TokenCheck(TokenVerdict.EXPIRED)
        if claims["aud"] != self._canonical(audience):
            return TokenCheck(TokenVerdict.WRONG_AUDIENCE)
        return TokenCheck(
            TokenVerdict.VALID,
            client_id=claims["appid"],
            is_app_only=claims["idtyp"] == "app",
            user=claims.get("upn", ""),
            role=claims.get("referral_role", ""),
            has_mfa="mfa" in claims.get("amr", ()),
        )

    def _canonical(self, resource: str) -> str:
        return self._own_resources().get(resource, resource)

    def _answer(self, request: Request, path: str) -> Response:
        tenant, _, rest = path.strip("/").partition("/")
        match rest:
            case "v2.0/.well-known/openid-configuration":
                return openid_configuration(tenant)
            case "discovery/instance":
                return instance_discovery(request.args, now=self._clock.now())
            case "oauth2/v2.0/token":
                return self._posted(request, lambda: self._token(request, tenant))
            case "oauth2/v2.0/authorize":
                return self._sign_in(request, tenant)
            case "oauth2/v2.0/devicecode":
                return self._posted(request, lambda: self._device_sign_in(request, tenant))
            case _:
                return json_answer({"error": "not_found"}, status=404)

    def _posted(self, request: Request, act: Callable[[], dict[str, Any]]) -> Response:
        if request.method != "POST":
            return MethodNotAllowed(["POST"]).get_response()
        try:
            with self._lock:
                return json_answer(act())
        except GrantRefused as refused:
            sent = request.headers.get("client-request-id", "")
            return error_answer(refused.number, now=self._clock.now(), correlation_id=sent, detail=refused.detail)

    def _sign_in(self, request: Request, tenant: str) -> Response:
        """The page by GET; by POST what the person said there takes the browser back to the app."""
        with self._lock:
            accounts = self._accounts
            asked = read_request(request.args, registered=accounts.settings.redirect_uris)
            if not isinstance(asked, Asked):
                return sign_in_page.error_page(asked)
            try:
                grants.check_browser_sign_in(asked, tenant=tenant, accounts=accounts)
            except GrantRefused as refused:
                return sign_in_page.error_page(refused.number)
            person = identities.PEOPLE.get(request.form.get("person", ""))
            refusal = sign_in_page.REFUSALS.get(request.form.get("refuse", ""))
            if request.method != "POST" or (person is None and refusal is None):
                return sign_in_page.sign_in_page(asked)
            if person is None or not accounts.settings.enabled:
                return redirect(self._refused_sign_in(asked, refusal or 50057), code=302)
            return redirect(asked.answer(code=accounts.codes.issue(asked, person=person, now=self._clock.now())))

    def _refused_sign_in(self, asked: Asked, number: int) -> str:
        reason = REASONS[number]
        return asked.answer(error=reason.error, error_description=f"AADSTS{number}: {reason.text} Trace ID: 0")

    def _device_sign_in(self, request: Request, tenant: str) -> dict[str, Any]:
        now = self._clock.now()
        return grants.begin_device_sign_in(request.form, tenant=tenant, accounts=self._accounts, now=now)

    def _token(self, request: Request, tenant: str) -> dict[str, Any]:
        now, accounts = self._clock.now(), self._accounts
        grant = grants.read_grant(request.form, tenant=tenant, accounts=accounts, known=self._known(), now=now)
        accounts.issued += 1
        return grants.token_answer(grant, accounts=accounts, lives=self._life(), now=int(now.timestamp()))

    def _known(self) -> Mapping[str, str]:
        foreign = (
            identities.PARTNER_CENTER_RESOURCE,
            identities.PARTNER_CENTER_CSP_RESOURCE,
            identities.GRAPH_RESOURCE,
        )
        return {**{one: one for one in foreign}, **self._own_resources()}

    def _life(self) -> int:
        return self._accounts.settings.token_lifetime or self._rng.randint(SHORTEST_LIFE, LONGEST_LIFE)
