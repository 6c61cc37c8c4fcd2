"""Who receives a domain's mail (domain document, b.2 and c)."""

from __future__ import annotations

import pytest

from leads.gateways import GATEWAYS
from leads.providers import LOCAL_PROVIDER_PATTERNS, PROVIDER_PATTERNS, Provider, classify_mx, effective_provider

OF_THE_DOCUMENT = {
    "M365": "outlook.com protection.outlook.com outlook.office365.com mail.protection.outlook.com "
    "outlook-com.olc.protection.outlook.com mx.microsoft",
    "Google": "google.com googlemail.com aspmx.l.google.com alt1.aspmx.l.google.com alt2.aspmx.l.google.com gmail.com",
    "Yandex": "yandex.ru yandex.net mx.yandex.ru mx.yandex.net",
    "Zoho": "zoho.com zoho.eu zoho.in mx.zoho.com",
    "Amazon": "amazonses.com amazonaws.com mail.amazonses.com",
    "SendGrid": "sendgrid.net mail.sendgrid.net",
    "Mailgun": "mailgun.org mailgun.com mxa.mailgun.org",
    "Hosting": "cpanel.net plesk.com hostgator.com godaddy.com bluehost.com hostinger.com secureserver.net",
}
LOCAL_OF_THE_DOCUMENT = {
    "TürkHost": "turkhost.com.tr turkhost.com", "Natro": "natro.com natrohost.com", "Turhost": "turhost.com turhost.com.tr",
    "Superonline": "superonline.net superonline.com", "TTNET": "ttnet.com.tr ttnet.net.tr", "DNS": "dns.com.tr dns.com",
    "İsimtescil": "isimtescil.net isimtescil.com", "Pendns": "pendns.net", "VIT": "vit.com.tr", "Kriweb": "kriweb.com",
    "Bulutino": "bulutino.com", "NIC.TR": "nic.tr", "ODTÜ": "metu.edu.tr", "Bilkent": "bilkent.edu.tr",
    "Koç Üniversitesi": "ku.edu.tr",
}  # fmt: skip
PATTERNS = [(pattern, name) for name, patterns in OF_THE_DOCUMENT.items() for pattern in patterns.split()]
LOCAL_PATTERNS = [(pattern, name) for name, patterns in LOCAL_OF_THE_DOCUMENT.items() for pattern in patterns.split()]


def test_providers_are_tried_in_the_order_of_the_document():
    assert list(PROVIDER_PATTERNS) == list(OF_THE_DOCUMENT)
    assert list(LOCAL_PROVIDER_PATTERNS) == list(LOCAL_OF_THE_DOCUMENT)


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        *PATTERNS,
        *((f"mx1.{pattern}", name) for pattern, name in PATTERNS),
        *((f"not{pattern}", "Local") for pattern, _ in PATTERNS if pattern.count(".") == 1),
        *((f"{pattern}.example.net", "Local") for pattern, _ in PATTERNS),
        ("contoso-com.mail.protection.outlook.com", "M365"),
        ("contoso-com.o-v1.mx.microsoft", "M365"),
        ("  ASPMX.L.GOOGLE.COM. ", "Google"),
        ("notoutlook.com", "Local"),
        ("outlook.com.example.net", "Local"),
        ("mail.contoso.com", "Local"),
        ("localhost", "Local"),
        ("", "Unknown"),
        (None, "Unknown"),
        (".", "Unknown"),
    ],
)
def test_the_provider_of_a_mail_host(host, provider):
    assert classify_mx(host).provider == provider


@pytest.mark.parametrize(
    ("host", "root"),
    [
        ("outlook-com.olc.protection.outlook.com", "outlook.com"),
        ("aspmx.vit.com.tr", "vit.com.tr"),
        ("mail.example.co.uk", "example.co.uk"),
        ("mail.sehir.bel.tr", "sehir.bel.tr"),
        ("localhost", "localhost"),
        ("", None),
    ],
)
def test_the_root_of_a_mail_host(host, root):
    assert classify_mx(host).mx_root == root


SECOND_LEVELS = {
    "tr": "com net org gov edu", "uk": "co org ac gov", "au": "com net org gov edu", "za": "co org gov",
    "br": "com net org gov", "jp": "co ne or go ac", "cn": "com net org gov edu", "in": "co net org gov edu",
    "mx": "com net org gov", "ar": "com net org gov", "sg": "com net org gov", "my": "com net org gov",
    "ph": "com net org gov", "nz": "co net org govt",
}  # fmt: skip


@pytest.mark.parametrize("country", SECOND_LEVELS)
def test_known_second_levels_are_public_suffixes(country):
    for second in SECOND_LEVELS[country].split():
        assert classify_mx(f"mx.firm.{second}.{country}").mx_root == f"firm.{second}.{country}"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        *LOCAL_PATTERNS,
        *((f"mail.{pattern}", name) for pattern, name in LOCAL_PATTERNS),
        *((f"not-{pattern}", None) for pattern, _ in LOCAL_PATTERNS),
        ("vit.com.tr", "VIT"),
        ("mail.clinic.tr", None),
        ("mydns.com", None),
        ("haliku.edu.tr", None),
        ("aspmx.l.google.com", None),
    ],
)
def test_local_providers_match_on_label_borders(host, name):
    assert classify_mx(host).local_provider == name


@pytest.mark.parametrize("suffix", [suffix for suffixes in GATEWAYS.values() for suffix in suffixes])
def test_a_gateway_is_local_and_flagged(suffix):
    found = classify_mx(f"mx1.{suffix}")

    assert (found.provider, found.gateway) == (Provider.LOCAL, True)
    assert found.gateway_name is not None
    assert not classify_mx(f"not{suffix}").gateway


@pytest.mark.parametrize(
    ("host", "size"),
    [
        pytest.param("contoso-com.mail.protection.outlook.com", "large", id="the standard host of M365"),
        pytest.param("mail.eur05.protection.outlook.com", "small", id="a region in front"),
        pytest.param("nam12.protection.outlook.com", "small", id="another region"),
        pytest.param("outlook-com.olc.protection.outlook.com", "small", id="the consumer service"),
        pytest.param("contoso-com.o-v1.mx.microsoft", "medium", id="any other host of M365"),
        pytest.param("eu05.protection.outlook.com", "medium", id="two letters are no region"),
        pytest.param("aspmx.l.google.com", "medium", id="Google's standard host"),
        pytest.param("alt1.aspmx.l.google.com", "medium", id="its alternatives"),
        pytest.param("smtp.google.com", "large", id="google.com"),
        pytest.param("aspmx2.googlemail.com", "large", id="googlemail.com"),
        pytest.param("mx.gmail.com", "medium", id="any other host of Google"),
        pytest.param("mx.yandex.net", None, id="no other provider has an estimate"),
        pytest.param("", None, id="no host"),
    ],
)
def test_the_estimated_tenant_size(host, size):
    assert classify_mx(host).tenant_size == size


@pytest.mark.parametrize(
    ("known", "found", "after"),
    [
        pytest.param("M365", Provider.UNKNOWN, "M365", id="Unknown never overwrites a known provider"),
        pytest.param("", Provider.UNKNOWN, "Unknown", id="nothing known becomes Unknown"),
        pytest.param("M365", Provider.GOOGLE, "Google", id="a known one replaces a known one"),
    ],
)
def test_the_provider_after_a_scan(known, found, after):
    assert effective_provider(known=known, found=found) == after
