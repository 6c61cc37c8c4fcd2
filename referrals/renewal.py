"""What keeps a sign-in to Partner Center alive, as it is sealed beside the access token (R2.7, contract 1.4)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from hunter.errors import HunterError


class UnreadableRenewal(HunterError):
    """What was kept of the sign-in can't be read. Sign in anew."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The newest refresh token: of msal's cache it is all that the next renewal needs. Empty: somebody signed out.

    `is_of_web_app`: it came by a redirect address of type web, and is renewed with the client secret.
    `spent`: which PARTNER_CENTER_REFRESH_TOKEN was set when this began; that one is not used again.
    """

    refresh_token: str
    is_of_web_app: bool = False
    spent: str = ""

    def text(self) -> str:
        return json.dumps(asdict(self))

    def rotated(self, refresh_token: str) -> Renewal:
        """The same with the newer token; the old one where the answer had none."""
        return replace(self, refresh_token=refresh_token or self.refresh_token)

    def knows(self, given: str) -> bool:
        """Whether a refresh token from the settings was there before: then no person has just put it in."""
        return not given or self.spent == mark_of(given)


def read_renewal(stored: str) -> Renewal:
    """What `text` has written, or a bare refresh token, as it was kept once. Raises UnreadableRenewal."""
    if not stored.startswith("{"):
        return Renewal(stored)
    try:
        return Renewal(**json.loads(stored))
    except (ValueError, TypeError) as error:
        raise UnreadableRenewal("What was kept of Partner Center's sign-in can't be read. Sign in anew.") from error


def mark_of(given: str) -> str:
    """How a refresh token from the settings is remembered; nothing of it can be read there."""
    return hashlib.sha256(given.encode()).hexdigest() if given else ""
