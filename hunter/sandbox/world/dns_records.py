"""Writes down the names that the simulated DNS knows: each company's own, and those they lead to."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from random import Random

from hunter.sandbox.world.mail_setups import FAILURES, SETUPS, UNREGISTERED, Kinds, Mail, Records, dashed
from hunter.sandbox.world.model import WorldCompany

KEY = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC7sandboxKeyThatSignsNothing" * 3
EXTRA_INCLUDES = ("sendgrid.net", "mailgun.org", "servers.mcsv.net", "_spf.salesforce.com", "amazonses.com")
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # kept for documentation: no packet ever goes there
LONGEST_STRING = 255
PLAIN_TEXT = re.compile(rb"[ !#-\[\]-~]*")

SPF_KINDS = {"plain": 62, "missing": 14, "double": 6, "many_includes": 10, "upper_case": 4, "long": 4}
DMARC_KINDS = {
    "missing": 32, "p=none": 22, "p=quarantine": 12, "p=quarantine; pct=25": 4, "p=reject": 18, "P=REJECT; pct=100": 3,
    "p=reject; pct=0": 1, "p=none; sp=reject": 2, "no_policy": 2, "p=monitor": 1, "double": 3,
}  # fmt: skip
DKIM_KINDS = {"own": 66, "missing": 20, "revoked": 4, "other_selector": 6, "dangling": 4}


def txt(text: str) -> str:
    """A TXT value in presentation form: UTF-8, cut into strings of at most 255 bytes."""
    raw = text.encode()
    parts = [raw[at : at + LONGEST_STRING] for at in range(0, len(raw), LONGEST_STRING)] or [b""]
    return " ".join(f'"{_written(part)}"' for part in parts)


def _written(part: bytes) -> str:
    if PLAIN_TEXT.fullmatch(part):
        return part.decode("ascii")
    return "".join(_shown(byte) for byte in part)


def _shown(byte: int) -> str:
    letter = chr(byte)
    if letter in '"\\':
        return "\\" + letter
    return letter if 32 <= byte < 127 else f"\\{byte:03d}"


def address_of(host: str) -> str:
    """The same address from the documentation's networks for the same host."""
    number = zlib.crc32(host.encode())
    return f"{NETWORKS[number % 3]}.{number // 3 % 253 + 1}"


def write_records(companies: Iterable[WorldCompany], *, rng: Random) -> tuple[Records, dict[str, str]]:
    """The names with their records, and the domains whose servers fail for good."""
    records: Records = {}
    failures: dict[str, str] = {}
    for company in companies:
        if company.mail_setup in FAILURES:
            failures[company.domain] = FAILURES[company.mail_setup]
        elif company.mail_setup != UNREGISTERED:
            mail = SETUPS[company.mail_setup](company.domain, rng)
            records.update(_company_records(company, mail, rng=rng))
    return records, failures


def _company_records(company: WorldCompany, mail: Mail, *, rng: Random) -> Records:
    domain = company.domain
    host = (
        "cloudns.example" if rng.random() < 0.5 else f"{rng.choice(('natrohost', 'turhost', 'secureserver'))}.example"
    )
    texts = [*_spf(mail, rng=rng), *mail.verification]
    if rng.random() < 0.1:
        texts.append("açıklama: bu alan adı posta için kullanılır")
    rng.shuffle(texts)
    apex = {"NS": (f"ns1.{host}.", f"NS2.{host.upper()}."), "MX": mail.mx, "TXT": tuple(txt(text) for text in texts)}
    if company.mail_setup != "mx_without_address":
        apex["A"] = (address_of(domain),)
    records: Records = {domain: {kind: values for kind, values in apex.items() if values}}
    records[f"www.{domain}"] = {"CNAME": (f"{domain}.",)}
    records |= _hosts(company, mail)
    records |= _dmarc(domain, rng=rng)
    records |= _dkim(company, mail, rng=rng)
    return records


def _hosts(company: WorldCompany, mail: Mail) -> Records:
    hosts = [line.split()[1].rstrip(".") for line in mail.mx]
    if company.mail_setup == "mx_is_alias":
        target = f"relay.{company.domain}"
        return {hosts[0]: {"CNAME": (f"{target}.",)}, target: {"A": (address_of(target),)}}
    records: Records = {
        host.lower(): {"A": (address_of(host.lower()),)} for host in hosts if host and host != company.domain
    }
    if "m365" in company.mail_setup:
        records[f"autodiscover.{company.domain}"] = {"CNAME": ("autodiscover.outlook.com.",)}
        records["autodiscover.outlook.com"] = {"A": (address_of("autodiscover.outlook.com"),)}
    return records


def _spf(mail: Mail, *, rng: Random) -> list[str]:
    if not mail.spf:
        return []
    record = f"v=spf1 {' '.join(mail.spf)} {rng.choice(('-all', '~all', '~all', '?all'))}"
    match _by_weight(SPF_KINDS, rng):
        case "missing":
            return []
        case "double":
            return [record, "v=spf1 a mx ip4:198.51.100.7 ~all"]
        case "many_includes":
            more = " ".join(f"include:{name}" for name in rng.sample(EXTRA_INCLUDES, 4))
            return [record.replace("v=spf1 ", f"v=spf1 {more} ")]
        case "upper_case":
            return [record.replace("v=spf1", "V=SPF1")]
        case "long":
            addresses = " ".join(f"ip4:203.0.113.{number}" for number in range(1, 40))
            return [record.replace("v=spf1 ", f"v=spf1 {addresses} ")]
        case _:
            return [record]


def _dmarc(domain: str, *, rng: Random) -> Records:
    kind = _by_weight(DMARC_KINDS, rng)
    match kind:
        case "missing":
            return {}
        case "no_policy":
            values = [f"v=DMARC1; rua=mailto:dmarc@{domain}"]
        case "double":
            values = ["v=DMARC1; p=reject", "v=DMARC1; p=none"]
        case _:
            values = [f"v=DMARC1; {kind}; rua=mailto:dmarc@{domain}"]
    return {f"_dmarc.{domain}": {"TXT": tuple(txt(value) for value in values)}}


def _dkim(company: WorldCompany, mail: Mail, *, rng: Random) -> Records:
    name = f"{mail.selector}._domainkey.{company.domain}"
    kind = _by_weight(DKIM_KINDS, rng)
    key: Kinds = {"TXT": (txt(f"v=DKIM1; k=rsa; p={KEY}"),)}
    match kind:
        case "missing":
            return {}
        case "revoked":
            return {name: {"TXT": (txt("v=DKIM1; p="),)}}
        case "other_selector":
            return {f"default._domainkey.{company.domain}": {"TXT": (txt(f"k=rsa; p={KEY}"),)}}
    if "m365" not in company.mail_setup:
        gone: Kinds = {"CNAME": (f"gone.{company.domain}.",)}
        return {name: key if kind == "own" else gone}
    tenant = company.domain.partition(".")[0].replace("-", "").capitalize()
    tail = "onmicrosoft.com" if company.mail_setup != "m365_mx_microsoft" else "w-v1.dkim.mail.microsoft"
    target = f"{mail.selector}-{dashed(company.domain)}._domainkey.{tenant}.{tail}"
    alias: Records = {name: {"CNAME": (f"{target}.",)}}
    return alias if kind == "dangling" else {**alias, target.lower(): key}


def _by_weight(kinds: dict[str, int], rng: Random) -> str:
    return rng.choices(list(kinds), list(kinds.values()))[0]
