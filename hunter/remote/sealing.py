"""Secrets at rest: encrypted with the newest of CREDENTIAL_KEYS, readable with each of them."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

__all__ = ["InvalidToken", "opened", "resealed", "sealed"]


def sealed(text: str) -> bytes:
    """The text as it may be stored."""
    return _keys().encrypt(text.encode())


def opened(stored: bytes | memoryview) -> str:
    """What was sealed. Raises InvalidToken when the key it was sealed with is gone."""
    return _keys().decrypt(bytes(stored)).decode()


def resealed(stored: bytes | memoryview) -> bytes:
    """The same text, sealed with the newest key. Raises InvalidToken when the key it was sealed with is gone."""
    return _keys().rotate(bytes(stored))


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])
