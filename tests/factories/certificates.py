"""Certificates that an application signs in with, made anew for a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(name: str = "hunter") -> rsa.RSAPrivateKey:
    """One key for each name: making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_pem(key: Key, *, days: float = 90) -> str:
    """A self-signed certificate that ends in so many days."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hunter")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=400), now + timedelta(days=days)
    )
    return built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def key_pem(key: Key, *, password: bytes | None = None) -> str:
    """The key as text."""
    encryption: KeySerializationEncryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
