"""The webhooks of the simulated Partner Center (contract 5, P39)."""

from __future__ import annotations

import base64
import json

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hunter.sandbox.control import ControlRefused
from tests.waiting import PATIENCE, until

ID = "5f0c1d2e-3a4b-4c5d-8e6f-700000000001"


@pytest.fixture
def edit(sandbox):
    return lambda **change: sandbox.control.edit("partner-center", change)


def certificate_of(sandbox, told):
    name = told["headers"]["X-MS-Certificate-Url"].rpartition("/")[2]
    answer = requests.get(f"{sandbox.env['PARTNER_CENTER_CERTIFICATES_URL']}/cert/{name}", timeout=PATIENCE)
    assert answer.status_code == 200
    return x509.load_pem_x509_certificate(answer.content)


def holds(sandbox, told, header="Authorization"):
    """Whether the body is what was signed, by the certificate that the headers name."""
    key = certificate_of(sandbox, told).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signature = base64.b64decode(told["headers"][header].removeprefix("Signature "))
    try:
        key.verify(signature, told["body"].encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def test_p39_a_message_has_the_documented_form_and_is_signed(sandbox, edit):
    told = edit(sign={"id": ID, "event": "referral-created"})

    body = json.loads(told["body"])
    assert body["EventName"] == "referral-created"
    assert body["ResourceUri"] == f"https://api.partnercenter.microsoft.com/engagements/v1/referrals/{ID}"
    assert body["AuditUri"] is None
    assert told["headers"]["X-MS-Certificate-Url"].startswith("https://3psostorageacct.blob.core.windows.net/cert/")
    assert holds(sandbox, told)


def test_p39_the_other_form_of_the_header_leaves_authorization_free(sandbox, edit):
    told = edit(sign={"id": ID, "header": "x-ms-signature"})

    assert "Authorization" not in told["headers"]
    assert holds(sandbox, told, header="x-ms-signature")


@pytest.mark.parametrize("forge", ["body", "signature"])
def test_p39_a_tampered_message_is_not_what_was_signed(sandbox, edit, forge):
    assert not holds(sandbox, edit(sign={"id": ID, "forge": forge}))


def test_p39_the_certificates_of_forgers_differ_in_one_thing_each(sandbox, edit):
    good, expired, firm, other = (
        certificate_of(sandbox, edit(sign={"id": ID, "forge": forge}))
        for forge in (None, "expired", "organization", "root")
    )

    assert expired.not_valid_after_utc < sandbox.clock.now() < good.not_valid_after_utc
    assert "O=Not Microsoft Corporation" in firm.subject.rfc4514_string()
    assert (other.issuer != good.issuer, firm.issuer == expired.issuer == good.issuer) == (True, True)


def test_p39_a_foreign_address_of_the_certificate(edit):
    told = edit(sign={"id": ID, "forge": "certificate_url"})

    assert ".evil.example/" in told["headers"]["X-MS-Certificate-Url"]


def test_there_is_no_certificate_of_anybody_else(sandbox):
    url = f"{sandbox.env['PARTNER_CENTER_CERTIFICATES_URL']}/cert/somebody.cer"

    assert requests.get(url, timeout=PATIENCE).status_code == 404


def received(sandbox):
    return [json.loads(one["body"])["EventName"] for one in sandbox.control.state("outgoing")["webhook"]]


def test_p39_changes_are_told_in_order_from_then_on(sandbox, edit, partner_center):
    edit(webhook={"url": f"{sandbox.url}/outgoing/webhook/pc"})

    row = edit(add={"name": "Told"})
    edit(id=row["id"], set={"name": "Changed"})
    partner_center.call("PATCH", row["id"], json=[{"op": "replace", "path": "/name", "value": "Patched"}])

    until(lambda: len(received(sandbox)) == 3, what="three messages")
    assert received(sandbox) == ["referral-created", "referral-updated", "referral-updated"]


def test_p31_an_expired_referral_is_told(sandbox, edit):
    row = edit(add={"name": "Unanswered", "createdDateTime": "2020-01-01T00:00:00Z"})
    edit(webhook={"url": f"{sandbox.url}/outgoing/webhook/pc"})

    expired = edit(expire_unanswered=True)["expired"]

    assert row["id"] in expired
    until(lambda: len(received(sandbox)) == len(expired), what="a message for each")


def test_p39_a_message_is_sent_up_to_ten_times_until_it_is_taken(sandbox, edit):
    edit(webhook={"url": f"{sandbox.url}/outgoing/webhook/pc"})
    sandbox.control.add_fault(service="outgoing", operation="webhook", fault="status", status=500, times=3)

    assert edit(deliver={"id": ID, "times": 2}) == {"statuses": [[500, 500, 500, 204], [204]]}
    sandbox.control.add_fault(service="outgoing", operation="webhook", fault="drop_before")
    assert edit(deliver={"id": ID}) == {"statuses": [[0] * 10]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sign": {"forge": "magic"}}, "sign.forge"),
        ({"webhook": {"uri": "x"}}, "webhook.uri"),
        ({"deliver": {"id": ID}}, "deliver"),
        ({"refuse_duplicates": 1}, "refuse_duplicates"),
    ],
)
def test_a_wish_that_cannot_be_granted_names_its_field(edit, change, field):
    with pytest.raises(ControlRefused) as raised:
        edit(**change)

    assert raised.value.field == field
