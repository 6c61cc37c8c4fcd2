"""The token of the registration host: another audience than the referrals, by the same person's sign-in (trap T9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hunter.remote import entra
from hunter.remote.entra import EntraSession
from hunter.remote.tokens import bearer, keep_renewal, renewal_of, renewing
from referrals.authentication import PartnerCenterSignIn, entra_app
from referrals.renewal import read_renewal
from referrals.sign_in_words import WAY_OUT

SCOPES = ["https://api.partnercenter.microsoft.com/.default"]
OPERATION = "sign in to register webhooks"
OUTLIVES = timedelta(minutes=1)


def registration_token(*, wait: timedelta) -> str:
    """A token for the registration host; the rotated refresh token is kept. Not inside a transaction.

    Raises RemoteError with the way out when a person must sign in, Deferred.
    """
    source = PartnerCenterSignIn()
    bearer(source, outlives=OUTLIVES, wait=wait)  # whoever is signed in, or the sign-in of the settings
    with renewing(wait=wait) as gate:
        renewal = read_renewal(renewal_of(source.name))

        def ask(session: EntraSession) -> Mapping[str, Any]:
            app = entra_app(session, with_secret=renewal.is_of_web_app)
            answer: Mapping[str, Any] = app.acquire_token_by_refresh_token(renewal.refresh_token, SCOPES)
            return answer

        answer = entra.sign_in(ask, gate=gate, operation=OPERATION, way_out=WAY_OUT)
        keep_renewal(source.name, renewal.rotated(answer.get("refresh_token", "")).text())
    return str(answer["access_token"])
