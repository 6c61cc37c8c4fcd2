"""Sign-ins in a browser: the request, the codes that it ends in, and what makes one good (contract 1.3a)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from urllib.parse import urlencode, urlsplit

from hunter.sandbox.identities import Person

LIFE = timedelta(minutes=10)
LOOPBACK = frozenset({"localhost", "127.0.0.1"})
NEEDED = ("client_id", "response_type", "redirect_uri", "scope")

MISSING, WRONG_REDIRECT, REDEEMED, INVALID, EXPIRED, WRONG_VERIFIER = 900144, 50011, 54005, 70000, 70008, 501481


@dataclass(frozen=True, slots=True)
class Asked:
    """What an app asked of the sign-in page."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    nonce: str
    challenge: str
    login_hint: str

    def answer(self, **members: str) -> str:
        """The address that the browser is sent back to, with the app's own state."""
        own = {"state": self.state} if self.state else {}
        mark = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{mark}{urlencode(members | own)}"


@dataclass(slots=True)
class Code:
    """A sign-in that ended well, until the app has redeemed it."""

    asked: Asked
    person: Person
    issued_at: datetime
    is_redeemed: bool = False


@dataclass(slots=True)
class AuthorizationCodes:
    """The codes that were given out. Entra's service locks them."""

    _codes: dict[str, Code] = field(default_factory=dict)

    def issue(self, asked: Asked, *, person: Person, now: datetime) -> str:
        code = f"1.AXcA{token_urlsafe(48)}"
        self._codes[code] = Code(asked, person, now)
        return code

    def redeem(self, form: Mapping[str, str], *, now: datetime) -> Code | int:
        """The sign-in behind a code, which is used up by it; else the AADSTS number of the refusal."""
        code = self._codes.get(form.get("code", ""))
        if code is None or code.asked.client_id != form["client_id"]:
            return INVALID
        if code.is_redeemed:
            return REDEEMED
        if now - code.issued_at >= LIFE:
            return EXPIRED
        if code.asked.redirect_uri != form.get("redirect_uri"):
            return WRONG_REDIRECT
        if code.asked.challenge and challenge_of(form.get("code_verifier", "")) != code.asked.challenge:
            return WRONG_VERIFIER
        code.is_redeemed = True
        return code


def read_request(query: Mapping[str, str], *, registered: Sequence[str]) -> Asked | int:
    """The request of a sign-in page; else the AADSTS number, which is shown there: nobody is sent to a stranger."""
    if any(not query.get(name) for name in NEEDED) or query["response_type"] != "code":
        return MISSING
    if query.get("response_mode", "query") != "query":
        return MISSING
    if not is_registered(query["redirect_uri"], registered):
        return WRONG_REDIRECT
    if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
        return MISSING
    return Asked(
        client_id=query["client_id"],
        redirect_uri=query["redirect_uri"],
        scope=query["scope"],
        state=query.get("state", ""),
        nonce=query.get("nonce", ""),
        challenge=query.get("code_challenge", ""),
        login_hint=query.get("login_hint", ""),
    )


def is_registered(address: str, registered: Sequence[str]) -> bool:
    """Whether the address is one of the app's; on this machine the port does not count."""
    return _without_port(address) in {_without_port(one) for one in registered}


def _without_port(address: str) -> str:
    parts = urlsplit(address)
    if parts.hostname not in LOOPBACK:
        return address
    return parts._replace(netloc=parts.hostname or "").geturl()


def challenge_of(verifier: str) -> str:
    """The PKCE challenge of a verifier (S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
