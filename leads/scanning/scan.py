"""One scan: everything that DNS and the registry say of a domain, asked at once. No database, no decisions."""

from __future__ import annotations

import asyncio

from hunter.remote.gate import Gate
from leads.scan_answer import ScanAnswer
from leads.scanning.dns import look_up
from leads.scanning.kept_answers import KeptAnswers
from leads.scanning.rdap import Rdap
from leads.scanning.resolver import Resolver
from leads.suffixes import registrable_part


async def scan(
    domain: str, *, resolver: Resolver, rdap: Rdap, rdap_gate: Gate, kept: KeptAnswers | None = None
) -> ScanAnswer:
    """Ask DNS and the registry about a domain, side by side. Raises for nothing that a server does."""
    registrable = registrable_part(domain)
    lookups, registration = await asyncio.gather(
        look_up(domain, organizational=registrable, resolver=resolver, kept=kept),
        rdap.registration(registrable, gate=rdap_gate),
    )
    return ScanAnswer(domain, lookups, registration, resolver=", ".join(map(str, resolver.nameservers)))
