"""Partner Center's token: a person's sign-in, kept alive by its refresh token (contract 1.1, 1.4, 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msal
from django.conf import settings

from hunter.remote import entra
from hunter.remote.entra import EntraSession
from hunter.remote.errors import AuthenticationFailed, Call, Misconfigured
from hunter.remote.gate import Gate
from hunter.remote.tokens import FetchedToken

RESOURCE = "https://api.partner.microsoft.com"
OPERATION = "sign in to Partner Center"
WAY_OUT = "Sign in anew and set PARTNER_CENTER_REFRESH_TOKEN to that sign-in's token."


class PartnerCenterSignIn:
    """The delegated token of the person who signed in; app-only tokens are not accepted there.

    What is kept between renewals is the newest refresh token: each renewal rotates it.
    """

    name = "partner_center"

    def fetch(self, gate: Gate, stored: str | None) -> FetchedToken:
        """A new access token. Raises RemoteError with the way out when a person must act, Deferred."""
        given = settings.PARTNER_CENTER_REFRESH_TOKEN
        self._check_settings(has_token=bool(stored or given))
        if not stored:
            return self._renewed(gate, given)
        try:
            return self._renewed(gate, stored)
        except AuthenticationFailed:
            if not given or given == stored:
                raise
            return self._renewed(gate, given)  # a person has put in the token of a new sign-in

    def _renewed(self, gate: Gate, refresh_token: str) -> FetchedToken:
        def ask(session: EntraSession) -> Mapping[str, Any]:
            # A new app for each renewal: it remembers a refusal for a minute, also when a person has mended it (trap T3).
            app = msal.PublicClientApplication(
                settings.PARTNER_CENTER_CLIENT_ID,
                authority=f"{entra.MICROSOFT}/{settings.PARTNER_CENTER_TENANT_ID}",
                http_client=session,
                instance_discovery=False,
            )
            answer: Mapping[str, Any] = app.acquire_token_by_refresh_token(refresh_token, [f"{RESOURCE}/.default"])
            return answer

        answer = entra.sign_in(ask, gate=gate, operation=OPERATION, way_out=WAY_OUT)
        return FetchedToken(
            access_token=answer["access_token"],
            lives_for=timedelta(seconds=int(answer["expires_in"])),
            stored=answer.get("refresh_token") or refresh_token,
        )

    def _check_settings(self, *, has_token: bool) -> None:
        call = Call(entra.SERVICE, OPERATION)
        for name in ("PARTNER_CENTER_TENANT_ID", "PARTNER_CENTER_CLIENT_ID"):
            if not getattr(settings, name):
                raise Misconfigured(f"{name} is not set. Set it in the environment or in .env.", call=call, field=name)
        if not has_token:
            raise AuthenticationFailed(f"Nobody has signed in to Partner Center yet. {WAY_OUT}", call=call)
