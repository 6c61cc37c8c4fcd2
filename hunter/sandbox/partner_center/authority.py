"""The certificates that the sandbox signs webhooks with: a root of its own, and signers good and bad (P39).

Made once for a process; they open nothing but this sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MICROSOFT = "Microsoft Corporation"
GOOD, EXPIRED, OTHER_FIRM, OTHER_ROOT = (
    "pcnotifications-dispatch.microsoft.com",
    "expired.microsoft.com",
    "other-firm.microsoft.com",
    "other-root.microsoft.com",
)
LONG_AGO, YEAR_AFTER, FAR_AHEAD = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2021, 2045))
HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "rsa-sha1": hashes.SHA1(),  # noqa: S303  what is to be refused must be signed so first
    "rsa-sha256": hashes.SHA256(),
    "rsa-sha384": hashes.SHA384(),
    "rsa-sha512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class Root:
    """A certificate that vouches for others, with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@cache
def root(name: str = "Sandbox root") -> Root:
    """The root of that name."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = _name("Hunter's sandbox", name)
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    built = (
        x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number(), LONG_AGO, FAR_AHEAD)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Root(built, key)


@cache
def signer_key() -> rsa.RSAPrivateKey:
    """The one key of all signers."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(name: str) -> bytes | None:
    """The file at /cert/<name>.cer, as PEM."""
    match name:
        case "pcnotifications-dispatch.microsoft.com":
            return issued(name, by=root())
        case "expired.microsoft.com":
            return issued(name, by=root(), until=YEAR_AFTER)
        case "other-firm.microsoft.com":
            return issued(name, by=root(), organization="Not Microsoft Corporation")
        case "other-root.microsoft.com":
            return issued(name, by=root("Another root"))
        case _:
            return None


def roots_pem() -> str:
    """The root that is to be trusted."""
    return root().certificate.public_bytes(Encoding.PEM).decode()


def signature(body: bytes, *, algorithm: str) -> bytes:
    """The body signed."""
    return signer_key().sign(body, padding.PKCS1v15(), HASHES[algorithm])


def issued(
    name: str,
    *,
    by: Root,
    organization: str = MICROSOFT,
    until: datetime = FAR_AHEAD,
    key: rsa.RSAPublicKey | None = None,
) -> bytes:
    """A signer's certificate, as PEM."""
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=True, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    issuer = by.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    key = key or signer_key().public_key()
    builder = x509.CertificateBuilder(
        by.certificate.subject, _name(organization, name), key, x509.random_serial_number(), LONG_AGO, until
    )
    return (
        builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .sign(by.key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


def _name(organization: str, common_name: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ])  # fmt: skip
