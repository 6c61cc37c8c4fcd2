"""All DNS lookups of one domain, side by side (domain document, b.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from dns.rdatatype import RdataType

from leads.answers import Absent, Answer, NotKnown, records_of
from leads.scan_answer import DnsLookups
from leads.scanning.resolver import Resolver
from leads.signals import DKIM_SELECTORS, DnsEvidence, is_dkim_key, is_dmarc, mail_hosts

MOST_MAIL_HOSTS = 10  # addresses are looked up for that many; a domain with more has a fault of its own


async def look_up(domain: str, *, organizational: str | None, resolver: Resolver) -> DnsLookups:
    """Ask everything about a domain. `organizational` is the domain whose DMARC record a subdomain inherits."""
    async with asyncio.TaskGroup() as group:
        mail = group.create_task(mail_lookup(domain, resolver=resolver))
        txt = group.create_task(resolver.lookup(domain, RdataType.TXT))
        dmarc = group.create_task(dmarc_lookup(domain, organizational=organizational, resolver=resolver))
        nameservers = group.create_task(resolver.lookup(domain, RdataType.NS))
        own_address = group.create_task(resolver.lookup(domain, RdataType.A))

        def is_lost() -> bool:
            """One unanswered lookup is enough: the scan will be tried again as a whole."""
            return txt.done() and isinstance(txt.result(), NotKnown)

        dkim = group.create_task(dkim_lookup(domain, resolver=resolver, is_lost=is_lost))

    mx, mail_addresses = mail.result()
    own_dmarc, organizational_dmarc = dmarc.result()
    evidence = DnsEvidence(
        domain=domain,
        mx=mx,
        txt=txt.result(),
        dmarc=own_dmarc,
        dkim=dkim.result(),
        organizational_dmarc=organizational_dmarc,
    )
    addresses = first_addresses([*mail_addresses, own_address.result()])
    return DnsLookups(evidence, nameservers.result(), addresses)


async def mail_lookup(domain: str, *, resolver: Resolver) -> tuple[Answer, list[Answer]]:
    """The mail hosts, and the addresses of each."""
    mx = await resolver.lookup(domain, RdataType.MX)
    hosts = mail_hosts(records_of(mx))[:MOST_MAIL_HOSTS]
    return mx, list(await asyncio.gather(*(resolver.lookup(host, RdataType.A) for host in hosts)))


async def dmarc_lookup(domain: str, *, organizational: str | None, resolver: Resolver) -> tuple[Answer, Answer]:
    """The domain's own DMARC texts, and those of its organizational domain where it has none."""
    own = await resolver.lookup(f"_dmarc.{domain}", RdataType.TXT)
    has_own = any(is_dmarc(text) for text in records_of(own))
    if has_own or organizational is None or organizational == domain:
        return own, Absent("not asked")
    return own, await resolver.lookup(f"_dmarc.{organizational}", RdataType.TXT)


async def dkim_lookup(domain: str, *, resolver: Resolver, is_lost: Callable[[], bool]) -> dict[str, Answer]:
    """The answers of the selectors, in Hunter's order, up to the first with a key; an error leads to the next.

    Ends early once the scan is lost: a silent domain would else take ten seconds for each selector.
    """
    answers: dict[str, Answer] = {}
    for selector in DKIM_SELECTORS:
        answers[selector] = await resolver.lookup(f"{selector}._domainkey.{domain}", RdataType.TXT)
        if is_lost() or any(is_dkim_key(text) for text in records_of(answers[selector])):
            break
    return answers


def first_addresses(answers: Iterable[Answer]) -> tuple[str, ...]:
    """One address of each answer, in order, no repeats."""
    firsts = (records_of(answer)[0] for answer in answers if records_of(answer))
    return tuple(dict.fromkeys(firsts))
