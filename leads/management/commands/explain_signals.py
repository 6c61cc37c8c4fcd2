from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings

from hunter.errors import HunterError
from hunter.explaining import ExplainCommand
from leads.domains import read_domain
from leads.explanations import GivenSignals, explain_lookups
from leads.rules import load_rules
from leads.scan_answer import DnsLookups
from leads.scanning.dns import look_up
from leads.scanning.resolver import Resolver, read_nameservers
from leads.suffixes import organizational_domain


class Command(ExplainCommand):
    help = "Tell which signals DNS texts give; a domain as argument is looked up now."

    def explain(self, value: Any, **options: Any) -> dict[str, Any]:
        asked = asked_now(value) if isinstance(value, str) else GivenSignals.model_validate(value).lookups()
        return explain_lookups(asyncio.run(asked), rules=load_rules())


async def asked_now(value: str) -> DnsLookups:
    """What DNS says of a domain at this moment. Raises HunterError for what is no domain."""
    reading = read_domain(value)
    if reading.domain is None:
        raise HunterError(f"{value!r} is no domain: {reading.reason.value}.", field="domain")
    resolver = Resolver(read_nameservers(settings.DNS_NAMESERVERS))
    return await look_up(reading.domain, organizational=organizational_domain(reading.domain), resolver=resolver)
