"""Who receives a domain's mail: MX host to provider, local provider, gateway and tenant size (domain document, c).

Tables on top, one matching function below. Patterns match whole labels at the end of the host name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from leads.gateways import GATEWAYS
from leads.suffixes import registrable_part


class Provider(StrEnum):
    """The names that the score, the segments and the CRM use."""

    M365 = "M365"
    GOOGLE = "Google"
    YANDEX = "Yandex"
    ZOHO = "Zoho"
    AMAZON = "Amazon"
    SENDGRID = "SendGrid"
    MAILGUN = "Mailgun"
    HOSTING = "Hosting"
    LOCAL = "Local"
    UNKNOWN = "Unknown"


class TenantSize(StrEnum):
    """A rough size; `enterprise` is only ever set by a person."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    ENTERPRISE = "enterprise"


PROVIDER_PATTERNS: Mapping[Provider, tuple[str, ...]] = {
    Provider.M365: (
        "outlook.com",
        "protection.outlook.com",
        "outlook.office365.com",
        "mail.protection.outlook.com",
        "outlook-com.olc.protection.outlook.com",
        "mx.microsoft",
    ),
    Provider.GOOGLE: (
        "google.com",
        "googlemail.com",
        "aspmx.l.google.com",
        "alt1.aspmx.l.google.com",
        "alt2.aspmx.l.google.com",
        "gmail.com",
    ),
    Provider.YANDEX: ("yandex.ru", "yandex.net", "mx.yandex.ru", "mx.yandex.net"),
    Provider.ZOHO: ("zoho.com", "zoho.eu", "zoho.in", "mx.zoho.com"),
    Provider.AMAZON: ("amazonses.com", "amazonaws.com", "mail.amazonses.com"),
    Provider.SENDGRID: ("sendgrid.net", "mail.sendgrid.net"),
    Provider.MAILGUN: ("mailgun.org", "mailgun.com", "mxa.mailgun.org"),
    Provider.HOSTING: (
        "cpanel.net",
        "plesk.com",
        "hostgator.com",
        "godaddy.com",
        "bluehost.com",
        "hostinger.com",
        "secureserver.net",
    ),
}

LOCAL_PROVIDER_PATTERNS: Mapping[str, tuple[str, ...]] = {
    "TürkHost": ("turkhost.com.tr", "turkhost.com"),
    "Natro": ("natro.com", "natrohost.com"),
    "Turhost": ("turhost.com", "turhost.com.tr"),
    "Superonline": ("superonline.net", "superonline.com"),
    "TTNET": ("ttnet.com.tr", "ttnet.net.tr"),
    "DNS": ("dns.com.tr", "dns.com"),
    "İsimtescil": ("isimtescil.net", "isimtescil.com"),
    "Pendns": ("pendns.net",),
    "VIT": ("vit.com.tr",),
    "Kriweb": ("kriweb.com",),
    "Bulutino": ("bulutino.com",),
    "NIC.TR": ("nic.tr",),
    "ODTÜ": ("metu.edu.tr",),
    "Bilkent": ("bilkent.edu.tr",),
    "Koç Üniversitesi": ("ku.edu.tr",),
}

# `eur05.` or `nam12.` before the shared host: the region of a tenant that has no host of its own.
Name = TypeVar("Name", bound=str)

REGIONAL_M365_HOST = re.compile(r"[a-z]{3}[0-9]{2}\.protection\.outlook\.com")


@dataclass(frozen=True, slots=True)
class MxProvider:
    """What the first MX host tells about the mailboxes behind it."""

    mx_root: str | None
    provider: Provider
    local_provider: str | None
    gateway: bool
    gateway_name: str | None
    tenant_size: TenantSize | None


def classify_mx(host: str | None) -> MxProvider:
    """Provider and estimates from the full name of the first MX host; nothing or the null MX is Unknown."""
    name = clean_host(host or "")
    provider = provider_of(name)
    gateway = first_match(name, GATEWAYS)
    return MxProvider(
        mx_root=registrable_part(name) if name else None,
        provider=provider,
        local_provider=first_match(name, LOCAL_PROVIDER_PATTERNS) if provider is Provider.LOCAL else None,
        gateway=gateway is not None,
        gateway_name=gateway,
        tenant_size=estimated_size(name, provider=provider),
    )


def clean_host(host: str) -> str:
    """A host name as it is compared: trimmed, lower case, no trailing dot."""
    return host.strip().lower().rstrip(".")


def provider_of(host: str) -> Provider:
    """The first provider of the table with a pattern that ends the host name."""
    if not host:
        return Provider.UNKNOWN
    return first_match(host, PROVIDER_PATTERNS) or Provider.LOCAL


def first_match(host: str, patterns: Mapping[Name, Iterable[str]]) -> Name | None:
    """The first name with a pattern that the host equals or ends with, on a label border."""
    for name, endings in patterns.items():
        if any(ends_with_labels(host, ending) for ending in endings):
            return name
    return None


def ends_with_labels(host: str, ending: str) -> bool:
    """`mail.nic.tr` ends with the labels of `nic.tr`, `clinic.tr` does not."""
    return host == ending or host.endswith(f".{ending}")


def estimated_size(host: str, *, provider: Provider) -> TenantSize | None:
    """A hint at the tenant's size; only Microsoft's and Google's hosts give one."""
    if provider is Provider.M365:
        return estimated_m365_size(host)
    if provider is Provider.GOOGLE:
        return estimated_google_size(host)
    return None


def estimated_m365_size(host: str) -> TenantSize:
    if "mail.protection.outlook.com" in host:
        return TenantSize.LARGE
    if REGIONAL_M365_HOST.search(host) or "olc.protection.outlook.com" in host:
        return TenantSize.SMALL
    return TenantSize.MEDIUM


def estimated_google_size(host: str) -> TenantSize:
    if "aspmx.l.google.com" in host:
        return TenantSize.MEDIUM
    if "google.com" in host or "googlemail.com" in host:
        return TenantSize.LARGE
    return TenantSize.MEDIUM


def effective_provider(*, known: str, found: Provider) -> str:
    """The provider after a scan: a scan that gives Unknown never overwrites one already known (c.1)."""
    return known if found is Provider.UNKNOWN and known else found.value
