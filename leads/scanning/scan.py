"""One scan: everything that DNS and the registry say of a domain, asked at once. No database, no decisions."""

from __future__ import annotations

import asyncio

from hunter.remote.gate import LaneGate
from leads.scan_answer import KnownRegistration, RegistrationAnswer, ScanAnswer
from leads.scanning.dns import look_up
from leads.scanning.kept_answers import KeptAnswers
from leads.scanning.registries import Registries
from leads.scanning.resolver import Resolver
from leads.suffixes import organizational_domain, registrable_part


async def scan(
    domain: str,
    *,
    resolver: Resolver,
    registries: Registries,
    registry_gate: LaneGate,
    known: KnownRegistration | None = None,
    kept: KeptAnswers | None = None,
) -> ScanAnswer:
    """Ask DNS and the registry about a domain, side by side; where `known` is given the registry is not asked.

    Raises for nothing that a server does.
    """

    async def registration() -> RegistrationAnswer:
        if known is not None:
            return known.registration
        return await registries.registration(registrable_part(domain), gate=registry_gate)

    lookups, registered = await asyncio.gather(
        look_up(domain, organizational=organizational_domain(domain), resolver=resolver, kept=kept), registration()
    )
    return ScanAnswer(
        domain,
        lookups,
        registered,
        resolver=", ".join(map(str, resolver.nameservers)),
        registration_read_at=known.read_at if known else None,
    )
