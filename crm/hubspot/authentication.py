"""The token for HubSpot: that of a private app, which a person puts into the settings. It does not end by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings

from hunter.remote.errors import Call, Misconfigured
from hunter.remote.gate import Gate
from hunter.remote.tokens import FetchedToken

OPERATION: Final = "sign in to HubSpot"
LOOKED_AT_AGAIN: Final = timedelta(hours=1)  # a new token in the settings is used by then, or when the old one fails


class HubSpotTokens:
    """Where the lane's token comes from. Nothing is asked: it stands in HUBSPOT_TOKEN."""

    name = "hubspot"

    def fetch(self, gate: Gate, stored: str | None) -> FetchedToken:
        """The token of the settings. Raises Misconfigured where there is none."""
        if not settings.HUBSPOT_TOKEN:
            raise Misconfigured(
                "HUBSPOT_TOKEN is not set. Set it in the environment or in .env to the token of a private app.",
                call=Call("hubspot", OPERATION),
                field="HUBSPOT_TOKEN",
            )
        return FetchedToken(settings.HUBSPOT_TOKEN, LOOKED_AT_AGAIN, stored="")
