"""Signing in with a person present: in a browser, or by device code where there is none (contract 1.3, 1.3a)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from hunter.remote import entra
from hunter.remote.entra import EntraSession, Ways
from hunter.remote.errors import AuthenticationFailed, Call, Misconfigured, RemoteError
from hunter.remote.gate import Gate
from hunter.remote.models import SignIn
from hunter.remote.tokens import FetchedToken
from referrals.authentication import (
    GUID,
    OPERATION,
    SCOPES,
    account_of,
    check_settings,
    entra_app,
    fetched_token,
)
from referrals.renewal import Renewal, mark_of

BEGIN_ANEW = "Begin the sign-in anew."
NEW_CODE = (
    "Run the command again for a new code. Many tenants block device codes; sign in under Set-up, Partner Center in the "
    "admin then."
)
IN_BROWSER = Ways(BEGIN_ANEW, later="Try again in a minute.", happened="Nobody was signed in")
BY_DEVICE = Ways(NEW_CODE, later="Try again in a minute.", happened="Nobody was signed in")
DEVICE_ENDS: Mapping[Any, str] = {
    "authorization_declined": "The sign-in was declined.",
    "access_denied": "The sign-in was declined or is blocked.",
    "expired_token": "The code has expired before anybody used it.",
    "code_expired": "The code has expired before anybody used it.",
    "bad_verification_code": "Microsoft does not know the code.",
    "invalid_grant": "The code was used before, or a policy of the tenant blocks the sign-in.",
}
SHARED_TENANTS = frozenset({"common", "organizations", "consumers"})


@dataclass(frozen=True, slots=True)
class BrowserFlow:
    """A sign-in under way: where the browser goes, and what is kept in the person's session until it comes back."""

    address: str
    kept: dict[str, Any]


def begin_in_browser(gate: Gate, *, redirect_uri: str, login_hint: str = "") -> BrowserFlow:
    """Prepare a sign-in with PKCE, state and nonce. Raises RemoteError, Deferred."""
    check_own_tenant()
    entra.check_address(OPERATION)

    def ask(session: EntraSession) -> dict[str, Any]:
        app = entra_app(session, with_secret=has_secret())
        flow: dict[str, Any] = app.initiate_auth_code_flow(
            SCOPES,
            redirect_uri=redirect_uri,
            login_hint=login_hint or None,
            prompt="select_account",  # the browser is mostly signed in already, with the person's own account
            response_mode="form_post",
        )
        return flow

    with EntraSession(gate=gate) as session:
        kept = entra.answered(session, ask, operation=OPERATION, ways=IN_BROWSER)
    return BrowserFlow(entra.browser_address(kept["auth_uri"], operation=OPERATION), kept)


def redeem_code(gate: Gate, flow: Mapping[str, Any], *, code: str) -> FetchedToken:
    """The tokens for the code that the browser came back with; its state was checked. Raises RemoteError, Deferred."""
    is_of_web_app = has_secret()

    def ask(session: EntraSession) -> Mapping[str, Any]:
        app = entra_app(session, with_secret=is_of_web_app)
        try:
            answer: Mapping[str, Any] = app.acquire_token_by_auth_code_flow(
                dict(flow), {"code": code, "state": flow["state"]}
            )
        except RuntimeError as error:  # msal's word for a nonce that is another one
            raise Misconfigured(f"Microsoft's answer belongs to another sign-in. {BEGIN_ANEW}", call=_call()) from error
        return answer

    entra.check_address(OPERATION)
    with EntraSession(gate=gate) as session:
        answer = entra.answered(session, ask, operation=OPERATION, ways=IN_BROWSER)
        if "access_token" not in answer:
            raise entra.refusal(answer, session=session, operation=OPERATION, ways=IN_BROWSER)
        return _new_sign_in(answer, session, is_of_web_app=is_of_web_app, how=SignIn.How.BROWSER)


class Poll(enum.StrEnum):
    """What a look at a device sign-in found, while there is no token yet."""

    PENDING = "pending"
    TOO_FAST = "too fast"


