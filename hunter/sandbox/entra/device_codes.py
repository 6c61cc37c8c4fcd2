"""Sign-ins by device code: begun by an app, finished by a person elsewhere (contract 1.3, P3 to P6)."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

LIFE = timedelta(minutes=15)
INTERVAL = timedelta(seconds=5)
PAGE = "https://microsoft.com/devicelogin"
LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"

PENDING, UNKNOWN, EXPIRED, DECLINED, REDEEMED, TOO_FAST = 70016, 70018, 70020, 70917, 54005, 70922


class Decision(enum.StrEnum):
    """What the person has said."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    REDEEMED = "redeemed"


@dataclass(slots=True)
class DeviceCode:
    """One sign-in under way."""

    user_code: str
    client_id: str
    scope: str
    began_at: datetime
    decision: Decision = Decision.OPEN
    polled_at: datetime | None = None


@dataclass(slots=True)
class DeviceCodes:
    """The sign-ins under way, by device code. Entra's service locks them."""

    rng: Random
    _codes: dict[str, DeviceCode] = field(default_factory=dict)

    def begin(self, client_id: str, *, scope: str, now: datetime) -> dict[str, Any]:
        """Start a sign-in; what the device endpoint answers."""
        user_code = "".join(self.rng.choices(LETTERS, k=9))
        device_code = f"KAQABAAEAAAD{self.rng.getrandbits(256):064x}"
        self._codes[device_code] = DeviceCode(user_code, client_id, scope, now)
        return {
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": PAGE,
            "expires_in": int(LIFE.total_seconds()),
            "interval": int(INTERVAL.total_seconds()),
            "message": f"To sign in, use a web browser to open the page {PAGE} and enter the code {user_code}.",
        }

    def decide(self, user_code: str, decision: Decision) -> bool:
        """What the person said at the page; whether there is such a sign-in."""
        found = [one for one in self._codes.values() if one.user_code == user_code and one.decision is Decision.OPEN]
        for one in found:
            one.decision = decision
        return bool(found)

    def scope_of(self, device_code: str) -> str:
        return self._codes[device_code].scope

    def refusal(self, device_code: str, client_id: str, *, now: datetime, is_strict: bool) -> int | None:
        """The AADSTS number that this poll is answered with; None: the sign-in is done, and this redeems it.

        A strict service answers polls below the interval by slow_down (P5).
        """
        code = self._codes.get(device_code)
        if code is None or code.client_id != client_id:
            return UNKNOWN
        is_too_fast = is_strict and code.polled_at is not None and now - code.polled_at < INTERVAL
        code.polled_at = now
        if code.decision is Decision.REDEEMED:
            return REDEEMED
        if code.decision is Decision.DECLINED:
            return DECLINED
        if now - code.began_at >= LIFE:
            return EXPIRED
        if code.decision is Decision.APPROVED:
            code.decision = Decision.REDEEMED
            return None
        return TOO_FAST if is_too_fast else PENDING
