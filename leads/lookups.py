"""The lookups of a scan by their names: what is asked, and for which kind of record (domain document, b.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Lookup(StrEnum):
    """Lookups that tell more of a company. None of them counts in the score, so none of them can lose a scan."""

    AUTODISCOVER = "autodiscover"
    REGISTRATION = "enterpriseregistration"
    ENROLLMENT = "enterpriseenrollment"
    SELECTOR1 = "selector1"
    SELECTOR2 = "selector2"
    MTA_STS = "mta_sts"
    TLS_RPT = "tls_rpt"
    BIMI = "bimi"


@dataclass(frozen=True, slots=True)
class Question:
    """What is put before the domain, and the kind of record that is asked for."""

    prefix: str
    kind: str

    def name(self, domain: str) -> str:
        """The name that is asked."""
        return f"{self.prefix}.{domain}" if self.prefix else domain

    def asked(self, domain: str) -> str:
        """The question as people read it: the kind of record, then the name."""
        return f"{self.kind} {self.name(domain)}"


ALIASES_OF_SELECTORS: Mapping[Lookup, Question] = {
    Lookup.SELECTOR1: Question("selector1._domainkey", "CNAME"),
    Lookup.SELECTOR2: Question("selector2._domainkey", "CNAME"),
}
ASKED_BESIDE: Mapping[Lookup, Question] = {
    Lookup.AUTODISCOVER: Question("autodiscover", "CNAME"),
    Lookup.REGISTRATION: Question("enterpriseregistration", "CNAME"),
    Lookup.ENROLLMENT: Question("enterpriseenrollment", "CNAME"),
    Lookup.MTA_STS: Question("_mta-sts", "TXT"),
    Lookup.TLS_RPT: Question("_smtp._tls", "TXT"),
    Lookup.BIMI: Question("default._bimi", "TXT"),
}
QUESTIONS: Mapping[str, Question] = {
    "mx": Question("", "MX"),
    "txt": Question("", "TXT"),
    "dmarc": Question("_dmarc", "TXT"),
    "ns": Question("", "NS"),
    **{lookup.value: question for lookup, question in (*ALIASES_OF_SELECTORS.items(), *ASKED_BESIDE.items())},
}
