"""How a company's mail is set up: MX, SPF, DKIM and DMARC as they are found in the wild, good and broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

Kinds = dict[str, tuple[str, ...]]
Records = dict[str, Kinds]

SETUP_WEIGHTS = {
    "m365": 26, "m365_mx_microsoft": 5, "google": 13, "google_smtp": 2, "zoho": 4, "yandex": 5, "hosting": 5, "local": 14,
    "self_hosted": 5, "gateway_m365": 4, "gateway": 2, "amazon": 2, "mailgun": 1, "sendgrid": 1, "mx_is_alias": 1,
    "mx_without_address": 1, "no_mx": 3, "null_mx": 1, "nxdomain": 2, "servfail": 1, "timeout": 1,
}  # fmt: skip

FAILURES = {"servfail": "SERVFAIL", "timeout": "TIMEOUT"}
UNREGISTERED = "nxdomain"

LOCAL_HOSTS = (
    "mx.turkhost.com.tr", "mail.turkhost.com", "mx1.natrohost.com", "mail.natro.com", "mx.turhost.com", "mx01.turhost.com.tr",
    "mx.superonline.net", "mail.superonline.com", "mx.ttnet.com.tr", "mx2.ttnet.net.tr", "mail.dns.com.tr",
    "mx.isimtescil.net", "mail.isimtescil.com", "mx.pendns.net", "aspmx.vit.com.tr", "mail.kriweb.com", "mx.bulutino.com",
    "relay.nic.tr", "mx.metu.edu.tr", "mail.bilkent.edu.tr", "mx.ku.edu.tr", "mail.clinic.tr", "mx.mydns.com",
)  # fmt: skip
GATEWAY_HOSTS = (
    "mxa-00a1b2c3.gslb.pphosted.com", "eu-smtp-inbound-1.mimecast.com", "d123456a.ess.barracudanetworks.com",
    "in.hes.trendmicro.eu", "cluster5.eu.messagelabs.com", "mx01.hornetsecurity.com", "mx1.iphmx.com",
)  # fmt: skip
HOSTING_HOSTS = (
    "mailstore1.secureserver.net",
    "mx1.hostinger.com",
    "mail.cpanel.net",
    "mx.bluehost.com",
    "mx.plesk.com",
)
GOOGLE_HOSTS = ("1 aspmx.l.google.com.", "5 alt1.aspmx.l.google.com.", "5 ALT2.ASPMX.L.GOOGLE.COM.")


@dataclass(frozen=True, slots=True)
class Mail:
    """What one setup brings: the MX lines, its SPF terms, and the selector under which it signs."""

    mx: tuple[str, ...]
    spf: tuple[str, ...]
    selector: str = "default"
    verification: tuple[str, ...] = ()


def dashed(domain: str) -> str:
    """The form in which a domain stands inside Microsoft's own host names."""
    return domain.replace(".", "-")


def _number(rng: Random) -> int:
    return rng.randint(10_000_000, 99_999_999)


SETUPS: dict[str, Callable[[str, Random], Mail]] = {
    "m365": lambda domain, rng: Mail(
        (f"0 {dashed(domain)}.mail.protection.outlook.com.",),
        ("include:spf.protection.outlook.com",), "selector1", (f"MS=ms{_number(rng)}",),
    ),
    "m365_mx_microsoft": lambda domain, rng: Mail(
        (f"0 {dashed(domain)}.{rng.choice('osnw')}-v1.mx.microsoft.",),
        ("include:spf.protection.outlook.com",), "selector1", (f"MS=ms{_number(rng)}",),
    ),
    "google": lambda _domain, rng: Mail(
        GOOGLE_HOSTS, ("include:_spf.google.com",), "google", (f"google-site-verification={_number(rng)}abcDEF",)
    ),
    "google_smtp": lambda _domain, _rng: Mail(("1 smtp.google.com.",), ("include:_spf.google.com",), "google"),
    "zoho": lambda _domain, rng: Mail(
        ("10 mx.zoho.eu.", "20 mx2.zoho.eu.", "50 mx3.zoho.eu."), ("include:zoho.eu",), "zmail",
        (f"zoho-verification=zb{_number(rng)}.zmverify.zoho.eu",),
    ),
    "yandex": lambda _domain, rng: Mail(
        ("10 mx.yandex.net.",), ("include:_spf.yandex.net",), "mail", (f"yandex-verification: {_number(rng):x}",)
    ),
    "hosting": lambda _domain, rng: Mail((f"0 {rng.choice(HOSTING_HOSTS)}.",), ("a", "mx"), "default"),
    "local": lambda _domain, rng: Mail((f"10 {rng.choice(LOCAL_HOSTS)}.",), ("a", "mx"), "default"),
    "self_hosted": lambda domain, _rng: Mail(
        (f"20 backup.{domain}.", f"10 mail.{domain}."), ("mx", "ip4:192.0.2.25"), "default"
    ),
    "gateway_m365": lambda _domain, rng: Mail(
        (f"10 {rng.choice(GATEWAY_HOSTS)}.",), ("include:spf.pphosted.com", "include:spf.protection.outlook.com"), "selector2"
    ),
    "gateway": lambda _domain, rng: Mail((f"10 {rng.choice(GATEWAY_HOSTS)}.",), ("mx",), "default"),
    "amazon": lambda _domain, _rng: Mail(
        ("10 inbound-smtp.eu-west-1.amazonaws.com.",), ("include:amazonses.com",), "default"
    ),
    "mailgun": lambda _domain, _rng: Mail(
        ("10 mxa.mailgun.org.", "10 mxb.mailgun.org."), ("include:mailgun.org",), "default"
    ),
    "sendgrid": lambda _domain, _rng: Mail(("10 mx.sendgrid.net.",), ("include:sendgrid.net",), "default"),
    "mx_is_alias": lambda domain, _rng: Mail((f"10 mx.{domain}.",), ("mx",), "default"),
    "mx_without_address": lambda domain, _rng: Mail((f"10 {domain}.",), ("mx",), "default"),
    "no_mx": lambda _domain, _rng: Mail((), ("a",), "default"),
    "null_mx": lambda _domain, _rng: Mail(("0 .",), (), "default"),
}  # fmt: skip
