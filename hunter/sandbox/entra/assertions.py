"""Client assertions: a token that an app signs with its certificate's key, in place of a secret (Dataverse 1.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from hunter.sandbox.entra.refusals import GrantRefused

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SKEW = timedelta(minutes=5)
LONGEST_LIFE = timedelta(hours=24)


def check_assertion(
    assertion: str, *, client_id: str, certificate_pem: str, audiences: Collection[str], now: datetime
) -> None:
    """Whether the app that has this certificate made it, for here and for now. Raises GrantRefused."""
    signed, _, encoded_signature = assertion.rpartition(".")
    head, _, body = signed.partition(".")
    header, claims, signature = _json(head), _json(body), _decoded(encoded_signature)
    if header is None or claims is None or signature is None or not certificate_pem:
        raise GrantRefused(700027)
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    if not _names(header, certificate) or not _is_signed(header, signed.encode(), signature, certificate):
        raise GrantRefused(700027)
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise GrantRefused(700021)
    if claims.get("aud") not in audiences:
        raise GrantRefused(700023)
    if not claims.get("jti") or not _is_in_time(claims, now):
        raise GrantRefused(700024)


def _names(header: dict[str, Any], certificate: x509.Certificate) -> bool:
    """By its SHA-256 thumbprint, or by the SHA-1 one that older documents give."""
    der = certificate.public_bytes(Encoding.DER)
    of_sha1 = hashlib.sha1(der, usedforsecurity=False).digest()
    prints = {"x5t#S256": hashlib.sha256(der).digest(), "x5t": of_sha1}
    given = [(name, _decoded(str(header[name]))) for name in prints if name in header]
    return bool(given) and all(prints[name] == value for name, value in given)


def _is_signed(header: dict[str, Any], signed: bytes, signature: bytes, certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    paddings: dict[str, padding.AsymmetricPadding] = {
        "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size),
        "RS256": padding.PKCS1v15(),
    }
    wanted = paddings.get(str(header.get("alg")))
    if wanted is None or not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, wanted, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _is_in_time(claims: dict[str, Any], now: datetime) -> bool:
    begins, ends = claims.get("nbf", claims.get("iat")), claims.get("exp")
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        return False
    at, skew = now.timestamp(), SKEW.total_seconds()
    return begins - skew <= at < ends and ends - begins <= LONGEST_LIFE.total_seconds()


def _json(encoded: str) -> dict[str, Any] | None:
    try:
        read = json.loads(_decoded(encoded) or b"")
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        return None
