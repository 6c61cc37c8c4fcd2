"""Which company a referral speaks of: its fields -> a domain (domain document e.3)."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from leads.domains import ReadAs, read_domain
from referrals.contract import CustomerProfile, PartnerCenterReferral
from referrals.kinds import DomainSource

MOST_REMEMBERED = 8192  # about 1 MB


@dataclass(frozen=True, slots=True)
class FoundDomain:
    """A domain, the value it was read from, and the field that held the value."""

    domain: str
    raw: str
    source: DomainSource


@dataclass(frozen=True, slots=True)
class Clue:
    """A value that may name the company, and how it is read."""

    value: str
    read_as: ReadAs
    source: DomainSource


def find_domain(referral: PartnerCenterReferral, *, consumer_domains: AbstractSet[str]) -> FoundDomain | None:
    """The domain of the first field that names one; the mail domains of private persons never count."""
    for clue in clues(referral):
        if domain := company_domain(clue, consumer_domains=consumer_domains):
            return FoundDomain(domain, clue.value, clue.source)
    return None


def contact_domains(referral: PartnerCenterReferral, *, consumer_domains: AbstractSet[str]) -> tuple[str, ...]:
    """The different company domains that the contacts' e-mails name, in their order (e.5)."""
    found = (
        company_domain(clue, consumer_domains=consumer_domains)
        for clue in clues(referral)
        if clue.source in (DomainSource.CONTACT, DomainSource.TEAM)
    )
    return tuple(dict.fromkeys(domain for domain in found if domain))


def clues(referral: PartnerCenterReferral) -> Iterator[Clue]:
    """The values that may name the company, best first."""
    customer = referral.customer_profile
    yield Clue(referral.contact.email, ReadAs.EMAIL, DomainSource.CONTACT)
    for member in customer.team:
        if not member.unlisted:
            yield Clue(member.email, ReadAs.EMAIL, DomainSource.TEAM)
    for text in _external_ids(customer):
        yield Clue(text, ReadAs.WEBSITE, DomainSource.EXTERNAL_ID)
        yield Clue(text, ReadAs.EMAIL, DomainSource.EXTERNAL_ID)
    for text in (
        customer.website,
        customer.company_website,
        referral.website,
        referral.company_website,
        referral.details.website,
    ):
        yield Clue(text, ReadAs.WEBSITE, DomainSource.WEBSITE)
    yield Clue(referral.email, ReadAs.EMAIL, DomainSource.EMAIL)


def company_domain(clue: Clue, *, consumer_domains: AbstractSet[str]) -> str | None:
    """The domain in a clue, unless private persons have their mail there (a.5)."""
    domain = domain_in(clue.value, read_as=clue.read_as) if clue.value else None
    return None if domain in consumer_domains else domain


@lru_cache(maxsize=MOST_REMEMBERED)
def domain_in(text: str, *, read_as: ReadAs) -> str | None:
    """The domain in a text, whoever has it; remembered, since a referral's addresses are read for several questions."""
    return read_domain(text, read_as=read_as, consumer_domains=frozenset()).domain


def _external_ids(customer: CustomerProfile) -> Iterator[str]:
    return (entry.id for entry in customer.ids if entry.profile_type.lower() == "external")