class DeviceSignIn:
    """A sign-in by device code under way. Every request passes the gate it is given."""

    def __init__(self) -> None:
        check_own_tenant()
        entra.check_address(OPERATION)
        self._session: EntraSession | None = None
        self._app: Any = None
        self.flow: dict[str, Any] = {}

    def begin(self, gate: Gate) -> str:
        """Ask for a code; the sentence to show as it is. Raises RemoteError, Deferred."""
        self._session = EntraSession(gate=gate)

        def ask(session: EntraSession) -> dict[str, Any]:
            self._app = entra_app(session, with_secret=False)
            flow: dict[str, Any] = self._app.initiate_device_flow(scopes=SCOPES)
            return flow

        self.flow = entra.answered(self._session, ask, operation=OPERATION, ways=BY_DEVICE)
        if "user_code" not in self.flow:
            raise entra.refusal(self.flow, session=self._session, operation=OPERATION, ways=BY_DEVICE)
        return str(self.flow["message"])

    def poll(self, gate: Gate) -> FetchedToken | Poll:
        """Look once whether the person is through. Raises RemoteError in the class of a final answer, Deferred."""
        assert self._session is not None  # noqa: S101  begin comes first
        self._session.gate = gate
        self.flow.pop("latest_attempt_at", None)  # msal warns of polls by its own clock; the interval is kept by us

        def ask(session: EntraSession) -> Mapping[str, Any]:
            app = self._app or entra_app(session, with_secret=False)
            self._app = None  # after trouble a new one: this one would repeat the answer for a minute without asking
            answer: Mapping[str, Any] = app.acquire_token_by_device_flow(self.flow, exit_condition=lambda flow: True)
            self._app = app if "error_codes" in answer else None
            return answer

        answer = entra.answered(self._session, ask, operation=OPERATION, ways=BY_DEVICE)
        if "access_token" in answer:
            return _new_sign_in(answer, self._session, is_of_web_app=False, how=SignIn.How.DEVICE_CODE)
        match answer.get("error"):
            case "authorization_pending":
                return Poll.PENDING
            case "slow_down":
                return Poll.TOO_FAST
            case word if word in DEVICE_ENDS:
                raise AuthenticationFailed(f"{DEVICE_ENDS[word]} {NEW_CODE}", call=_call(self._session), code=str(word))
        raise entra.refusal(answer, session=self._session, operation=OPERATION, ways=BY_DEVICE)

    def close(self) -> None:
        if self._session is not None:
            self._session.close()


def _new_sign_in(
    answer: Mapping[str, Any], session: EntraSession, *, is_of_web_app: bool, how: SignIn.How
) -> FetchedToken:
    """A sign-in that can be kept: of our tenant, with an account and a refresh token. Raises Misconfigured."""
    if account_of(answer, tenant=_own_tenant(session)) is None:
        raise Misconfigured(f"Microsoft's answer does not say whose account it is. {BEGIN_ANEW}", call=_call(session))
    if not answer.get("refresh_token"):
        raise Misconfigured(
            "Microsoft gave no refresh token, so the sign-in would end within the hour: the app's permission offline_access "
            "was not granted.",
            call=_call(session),
        )
    spent = mark_of(settings.PARTNER_CENTER_REFRESH_TOKEN)
    renewal = Renewal(answer["refresh_token"], is_of_web_app=is_of_web_app, spent=spent)
    return fetched_token(answer, renewal=renewal, how=how)


def _own_tenant(session: EntraSession) -> str:
    """The id of the tenant in the settings; where they have its domain, its own discovery document tells."""
    tenant: str = settings.PARTNER_CENTER_TENANT_ID
    if GUID.fullmatch(tenant):
        return tenant

    def ask(session: EntraSession) -> str:
        told = session.get(f"{entra.MICROSOFT}/{tenant}/v2.0/.well-known/openid-configuration").json()
        return str(told["issuer"]) if isinstance(told, dict) and "issuer" in told else ""

    issuer = entra.answered(session, ask, operation=OPERATION, ways=IN_BROWSER)
    found = GUID.search(issuer)
    if found is None:
        raise Misconfigured(
            f"Microsoft's sign-in does not tell the id of the tenant {tenant!r}. Set PARTNER_CENTER_TENANT_ID to its id.",
            call=_call(session),
            field="PARTNER_CENTER_TENANT_ID",
        )
    return found[0]


def check_own_tenant() -> None:
    """A person signs in to one tenant, which the settings name. Raises Misconfigured."""
    check_settings()
    if settings.PARTNER_CENTER_TENANT_ID.lower() in SHARED_TENANTS:
        raise Misconfigured(
            f"PARTNER_CENTER_TENANT_ID is {settings.PARTNER_CENTER_TENANT_ID!r}, which is no tenant of your own: anybody's "
            "account would do. Set it to the id of the partner's tenant.",
            call=_call(),
            field="PARTNER_CENTER_TENANT_ID",
        )


def has_secret() -> bool:
    """Whether the redirect address is one of type web, as far as the settings tell."""
    return bool(settings.PARTNER_CENTER_CLIENT_SECRET)


def _call(session: EntraSession | None = None) -> Call:
    return Call(entra.SERVICE, OPERATION, "POST", status=session.last_status if session else None)


def refused_in_browser(error: str, *, number: int | None) -> RemoteError:
    """What an error that the browser came back with means. Its text is left out: it has names of people (trap T28)."""
    with_number: dict[str, Any] = {"error": error, "error_codes": [number] if number else []}
    return entra.refusal_of(with_number, call=_call(), ways=IN_BROWSER)
