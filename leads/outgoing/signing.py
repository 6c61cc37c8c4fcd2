"""How a webhook vouches for its body: HMAC-SHA256 over the time and the body, with the channel's secret. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

TIMESTAMP, SIGNATURE = "X-Hunter-Timestamp", "X-Hunter-Signature"
SCHEME = "v1"


def new_secret() -> str:
    """A secret for a channel: shown once, when it is made."""
    return f"whs_{secrets.token_urlsafe(32)}"


def signature_headers(body: bytes, *, secrets_in_force: Sequence[str], at: int) -> Mapping[str, str]:
    """The headers for a body that goes out `at` that second; while a secret is changed there is a signature by each."""
    signatures = [f"{SCHEME}={signature(body, secret=secret, at=at)}" for secret in secrets_in_force]
    return {TIMESTAMP: str(at), SIGNATURE: ",".join(signatures)}


def signature(body: bytes, *, secret: str, at: int) -> str:
    """In hexadecimal, over `<at>.<body>`."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
