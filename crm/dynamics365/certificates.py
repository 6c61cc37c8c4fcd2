"""The certificate that Hunter signs in to Dynamics 365 with: one PEM file with the key and the certificate (R2.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from hunter.errors import HunterError

FIELD: Final = "D365_CLIENT_CERTIFICATE"
WAY_OUT: Final = "It takes a PEM file with an RSA key without a password, and its certificate."


class CertificateRefused(HunterError):
    """The file can't be signed in with as it stands."""


@dataclass(frozen=True, slots=True)
class SignInCertificate:
    """The key and the certificate as msal takes them; the thumbprint is worked out from the certificate."""

    key_pem: str
    certificate_pem: str
    ends_at: datetime

    def as_credential(self) -> dict[str, str]:
        """What msal signs an assertion with: PS256, named by the SHA-256 thumbprint."""
        return {"private_key": self.key_pem, "public_certificate": self.certificate_pem}


def read_certificate(path: str, *, now: datetime | None = None) -> SignInCertificate:
    """The certificate in the file whose key is there too. Raises CertificateRefused, which names the file."""
    try:
        pem = Path(path).read_bytes()
    except OSError as error:
        raise refused(path, f"can't be read: {error.strerror}") from error
    try:
        key = load_pem_private_key(pem, password=None)
        certificates = x509.load_pem_x509_certificates(pem)
    except TypeError as error:
        raise refused(path, "has a key with a password") from error
    except ValueError as error:
        raise refused(path, "holds no key and certificate that can be read") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise refused(path, "holds a key of another kind than RSA")
    own = next((one for one in certificates if one.public_key() == key.public_key()), None)
    if own is None:
        raise refused(path, "holds a certificate of another key")
    if own.not_valid_after_utc <= (now or datetime.now(UTC)):
        raise refused(path, f"ended on {own.not_valid_after_utc:%-d %B %Y}; make a new one and register it at Entra")
    return SignInCertificate(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        own.public_bytes(Encoding.PEM).decode(),
        own.not_valid_after_utc,
    )


def refused(path: str, why: str) -> CertificateRefused:
    return CertificateRefused(f"{FIELD}: {Path(path).name} {why}. {WAY_OUT}", field=FIELD)
