"""All DNS lookups of one domain, side by side (domain document, b.1), and those that tell more than the score needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from dns.rdatatype import RdataType

from leads.answers import Absent, Answer, Found, NotKnown, aliases_of, records_of
from leads.lookups import ALIASES_OF_SELECTORS, ASKED_BESIDE
from leads.providers import ends_with_labels
from leads.scan_answer import DnsLookups
from leads.scanning.kept_answers import KeptAnswers
from leads.scanning.resolver import Resolver
from leads.signals import DKIM_SELECTORS, DnsEvidence, is_dkim_key, is_dmarc, is_spf, mail_hosts
from leads.spf import SpfEvaluation, evaluate_spf

MOST_MAIL_HOSTS = 10  # addresses are looked up for that many; a domain with more has a fault of its own
SPF_SECONDS = 20.0  # RFC 7208, 4.6.4: what receivers give an evaluation at least


async def look_up(
    domain: str, *, organizational: str | None, resolver: Resolver, kept: KeptAnswers | None = None
) -> DnsLookups:
    """Ask everything about a domain. `organizational` is the domain whose DMARC record a subdomain inherits.

    `kept` are answers that scans share; without them each scan asks for itself. What the score does not need is asked
    only of a domain that answers, and its failures stay where they are.
    """
    async with asyncio.TaskGroup() as group:
        mx = group.create_task(resolver.lookup(domain, RdataType.MX))
        txt = group.create_task(resolver.lookup(domain, RdataType.TXT))
        dmarc = group.create_task(dmarc_lookup(domain, organizational=organizational, resolver=resolver))
        nameservers = group.create_task(resolver.lookup(domain, RdataType.NS))
        own_address = group.create_task(resolver.lookup(domain, RdataType.A))

        def is_lost() -> bool:
            """One unanswered lookup is enough: the scan will be tried again as a whole."""
            return txt.done() and isinstance(txt.result(), NotKnown)

        sources = Sources(domain, resolver, kept or KeptAnswers(resolver))
        mail_addresses = group.create_task(addresses_of_hosts(mx, sources=sources))
        dkim = group.create_task(dkim_lookup(domain, resolver=resolver, is_lost=is_lost))
        beside = group.create_task(lookups_beside(domain, mx, resolver=resolver))
        aliases = group.create_task(selector_aliases(domain, dkim, resolver=resolver, is_lost=is_lost))
        asked = {(domain, "MX"): mx, (domain, "TXT"): txt, (domain, "A"): own_address}
        spf = group.create_task(spf_evaluation(domain, asked, sources=sources))

    own_dmarc, organizational_dmarc = dmarc.result()
    evidence = DnsEvidence(
        domain=domain,
        mx=mx.result(),
        txt=txt.result(),
        dmarc=own_dmarc,
        dkim=dkim.result(),
        organizational_dmarc=organizational_dmarc,
    )
    return DnsLookups(
        evidence,
        nameservers.result(),
        first_addresses([*mail_addresses.result(), own_address.result()]),
        beside={**aliases.result(), **beside.result()},
        spf=spf.result(),
    )


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a scan asks: of the domain itself anew, and of others what scans share."""

    domain: str
    resolver: Resolver
    kept: KeptAnswers

    async def lookup(self, name: str, rdtype: RdataType) -> Answer:
        """The answer; a rescan hears of a change in the domain itself at once."""
        source = self.resolver if ends_with_labels(name, self.domain) else self.kept
        return await source.lookup(name, rdtype)


async def addresses_of_hosts(mx: Awaitable[Answer], *, sources: Sources) -> list[Answer]:
    """The addresses of each mail host."""
    hosts = mail_hosts(records_of(await mx))[:MOST_MAIL_HOSTS]
    return list(await asyncio.gather(*(sources.lookup(host, RdataType.A) for host in hosts)))


async def lookups_beside(domain: str, mx: Awaitable[Answer], *, resolver: Resolver) -> Mapping[str, Answer]:
    """What tells of a tenant or of mail on its way, by name; not asked below a domain that is not there or is silent."""
    mail = await mx
    if isinstance(mail, NotKnown):
        return dict.fromkeys(ASKED_BESIDE, NotKnown(f"not asked, because MX was not answered ({mail.reason})"))
    if mail == Absent("nxdomain"):  # then nothing is below it (RFC 8020)
        return dict.fromkeys(ASKED_BESIDE, mail)
    answers = await asyncio.gather(
        *(resolver.lookup(one.name(domain), RdataType[one.kind]) for one in ASKED_BESIDE.values())
    )
    return dict(zip(ASKED_BESIDE, answers, strict=True))


async def selector_aliases(
    domain: str, dkim: Awaitable[Mapping[str, Answer]], *, resolver: Resolver, is_lost: Callable[[], bool]
) -> Mapping[str, Answer]:
    """Where the selectors of Microsoft lead: known by the search for a key, else asked for, until one leads somewhere."""
    keys = await dkim
    aliases: dict[str, Answer] = {lookup: alias_in(keys[lookup]) for lookup in ALIASES_OF_SELECTORS if lookup in keys}
    if is_lost() or any(records_of(alias) for alias in aliases.values()):
        return aliases
    missing = {lookup: one for lookup, one in ALIASES_OF_SELECTORS.items() if lookup not in keys}
    answers = await asyncio.gather(*(resolver.lookup(one.name(domain), RdataType.CNAME) for one in missing.values()))
    return aliases | dict(zip(missing, answers, strict=True))


def alias_in(answer: Answer) -> Answer:
    """The first name that was passed on the way to an answer, as the answer to a question for it."""
    if isinstance(answer, NotKnown):
        return answer
    passed = aliases_of(answer)
    return Found(passed[:1], ttl=answer.ttl) if passed else Absent("no alias", ttl=answer.ttl)


async def spf_evaluation(
    domain: str, asked: Mapping[tuple[str, str], Awaitable[Answer]], *, sources: Sources
) -> SpfEvaluation | None:
    """The SPF record followed to its limits, in limited time. `asked` are questions that the scan has asked anyway."""
    records = [text for text in records_of(await asked[domain, "TXT"]) if is_spf(text)]
    if not records:
        return None
    deadline = time.monotonic() + SPF_SECONDS

    async def lookup(name: str, kind: str) -> Answer:
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                if (name, kind) in asked:
                    return await asyncio.shield(asked[name, kind])
                return await sources.lookup(name, RdataType[kind])
        except TimeoutError:
            return NotKnown("timeout")

    return await evaluate_spf(records, domain=domain, lookup=lookup)


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
