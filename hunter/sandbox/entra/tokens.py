"""Tokens that carry their own claims, so that they outlive a reset and a restart of the sandbox."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from functools import lru_cache
from typing import Any

_KEY = b"hunter sandbox: signs nothing that leaves loopback"
_HEADER = {"typ": "JWT", "alg": "HS256", "kid": "sandbox"}


def encoded(value: Any) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(claims: dict[str, Any]) -> str:
    """A JWT with these claims."""
    text = f"{encoded(_HEADER)}.{encoded(claims)}"
    return f"{text}.{_signature(text)}"


@lru_cache(maxsize=4096)
def claims_of(token: str) -> dict[str, Any] | None:
    """The claims of a token that this sandbox has signed, else None. The caller must not change them."""
    text, _, signature = token.rpartition(".")
    if not text or not hmac.compare_digest(signature.encode(), _signature(text).encode()):
        return None
    payload = text.rpartition(".")[2]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _signature(text: str) -> str:
    digest = hmac.new(_KEY, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
