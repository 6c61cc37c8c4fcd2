from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings

from hunter.errors import HunterError
from hunter.explaining import ExplainCommand
from leads.domains import read_domain
from leads.explanations import GivenSignals, explain_evidence
from leads.scanning.dns import look_up
from leads.scanning.resolver import Resolver, read_nameservers
from leads.signals import DnsEvidence
from leads.suffixes import registrable_part


class Command(ExplainCommand):
    help = "Tell which signals DNS texts give; a domain as argument is looked up now."

    def explain(self, value: Any, **options: Any) -> dict[str, Any]:
        if isinstance(value, str):
            return explain_evidence(asyncio.run(asked_now(value)))
        return explain_evidence(GivenSignals.model_validate(value).evidence())


async def asked_now(value: str) -> DnsEvidence:
    """What DNS says of a domain at this moment. Raises HunterError for what is no domain."""
    reading = read_domain(value)
    if reading.domain is None:
        raise HunterError(f"{value!r} is no domain: {reading.reason.value}.", field="domain")
    resolver = Resolver(read_nameservers(settings.DNS_NAMESERVERS))
    lookups = await look_up(reading.domain, organizational=registrable_part(reading.domain), resolver=resolver)
    return lookups.evidence
