"""Partner Center's token: a person's sign-in, kept alive by its refresh token (contract 1.1, 1.4, 1.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msal
from django.conf import settings

from hunter.remote import entra
from hunter.remote.entra import EntraSession
from hunter.remote.errors import AuthenticationFailed, Call, Misconfigured
from hunter.remote.gate import Gate
from hunter.remote.models import SignIn
from hunter.remote.sign_ins import Account
from hunter.remote.tokens import FetchedToken
from referrals.renewal import Renewal, UnreadableRenewal, mark_of, read_renewal
from referrals.sign_in_words import WAY_OUT

RESOURCE = "https://api.partner.microsoft.com"
SCOPES = [f"{RESOURCE}/.default"]
OPERATION = "sign in to Partner Center"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class PartnerCenterSignIn:
    """The delegated token of the person who signed in; app-only tokens are not accepted there.

    What is kept between renewals is the newest refresh token: each renewal rotates it.
    """

    name = "partner_center"

    def fetch(self, gate: Gate, stored: str | None) -> FetchedToken:
        """A new access token. Raises RemoteError with the way out when a person must act, Deferred."""
        check_settings()
        given = settings.PARTNER_CENTER_REFRESH_TOKEN
        kept = _kept(stored)
        is_new = not kept.knows(given)
        if kept.refresh_token:
            try:
                return self._renewed(gate, kept)
            except AuthenticationFailed:
                if not is_new:
                    raise
        if not is_new:
            nobody = "Somebody has signed Hunter out of Partner Center." if stored else "Nobody has signed in yet."
            raise AuthenticationFailed(f"{nobody} {WAY_OUT}", call=Call(entra.SERVICE, OPERATION))
        # A person has put in the token of a new sign-in.
        return self._renewed(gate, Renewal(given, spent=mark_of(given)), how=SignIn.How.GIVEN)

    def _renewed(self, gate: Gate, renewal: Renewal, *, how: SignIn.How | None = None) -> FetchedToken:
        def ask(session: EntraSession) -> Mapping[str, Any]:
            app = entra_app(session, with_secret=renewal.is_of_web_app)
            answer: Mapping[str, Any] = app.acquire_token_by_refresh_token(renewal.refresh_token, SCOPES)
            return answer

        answer = entra.sign_in(ask, gate=gate, operation=OPERATION, way_out=WAY_OUT)
        return fetched_token(answer, renewal=renewal.rotated(answer.get("refresh_token", "")), how=how)


def _kept(stored: str | None) -> Renewal:
    try:
        return read_renewal(stored) if stored else Renewal("")
    except UnreadableRenewal:
        return Renewal("")


def entra_app(session: EntraSession, *, with_secret: bool) -> msal.ClientApplication:
    """msal for one use: it would remember a refusal for a minute, also when a person has mended it (trap T3)."""
    named = {
        "authority": f"{entra.MICROSOFT}/{settings.PARTNER_CENTER_TENANT_ID}",
        "http_client": session,
        "instance_discovery": False,
    }
    client_id = settings.PARTNER_CENTER_CLIENT_ID
    if not with_secret:
        return msal.PublicClientApplication(client_id, **named)
    if not settings.PARTNER_CENTER_CLIENT_SECRET:
        raise Misconfigured(
            "The sign-in to Partner Center was made with the app's client secret, and PARTNER_CENTER_CLIENT_SECRET is not "
            "set any more. Set it, or sign in anew without one.",
            call=Call(entra.SERVICE, OPERATION),
            field="PARTNER_CENTER_CLIENT_SECRET",
        )
    return msal.ConfidentialClientApplication(
        client_id, client_credential=settings.PARTNER_CENTER_CLIENT_SECRET, **named
    )


def fetched_token(answer: Mapping[str, Any], *, renewal: Renewal, how: SignIn.How | None) -> FetchedToken:
    """What Entra's answer gives, once it is known to be for our application and of our tenant. Raises Misconfigured."""
    return FetchedToken(
        access_token=answer["access_token"],
        lives_for=timedelta(seconds=int(answer["expires_in"])),
        stored=renewal.text(),
        account=account_of(answer),
        how=how,
    )


def account_of(answer: Mapping[str, Any], *, tenant: str = "") -> Account | None:
    """Who signed in, by the id token that came beside; None where there is none. Raises Misconfigured for a stranger.

    msal leaves these checks to us. `tenant`: the tenant's id where the settings have its domain.
    """
    claims = answer.get("id_token_claims")
    if not isinstance(claims, Mapping) or not claims.get("oid"):
        return None
    expected, tenant_id = tenant or settings.PARTNER_CENTER_TENANT_ID, str(claims.get("tid", ""))
    call = Call(entra.SERVICE, OPERATION)
    if claims.get("aud") != settings.PARTNER_CENTER_CLIENT_ID:
        raise Misconfigured("Microsoft's sign-in answered for another application; nothing was kept.", call=call)
    if GUID.fullmatch(expected) and tenant_id.lower() != expected.lower():
        raise Misconfigured(
            f"The account belongs to another tenant ({tenant_id}) than PARTNER_CENTER_TENANT_ID names ({expected}); nothing "
            "was kept. Sign in with an account of the partner's own tenant.",
            call=call,
            field="PARTNER_CENTER_TENANT_ID",
        )
    return Account(f"{claims['oid']}.{tenant_id}", str(claims.get("preferred_username") or claims["oid"]))


def check_settings() -> None:
    """Raises Misconfigured when the settings of the application are not there."""
    for name in ("PARTNER_CENTER_TENANT_ID", "PARTNER_CENTER_CLIENT_ID"):
        if not getattr(settings, name):
            raise Misconfigured(
                f"{name} is not set. Set it in the environment or in .env.",
                call=Call(entra.SERVICE, OPERATION),
                field=name,
            )
