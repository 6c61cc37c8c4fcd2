"""Whether a message is Microsoft's: where its certificate may come from, who vouches for that, and the signature itself."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from hunter.errors import HunterError
from referrals.webhooks.message import NotSigned

ORGANIZATION = "Microsoft Corporation"
CERTIFICATE_PATH = re.compile(r"/cert/[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.cer")
PEM_MARK = b"-----BEGIN CERTIFICATE-----"
MOST_CERTIFICATES = 8
LONGEST_CHAIN = 4
MICROSOFT_ROOTS = Path(__file__).resolve().parent.parent / "data" / "microsoft_roots.pem"
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "rsa-sha256": hashes.SHA256,
    "rsa-sha384": hashes.SHA384,
    "rsa-sha512": hashes.SHA512,
}


class Untrusted(NotSigned):
    """The certificate comes from where it should and is not believed: a person has to look at the roots."""


class WrongSignature(NotSigned):
    """The certificate is good, and the body is not what was signed with it."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we believe: roots, and certificates that lead to them."""

    roots: tuple[x509.Certificate, ...]
    between: tuple[x509.Certificate, ...] = ()


def check_certificate_url(url: str, *, hosts: Collection[str]) -> None:
    """Raises NotSigned unless the address is one that we may fetch a certificate from (trap T29)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise NotSigned("The address of the certificate can't be read.") from error
    plain = f"https://{host}{parts.path}"
    if url not in (plain, f"https://{host}:443{parts.path}") or port not in (None, 443):
        raise NotSigned("The address of the certificate is not plain https, without port, name or query.")
    if host not in hosts:
        raise NotSigned(f"The certificate is at {host[:100]}, which is none of PARTNER_CENTER_CERTIFICATE_HOSTS.")
    if not CERTIFICATE_PATH.fullmatch(parts.path):
        raise NotSigned("The address of the certificate is not /cert/<name>.cer.")


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a .cer file, the signer's first: PEM, its base64 alone, or DER. Raises HunterError."""
    try:
        if PEM_MARK in data:
            return x509.load_pem_x509_certificates(data)[:MOST_CERTIFICATES]
        if data[:1] == b"\x30":
            return [x509.load_der_x509_certificate(data)]
        return [x509.load_der_x509_certificate(base64.b64decode(b"".join(data.split()), validate=True))]
    except (ValueError, binascii.Error) as error:
        raise HunterError("What is at the certificate's address is no certificate.") from error


@lru_cache(maxsize=8)
def read_trust(given: str) -> Trust:
    """Whom the setting says to believe: PEM, or the path of a file with it; empty: Microsoft's public roots.

    Raises HunterError that names the setting.
    """
    try:
        text = given if PEM_MARK.decode() in given else (Path(given) if given else MICROSOFT_ROOTS).read_text()
        found = x509.load_pem_x509_certificates(text.encode())
    except (OSError, ValueError) as error:
        raise HunterError(
            f"PARTNER_CENTER_CERTIFICATE_ROOTS can't be read ({type(error).__name__}); give PEM or the path of a PEM file.",
            field="PARTNER_CENTER_CERTIFICATE_ROOTS",
        ) from error
    roots = tuple(one for one in found if one.subject == one.issuer)
    return Trust(roots or tuple(found), tuple(one for one in found if one not in roots))


def check_signer(chain: Sequence[x509.Certificate], *, trust: Trust, at: datetime) -> x509.Certificate:
    """The signer's certificate, valid at that time, of Microsoft and vouched for by a root of ours. Raises NotSigned."""
    signer, *between = chain
    policy = (
        verification.PolicyBuilder()
        .store(verification.Store(list(trust.roots)))
        .time(at)
        .max_chain_depth(LONGEST_CHAIN)
        .extension_policies(
            ca_policy=verification.ExtensionPolicy.webpki_defaults_ca(),
            ee_policy=verification.ExtensionPolicy.permit_all(),  # what a signer of messages is for, no rule of the web says
        )
    )
    try:
        policy.build_client_verifier().verify(signer, [*between, *trust.between])
    except (verification.VerificationError, ValueError) as error:
        if not signer.not_valid_before_utc <= at <= signer.not_valid_after_utc:
            raise NotSigned("The signer's certificate has expired, or is not valid yet.") from error
        raise Untrusted(
            "No root that we trust vouches for the signer's certificate. Put Microsoft's root, and the certificates between, "
            "into PARTNER_CENTER_CERTIFICATE_ROOTS."
        ) from error
    named = [str(one.value) for one in signer.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if named != [ORGANIZATION]:
        raise NotSigned("The signer's certificate is not Microsoft Corporation's.")
    return signer


def check_signature(body: bytes, signature: bytes, *, algorithm: str, signer: x509.Certificate) -> None:
    """The raw bytes against the signature: RSA, PKCS#1 v1.5. Raises NotSigned; WrongSignature when they don't fit."""
    hash_type = HASHES.get(algorithm)
    if hash_type is None:
        raise NotSigned(f"Messages signed by {algorithm[:40]} are not believed; there are {', '.join(HASHES)}.")
    key = signer.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise NotSigned("The signer's certificate has no RSA key.")
    try:
        key.verify(signature, body, padding.PKCS1v15(), hash_type())
    except InvalidSignature as error:
        raise WrongSignature("The message is not what was signed.") from error
