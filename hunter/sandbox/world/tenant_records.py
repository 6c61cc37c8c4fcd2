"""What tells of a tenant behind a domain, also behind a mail filter, and what it publishes about mail on its way."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from hunter.sandbox.world.dns_records import txt
from hunter.sandbox.world.mail_setups import FAILURES, UNREGISTERED, Records, dashed
from hunter.sandbox.world.model import WorldCompany
from hunter.sandbox.world.spf_targets import SENDERS, spf_in_trouble

KEY = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC7sandboxKeyThatSignsNothing"
SILENT = frozenset({*FAILURES, UNREGISTERED})
NO_MAIL = frozenset({"no_mx", "null_mx"})
SHARE_GOOGLE_BEHIND_FILTER = 0.4
SHARE_HIDDEN_TENANT = 0.12  # of those with other mail: a tenant for documents and meetings, or half moved
MTA_STS_KINDS = {"missing": 84, "good": 13, "double": 1, "wrong_version": 2}
TLS_RPT_KINDS = {"missing": 80, "good": 20}
BIMI_KINDS = {"missing": 90, "good": 8, "declined": 2}
OPTIONAL_FAILURES = {"": 95, "autodiscover": 2, "_mta-sts": 2, "_smtp._tls": 1}


def add_tenants(
    companies: Iterable[WorldCompany], records: Records, failures: dict[str, str], *, rng: Random
) -> tuple[Records, dict[str, str]]:
    """The same names with more records, and the names whose servers fail while the rest of the domain answers."""
    records = {name: dict(kinds) for name, kinds in records.items()}
    for name, text in SENDERS.items():
        _add(records, name, text)
    more = dict(failures)
    for company in companies:
        if company.mail_setup in SILENT:
            continue
        _add_trouble(records, company.domain, rng=rng)
        _add_tenant(records, company, rng=rng)
        _add_policies(records, company.domain, rng=rng)
        failing = _by_weight(OPTIONAL_FAILURES, rng)
        if failing:
            more[f"{failing}.{company.domain}"] = rng.choice(("SERVFAIL", "REFUSED"))
    return records, more


def _add(records: Records, name: str, *texts: str) -> None:
    kinds = records.setdefault(name, {})
    kinds["TXT"] = (*kinds.get("TXT", ()), *(txt(text) for text in texts))


def _add_alias(records: Records, name: str, target: str) -> None:
    records.setdefault(name, {"CNAME": (f"{target}.",)})


def _add_trouble(records: Records, domain: str, *, rng: Random) -> None:
    """Break the SPF record of some, where it is the only one and fits into one string."""
    texts = records[domain].get("TXT", ())
    spf = [text for text in texts if is_plain_spf(text)]
    if len(spf) != 1:
        return
    changed, others = spf_in_trouble(domain, spf[0].strip('"'), rng=rng)
    records[domain]["TXT"] = tuple(txt(changed) if text == spf[0] else text for text in texts)
    for name, text in others.items():
        _add(records, name, text)


def _add_tenant(records: Records, company: WorldCompany, *, rng: Random) -> None:
    domain, setup = company.domain, company.mail_setup
    if "m365" in setup:
        _add_microsoft(records, company, rng=rng)
    elif setup == "gateway" and rng.random() < SHARE_GOOGLE_BEHIND_FILTER:
        _add(records, f"google._domainkey.{domain}", KEY)
        _include(records, domain, "_spf.google.com")
    elif setup not in NO_MAIL and rng.random() < SHARE_HIDDEN_TENANT:
        _add(records, domain, f"MS=ms{rng.randint(10_000_000, 99_999_999)}")
        if rng.random() < 0.5:
            _add_alias(records, f"enterpriseregistration.{domain}", "enterpriseregistration.windows.net")
        if rng.random() < 0.3:  # half moved: mail still comes in elsewhere
            _add_alias(records, f"autodiscover.{domain}", "autodiscover.outlook.com")
            _include(records, domain, "spf.protection.outlook.com")


def _add_microsoft(records: Records, company: WorldCompany, *, rng: Random) -> None:
    """A tenant shows itself in more than one place; behind a filter in some of them only."""
    domain = company.domain
    if company.mail_setup == "gateway_m365":
        hides = rng.random() < 0.3
        if hides:
            records.pop(f"autodiscover.{domain}", None)
        if hides or rng.random() < 0.7:
            _add(records, domain, f"MS=ms{rng.randint(10_000_000, 99_999_999)}")
    if rng.random() < 0.55:
        _add_alias(records, f"enterpriseregistration.{domain}", "enterpriseregistration.windows.net")
    if rng.random() < 0.4:
        _add_alias(records, f"enterpriseenrollment.{domain}", "enterpriseenrollment-s.manage.microsoft.com")
    if rng.random() < 0.6:
        tenant = domain.partition(".")[0].replace("-", "").capitalize()
        alias = f"selector2-{dashed(domain)}._domainkey.{tenant}.onmicrosoft.com"
        _add_alias(records, f"selector2._domainkey.{domain}", alias)


def is_plain_spf(text: str) -> bool:
    """An SPF record in presentation form that is one string."""
    return text.startswith('"v=spf1 ') and '" "' not in text


def _include(records: Records, domain: str, name: str) -> None:
    """Let the SPF record of a domain name one more sender, where it has a plain one."""
    texts = records[domain].get("TXT", ())
    plain = [text for text in texts if is_plain_spf(text) and "redirect=" not in text]
    if plain:
        changed = plain[0].strip('"').replace("v=spf1 ", f"v=spf1 include:{name} ", 1)
        records[domain]["TXT"] = tuple(txt(changed) if text == plain[0] else text for text in texts)


def _add_policies(records: Records, domain: str, *, rng: Random) -> None:
    number = rng.randint(20250101, 20261231)
    mta_sts = {
        "good": (f"v=STSv1; id={number}",),
        "double": (f"v=STSv1; id={number}", "v=STSv1; id=1"),
        "wrong_version": (f"v=STS1; id={number}",),
    }
    bimi = {"good": (f"v=BIMI1; l=https://{domain}/logo.svg",), "declined": ("v=BIMI1; l=; a=;",)}
    texts = {
        f"_mta-sts.{domain}": mta_sts.get(_by_weight(MTA_STS_KINDS, rng), ()),
        f"_smtp._tls.{domain}": {"good": (f"v=TLSRPTv1; rua=mailto:tls@{domain}",)}.get(
            _by_weight(TLS_RPT_KINDS, rng), ()
        ),
        f"default._bimi.{domain}": bimi.get(_by_weight(BIMI_KINDS, rng), ()),
    }
    for name, values in texts.items():
        if values:
            _add(records, name, *values)


def _by_weight(kinds: dict[str, int], rng: Random) -> str:
    return rng.choices(list(kinds), list(kinds.values()))[0]
