"""Tokens for Dynamics 365: client credentials at Entra, by msal (contract 1.1 to 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msal
from django.conf import settings

from crm.dynamics365.certificates import CertificateRefused, read_certificate
from hunter.remote import entra
from hunter.remote.entra import EntraSession
from hunter.remote.errors import Call, Misconfigured
from hunter.remote.gate import Gate
from hunter.remote.tokens import FetchedToken

OPERATION: Final = "sign in to Dynamics 365"
WAY_OUT: Final = (
    "Look at D365_URL, D365_TENANT_ID, D365_CLIENT_ID and D365_CLIENT_SECRET or D365_CLIENT_CERTIFICATE; "
    "`manage.py check_crm` tries them."
)


class DynamicsTokens:
    """Where the lane's tokens come from. This grant has no refresh token: nothing is kept beside the token itself."""

    name = "dynamics365"

    def fetch(self, gate: Gate, stored: str | None) -> FetchedToken:
        """A new token for the organisation at D365_URL. Raises RemoteError with the way out, Deferred."""
        self._check_settings()
        credential = self._credential()

        def ask(session: EntraSession) -> Mapping[str, Any]:
            # A new app for each token: it remembers a refusal for a minute, also when a person has mended it.
            app = msal.ConfidentialClientApplication(
                settings.D365_CLIENT_ID,
                client_credential=credential,
                authority=f"{entra.MICROSOFT}/{settings.D365_TENANT_ID}",
                http_client=session,
                instance_discovery=False,
            )
            # One slash before .default: the audience of a double one is not accepted (contract 1.1).
            answer: Mapping[str, Any] = app.acquire_token_for_client([f"{settings.D365_URL.rstrip('/')}/.default"])
            return answer

        answer = entra.sign_in(ask, gate=gate, operation=OPERATION, way_out=WAY_OUT)
        return FetchedToken(answer["access_token"], timedelta(seconds=int(answer["expires_in"])), stored="")

    def _credential(self) -> str | dict[str, str]:
        """The certificate where one is set, else the secret. Raises Misconfigured."""
        if not settings.D365_CLIENT_CERTIFICATE:
            return str(settings.D365_CLIENT_SECRET)
        try:
            return read_certificate(settings.D365_CLIENT_CERTIFICATE).as_credential()
        except CertificateRefused as refused:
            raise Misconfigured(refused.message, call=Call(entra.SERVICE, OPERATION), field=refused.field) from refused

    def _check_settings(self) -> None:
        secret = () if settings.D365_CLIENT_CERTIFICATE else ("D365_CLIENT_SECRET",)
        for name in ("D365_URL", "D365_TENANT_ID", "D365_CLIENT_ID", *secret):
            if not getattr(settings, name):
                raise Misconfigured(
                    f"{name} is not set. Set it in the environment or in .env.",
                    call=Call(entra.SERVICE, OPERATION),
                    field=name,
                )
