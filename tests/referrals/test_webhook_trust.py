"""Who vouches for a webhook (contract 5, trap T29)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hunter.errors import HunterError
from hunter.sandbox.partner_center import authority
from referrals.webhooks.message import HeadersMissing, NotSigned, read_event, read_signed
from referrals.webhooks.trust import (
    Untrusted,
    WrongSignature,
    check_certificate_url,
    check_signature,
    check_signer,
    read_certificates,
    read_trust,
)

HOST = "3psostorageacct.blob.core.windows.net"
GOOD_URL = f"https://{HOST}/cert/pcnotifications-dispatch.microsoft.com.cer"
TODAY = datetime(2026, 11, 25, tzinfo=UTC)
BODY = b'{"EventName":"referral-updated"}'
ID = "5f0c1d2e-3a4b-4c5d-8e6f-700000000001"


def signers(name=authority.GOOD):
    return read_certificates(authority.certificate(name) or b"")


def checked(name=authority.GOOD, *, at=TODAY):
    return check_signer(signers(name), trust=read_trust(authority.roots_pem()), at=at)


def headers(**changes):
    given = {
        "Authorization": "Signature c2lnbmVk", "X-MS-Certificate-Url": GOOD_URL, "X-MS-Signature-Algorithm": "RSA-SHA256",
    }  # fmt: skip
    return {name: value for name, value in (given | changes).items() if value is not None}


def test_both_forms_of_the_signature_header_are_read():
    first = read_signed(headers())
    second = read_signed(headers(Authorization=None, **{"x-ms-signature": "Signature c2lnbmVk"}))

    assert first == second
    assert (first.signature, first.algorithm, first.certificate_url) == (b"signed", "rsa-sha256", GOOD_URL)


@pytest.mark.parametrize(
    "sent", [None, "", "Bearer abc", "Signature", "Signature ", "Signature not=base64!", f"Signature {'A' * 5000}"]
)
def test_a_message_without_a_signature_is_nobodys(sent):
    with pytest.raises(NotSigned):
        read_signed(headers(Authorization=sent))


@pytest.mark.parametrize("name", ["X-MS-Certificate-Url", "X-MS-Signature-Algorithm"])
def test_a_message_that_does_not_say_how_to_check_it_is_incomplete(name):
    with pytest.raises(HeadersMissing):
        read_signed(headers(**{name: None}))


def test_the_documented_address_of_the_certificate_is_taken():
    check_certificate_url(GOOD_URL, hosts=[HOST])
    check_certificate_url(GOOD_URL.replace(HOST, f"{HOST}:443"), hosts=[HOST])


@pytest.mark.parametrize(
    "url",
    [
        GOOD_URL.replace("https", "http"),
        GOOD_URL.replace(HOST, "169.254.169.254"),
        GOOD_URL.replace(HOST, f"{HOST}.evil.example"),
        GOOD_URL.replace(HOST, f"{HOST}@evil.example"),
        GOOD_URL.replace(HOST, f"user@{HOST}"),
        GOOD_URL.replace(HOST, f"{HOST}:8443"),
        GOOD_URL + "?sv=1",
        GOOD_URL + "#x",
        f"https://{HOST}/other/x.cer",
        f"https://{HOST}/cert/../x.cer",
        f"https://{HOST}/cert/a/b.cer",
        f"https://{HOST}/cert/x.pem",
        f"https://{HOST}/cert/.cer",
        f"https://{HOST}:x/cert/x.cer",
        "https://[::1/cert/x.cer",
        "",
    ],
)
def test_any_other_address_is_never_asked(url):
    with pytest.raises(NotSigned):
        check_certificate_url(url, hosts=[HOST])


def test_a_certificate_is_read_as_pem_as_base64_alone_and_as_der():
    signer = signers()[0]
    der = signer.public_bytes(Encoding.DER)

    assert read_certificates(signer.public_bytes(Encoding.PEM)) == [signer]
    assert read_certificates(base64.encodebytes(der)) == [signer]
    assert read_certificates(der) == [signer]


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"0\x82", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_said_to_be_none(data):
    with pytest.raises(HunterError, match="no certificate"):
        read_certificates(data)


def test_microsofts_certificate_under_a_root_of_ours_is_believed():
    assert checked() == signers()[0]


@pytest.mark.parametrize("name", [authority.EXPIRED, authority.OTHER_FIRM, authority.OTHER_ROOT])
def test_p39_a_certificate_expired_of_another_firm_or_under_another_root_is_not_believed(name):
    with pytest.raises(NotSigned):
        checked(name)


def test_a_certificate_is_not_believed_before_its_time():
    with pytest.raises(NotSigned, match="not valid yet"):
        checked(at=datetime(2019, 12, 31, tzinfo=UTC))


def test_a_root_that_is_missing_is_told_apart_since_a_person_can_add_it():
    with pytest.raises(Untrusted, match="PARTNER_CENTER_CERTIFICATE_ROOTS"):
        check_signer(signers(), trust=read_trust(""), at=TODAY)


def test_microsofts_public_roots_are_trusted_where_nothing_else_is_said():
    trust = read_trust("")

    assert {one.subject.rfc4514_string().partition(",")[0] for one in trust.roots} == {
        "CN=DigiCert Global Root G2", "CN=DigiCert Global Root G3",
        "CN=Microsoft RSA Root Certificate Authority 2017", "CN=Microsoft ECC Root Certificate Authority 2017",
    }  # fmt: skip


def test_a_file_of_roots_that_is_not_there_names_the_setting():
    with pytest.raises(HunterError) as raised:
        read_trust("/nowhere/roots.pem")

    assert raised.value.field == "PARTNER_CENTER_CERTIFICATE_ROOTS"


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "rsa-sha384", "rsa-sha512"])
def test_the_raw_bytes_are_held_against_the_signature(algorithm):
    signature = authority.signature(BODY, algorithm=algorithm)

    check_signature(BODY, signature, algorithm=algorithm, signer=signers()[0])
    with pytest.raises(WrongSignature):
        check_signature(BODY.replace(b":", b": "), signature, algorithm=algorithm, signer=signers()[0])


@pytest.mark.parametrize("algorithm", ["rsa-sha1", "sha256", "none", "hmac-sha256"])
def test_a_weak_or_unknown_way_of_signing_is_refused(algorithm):
    signature = authority.signature(BODY, algorithm="rsa-sha1")

    with pytest.raises(NotSigned, match="not believed"):
        check_signature(BODY, signature, algorithm=algorithm, signer=signers()[0])


@pytest.mark.parametrize(
    "uri",
    [
        f"https://api.partnercenter.microsoft.com/engagements/v1/referrals/{ID}",
        f"http://localhost:9/whatever/{ID.upper()}/",
        f"https://169.254.169.254/{ID}?x=1#y",
    ],
)
def test_of_the_address_only_the_id_is_used(uri):
    event = read_event(f'{{"EventName": "Referral-Updated", "ResourceUri": "{uri}"}}'.encode())

    assert (event.name, event.referral_id, event.is_about_a_referral) == ("referral-updated", ID, True)


@pytest.mark.parametrize("uri", ["null", '"https://[::1"', '"https://x/../passwd"', '"abc"', "7", '"https://x/%35f0c"'])
def test_an_address_without_an_id_is_about_no_referral(uri):
    event = read_event(f'{{"EventName": "referral-updated", "ResourceUri": {uri}}}'.encode())

    assert not event.is_about_a_referral


def test_the_time_of_a_change_is_read_with_seven_digits():
    event = read_event(b'{"EventName": "x", "ResourceChangeUtcDate": "2026-05-05T10:11:12.3520276+00:00"}')

    assert event.changed_at == datetime(2026, 5, 5, 10, 11, 12, 352027, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"EventName": 7}', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_tells_no_event_says_so(body):
    with pytest.raises(HunterError):
        read_event(body)
