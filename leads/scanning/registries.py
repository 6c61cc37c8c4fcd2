"""Who keeps a domain registered: RDAP first, WHOIS where RDAP gives none of the three fields (domain document, b.3)."""

from __future__ import annotations

import time
from dataclasses import dataclass

from hunter.remote.errors import Deferred
from hunter.remote.gate import LaneGate
from leads.answers import Absent, NotKnown
from leads.scan_answer import Registration, RegistrationAnswer, Throttled
from leads.scanning.rdap import Rdap
from leads.scanning.whois import Whois

GATE_WAIT_SECONDS = 30.0  # for all questions about one domain


@dataclass(frozen=True, slots=True)
class Registries:
    """Both ways to ask. Belongs to one event loop."""

    rdap: Rdap
    whois: Whois

    async def registration(self, domain: str, *, gate: LaneGate) -> RegistrationAnswer:
        """What is known of a registrable domain, and who told. Never raises for what a server or the gate does.

        A registry that wants fewer calls is asked nothing more in this scan, in whichever way.
        """
        deadline = time.monotonic() + GATE_WAIT_SECONDS
        try:
            async with gate.slot(deadline=deadline):
                return await self._asked(domain, gate=gate, deadline=deadline)
        except Deferred:
            return NotKnown("no leave to ask the registry in time")

    async def _asked(self, domain: str, *, gate: LaneGate, deadline: float) -> RegistrationAnswer:
        """One question after the other: both ways together have one call open at most."""
        over_rdap = await self.rdap.registration(domain, gate=gate, deadline=deadline)
        if isinstance(over_rdap, Registration | Throttled):
            return over_rdap
        over_whois = await self.whois.registration(domain, gate=gate, deadline=deadline)
        return better_known(over_rdap, over_whois, asked_the_registry=self.rdap.is_the_registry)


def better_known(
    over_rdap: Absent | NotKnown, over_whois: RegistrationAnswer, *, asked_the_registry: bool
) -> RegistrationAnswer:
    """One answer out of two, of which RDAP's has no data. A no stays a no only where it is the registry's own."""
    if isinstance(over_whois, Registration | Absent | Throttled):
        return over_whois
    if isinstance(over_rdap, NotKnown):
        return NotKnown(both_reasons(over_rdap.reason, over_whois.reason))
    if asked_the_registry:
        return over_rdap
    return NotKnown(both_reasons("no such domain at the server that is set", over_whois.reason))


def both_reasons(over_rdap: str, over_whois: str) -> str:
    """Why neither way told it, each named once."""
    by_rdap, by_whois = over_rdap.removeprefix("RDAP "), over_whois.removeprefix("WHOIS ")
    is_one = by_rdap == by_whois and over_rdap != over_whois
    return f"RDAP and WHOIS {by_rdap}" if is_one else f"RDAP: {by_rdap}. WHOIS: {by_whois}"
