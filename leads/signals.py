"""DNS evidence, read from texts (domain document, b.1). In Hunter a signal always means DNS evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from leads.answers import Absent, Answer, Known, is_known, known, records_of
from leads.providers import MxProvider, classify_mx, clean_host

DKIM_SELECTORS = ("default", "google", "selector1", "selector2")
WHITE_SPACE = re.compile(r"\s+")
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
FULL_COVERAGE = 100


class ScanStatus(StrEnum):
    """How the newest scan of a company ended (b.4)."""

    PENDING = "pending"
    SUCCESS = "success"
    WHOIS_FAILED = "whois_failed"
    DNS_TIMEOUT = "dns_timeout"
    INVALID_DOMAIN = "invalid_domain"


class DmarcPolicy(StrEnum):
    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class DnsEvidence:
    """The answers of the lookups that the score rests on.

    `mx` holds host names, lowest preference first. `organizational_dmarc` is only asked for a subdomain without a
    record of its own.
    """

    domain: str
    mx: Answer
    txt: Answer
    dmarc: Answer
    dkim: Mapping[str, Answer]
    organizational_dmarc: Answer = field(default_factory=Absent)


@dataclass(frozen=True, slots=True)
class HeldRecords:
    """The records that counted in the scan before: of several they go on counting, since answers rotate."""

    spf: str = ""
    dmarc: str = ""


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A DMARC record as it counts for the domain."""

    record: str
    policy: DmarcPolicy
    coverage: int
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class DnsSignals:
    """What the evidence says. `spf` and `dkim` are None where nobody answered; `unanswered` names such lookups."""

    mx_hosts: tuple[str, ...]
    mx: MxProvider
    spf: bool | None
    spf_record: str | None
    spf_includes: int
    dkim: bool | None
    dkim_selector: str | None
    dmarc: DmarcRecord | None
    notes: tuple[str, ...]
    unanswered: tuple[str, ...]

    @property
    def states(self) -> dict[str, Known]:
        """Of what the score rests on: there, not there, or not known."""
        found = {"mx": bool(self.mx_hosts), "spf": self.spf, "dkim": self.dkim, "dmarc": self.dmarc is not None}
        return {name: known(None if name in self.unanswered else there) for name, there in found.items()}


def read_signals(evidence: DnsEvidence, *, held: HeldRecords | None = None) -> DnsSignals:
    """The signals in a domain's answers; what nobody answered stays unknown."""
    held = held or HeldRecords()
    hosts = mail_hosts(records_of(evidence.mx))
    spf_records = [text for text in records_of(evidence.txt) if is_spf(text)]
    spf_record = chosen(spf_records, held=held.spf)
    selector = dkim_selector(evidence.dkim)
    dmarc_records = [text for text in records_of(evidence.dmarc) if is_dmarc(text)]
    dmarc, dmarc_unanswered = dmarc_of(evidence, held=held.dmarc)

    dkim_unanswered = selector is None and not all(is_known(answer) for answer in evidence.dkim.values())
    missing = {
        "mx": not is_known(evidence.mx),
        "spf": not is_known(evidence.txt),
        "dkim": dkim_unanswered,
        "dmarc": dmarc_unanswered,
    }
    return DnsSignals(
        mx_hosts=hosts,
        mx=classify_mx(hosts[0] if hosts else None),
        spf=None if missing["spf"] else spf_record is not None,
        spf_record=spf_record,
        spf_includes=count_includes(spf_record),
        dkim=None if dkim_unanswered else selector is not None,
        dkim_selector=selector,
        dmarc=dmarc,
        notes=notes_on(spf_records, dmarc_records) + revoked_key(evidence.dkim, selector),
        unanswered=tuple(name for name, unknown in missing.items() if unknown),
    )


def mail_hosts(names: Sequence[str]) -> tuple[str, ...]:
    """Host names in their order; the null MX is no host (RFC 7505)."""
    return tuple(host for host in map(clean_host, names) if host)


def is_spf(text: str) -> bool:
    return text.lower().startswith("v=spf1")


def count_includes(spf_record: str | None) -> int:
    return (spf_record or "").lower().count("include:")


def is_dkim_key(text: str) -> bool:
    compact = WHITE_SPACE.sub("", text).lower()
    return "v=dkim1" in compact or "k=rsa" in compact


def dkim_selector(answers: Mapping[str, Answer]) -> str | None:
    """The first selector, in Hunter's order, that answers with a key."""
    for selector in DKIM_SELECTORS:
        if any(is_dkim_key(text) for text in records_of(answers.get(selector))):
            return selector
    return None


def revoked_key(answers: Mapping[str, Answer], selector: str | None) -> tuple[str, ...]:
    """A note on a key without content: it counts as a key (b.1), but its owner has taken it back (RFC 6376, 3.6.1)."""
    keys = [text for text in records_of(answers.get(selector or "")) if is_dkim_key(text)]
    if any("p" in (tags := dmarc_tags(key)) and not tags["p"] for key in keys[:1]):
        return (f"the DKIM key at {selector} was revoked: it has no content",)
    return ()


def is_dmarc(text: str) -> bool:
    return "v=dmarc1" in WHITE_SPACE.sub("", text).lower()


def dmarc_of(evidence: DnsEvidence, *, held: str) -> tuple[DmarcRecord | None, bool]:
    """The record that counts, and whether that is unknown: the domain's own, else its organizational domain's."""
    if not is_known(evidence.dmarc):
        return None, True

    own = chosen([text for text in records_of(evidence.dmarc) if is_dmarc(text)], held=held)
    if own is not None:
        return read_dmarc(own), False

    above = chosen([text for text in records_of(evidence.organizational_dmarc) if is_dmarc(text)], held=held)
    inherited = read_inherited_dmarc(above) if above is not None else None
    return inherited, not is_known(evidence.organizational_dmarc)


def read_dmarc(record: str) -> DmarcRecord:
    """Policy and coverage that a record states for its own domain."""
    tags = dmarc_tags(record)
    return DmarcRecord(record, policy=known_policy(tags.get("p")), coverage=coverage_of(tags))


def read_inherited_dmarc(record: str) -> DmarcRecord:
    """What an organizational domain's record states for a subdomain: `sp=`, else `p=`."""
    tags = dmarc_tags(record)
    policy = known_policy(tags.get("sp", tags.get("p")))
    return DmarcRecord(record, policy=policy, coverage=coverage_of(tags), inherited=True)


def dmarc_tags(record: str) -> dict[str, str]:
    """Tags by name, both in lower case; of a repeated tag the first counts."""
    tags: dict[str, str] = {}
    for part in record.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip().lower())
    return tags


def known_policy(value: str | None) -> DmarcPolicy:
    """A policy that is absent or unknown is `none`: the record is there, but asks for nothing."""
    return DmarcPolicy(value) if value in list(DmarcPolicy) else DmarcPolicy.NONE


def coverage_of(tags: Mapping[str, str]) -> int:
    percent = tags.get("pct", "")
    if not WHOLE_NUMBER.fullmatch(percent):
        return FULL_COVERAGE
    return max(0, min(FULL_COVERAGE, int(percent)))


def chosen(records: Sequence[str], *, held: str) -> str | None:
    """Of several records the one that counted before, else the first in the answer."""
    if held and held in records:
        return held
    return records[0] if records else None


def notes_on(spf_records: Sequence[str], dmarc_records: Sequence[str]) -> tuple[str, ...]:
    """What a person looking at the scan should know."""
    counted = (("SPF", spf_records), ("DMARC", dmarc_records))
    return tuple(f"{len(records)} {name} records: one of them counts" for name, records in counted if len(records) > 1)
