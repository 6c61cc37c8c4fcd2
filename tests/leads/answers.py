"""Answers of scans, as DNS and the registry would give them."""

from __future__ import annotations

from datetime import date
from typing import Any

from leads.answers import Absent, Answer, Found, answered
from leads.scan_answer import DnsLookups, Registration, RegistrationAnswer, ScanAnswer
from leads.signals import DnsEvidence

M365_HOST = "firm-com.mail.protection.outlook.com"
REGISTERED = Registration("Ornek Registrar", date(2027, 1, 7), ("ns1.firm.com",))
FROM_DNS = Found(("ns.dns.com",))


def scan_answer(
    domain: str = "firm.com",
    *,
    registration: RegistrationAnswer = REGISTERED,
    nameservers: Answer = FROM_DNS,
    **changes: Any,
) -> ScanAnswer:
    """A domain at M365 with SPF and DKIM and no DMARC; the changes are answers."""
    answers: dict[str, Any] = {
        "mx": answered([M365_HOST]),
        "txt": answered(["v=spf1 include:spf.protection.outlook.com -all"]),
        "dmarc": Absent("nxdomain"),
        "dkim": {"default": Absent("nxdomain"), "google": Absent("nxdomain"), "selector1": Found(("v=DKIM1; p=x",))},
    } | changes
    lookups = DnsLookups(DnsEvidence(domain, **answers), nameservers, ("192.0.2.1",))
    return ScanAnswer(domain, lookups, registration, resolver="127.0.0.1:53")
