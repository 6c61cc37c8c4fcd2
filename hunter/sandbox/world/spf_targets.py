"""Where SPF records lead: those of the big senders, and those that go wrong (RFC 7208)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

TxtRecords = Mapping[str, str]

SENDERS: TxtRecords = {
    "spf.protection.outlook.com": "v=spf1 ip4:40.92.0.0/15 ip4:40.107.0.0/16 ip4:52.100.0.0/15 ip6:2a01:111:f400::/48 -all",
    "_spf.google.com": "v=spf1 include:_netblocks.google.com include:_netblocks2.google.com include:_netblocks3.google.com ~all",
    "_netblocks.google.com": "v=spf1 ip4:35.190.247.0/24 ip4:64.233.160.0/19 ip4:66.102.0.0/20 ~all",
    "_netblocks2.google.com": "v=spf1 ip6:2001:4860:4000::/36 ip6:2404:6800:4000::/36 ~all",
    "_netblocks3.google.com": "v=spf1 ip4:172.217.0.0/19 ip4:108.177.96.0/19 ~all",
    "zoho.eu": "v=spf1 include:spf.zoho.eu -all",
    "spf.zoho.eu": "v=spf1 ip4:185.20.209.0/24 ip4:31.186.243.0/24 ~all",
    "_spf.yandex.net": "v=spf1 include:_spf-ipv4.yandex.ru include:_spf-ipv6.yandex.ru ~all",
    "_spf-ipv4.yandex.ru": "v=spf1 ip4:5.45.192.0/19 ip4:37.9.64.0/18 ~all",
    "_spf-ipv6.yandex.ru": "v=spf1 ip6:2a02:6b8::/32 ~all",
    "amazonses.com": "v=spf1 ip4:199.255.192.0/22 ip4:54.240.0.0/18 -all",
    "sendgrid.net": "v=spf1 ip4:167.89.0.0/17 ip4:208.117.48.0/20 -all",
    "mailgun.org": "v=spf1 include:_spf.mailgun.org include:_spf.eu.mailgun.org -all",
    "_spf.mailgun.org": "v=spf1 ip4:209.61.151.0/24 ip4:166.78.68.0/22 ~all",
    "_spf.eu.mailgun.org": "v=spf1 ip4:141.193.32.0/23 ip4:185.250.236.0/22 ~all",
    "servers.mcsv.net": "v=spf1 ip4:205.201.128.0/20 ip4:198.2.128.0/18 ?all",
    "_spf.salesforce.com": "v=spf1 exists:%{i}._spf.mta.salesforce.com -all",
    "spf.pphosted.com": "v=spf1 ip4:67.231.144.0/20 ip4:148.163.128.0/19 ~all",
}

SPF_TROUBLE = {"none": 78, "too_many": 5, "circle": 3, "redirect": 4, "dangling": 3, "syntax": 3, "macro": 2, "void": 2}


def _too_many(domain: str, record: str) -> tuple[str, TxtRecords]:
    """More than ten lookups, most of them in the records of others."""
    more = "include:_spf.google.com include:mailgun.org include:_spf.yandex.net include:zoho.eu"
    return record.replace("v=spf1 ", f"v=spf1 {more} ", 1), {}


def _circle(domain: str, record: str) -> tuple[str, TxtRecords]:
    return record.replace("v=spf1 ", f"v=spf1 include:_spf.{domain} ", 1), {
        f"_spf.{domain}": f"v=spf1 include:{domain} ~all"
    }


def _redirect(domain: str, record: str) -> tuple[str, TxtRecords]:
    return f"v=spf1 redirect=_spf.{domain}", {f"_spf.{domain}": record}


def _dangling(domain: str, record: str) -> tuple[str, TxtRecords]:
    return record.replace("v=spf1 ", f"v=spf1 include:spf.gone.{domain} ", 1), {}


def _syntax(domain: str, record: str) -> tuple[str, TxtRecords]:
    return record.replace("v=spf1 ", "v=spf1 ipv4:198.51.100.7 ", 1), {}


def _macro(domain: str, record: str) -> tuple[str, TxtRecords]:
    return record.replace("v=spf1 ", f"v=spf1 exists:%{{i}}._spf.{domain} ", 1), {}


def _void(domain: str, record: str) -> tuple[str, TxtRecords]:
    gone = " ".join(f"a:old{number}.{domain}" for number in range(1, 4))
    return record.replace("v=spf1 ", f"v=spf1 {gone} ", 1), {}


TROUBLES: Mapping[str, Callable[[str, str], tuple[str, TxtRecords]]] = {
    "too_many": _too_many,
    "circle": _circle,
    "redirect": _redirect,
    "dangling": _dangling,
    "syntax": _syntax,
    "macro": _macro,
    "void": _void,
}


def spf_in_trouble(domain: str, record: str, *, rng: Random) -> tuple[str, TxtRecords]:
    """A domain's SPF record, good or broken, and the records that it now leads to."""
    kind = rng.choices(list(SPF_TROUBLE), list(SPF_TROUBLE.values()))[0]
    if kind == "none" or not record.startswith("v=spf1 "):
        return record, {}
    return TROUBLES[kind](domain, record)
