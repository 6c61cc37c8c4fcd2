"""Which domain a company is added by, when somebody names it in several ways (domain document, g.2). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from email.utils import parseaddr

from leads.domains import DomainReading, ReadAs, read_domain

FIELD_NAMES = {"website": "website", "email": "e-mail address", "domain": "domain"}
LONGEST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class CompanyWish:
    """A company as somebody names it; what was not given is empty."""

    domain: str = ""
    name: str = ""
    email: str = ""
    website: str = ""

    @property
    def contact_email(self) -> str:
        """The plain address of the e-mail field: `Ali Veli <ali@firm.com>` is written so too."""
        address = parseaddr(self.email)[1].strip().lower()
        return address if read_domain(address, read_as=ReadAs.EMAIL).domain and len(address.split()) == 1 else ""


@dataclass(frozen=True, slots=True)
class ChosenDomain:
    """The domain that counts and the field that gave it; a consumer domain needs somebody to confirm it (a.5)."""

    domain: str
    field: str
    is_consumer: bool


@dataclass(frozen=True, slots=True)
class NoDomain:
    """No field gives a domain: the first that was filled in, and what is wrong with it."""

    field: str
    sentence: str


def chosen_domain(wish: CompanyWish, *, consumer_domains: AbstractSet[str]) -> ChosenDomain | NoDomain:
    """A website decides over the e-mail, the e-mail over the domain field, when valid.

    A consumer domain gives way to any other; alone it is chosen, to be confirmed.
    """
    readings = list(readings_of(wish, consumer_domains=consumer_domains))
    if not readings:
        return NoDomain("domain", "Give a domain, a website or an e-mail address: a company is known by its domain.")
    valid = sorted((one for one in readings if one[2].domain), key=lambda one: one[2].consumer)
    if valid:
        field, _, reading = valid[0]
        return ChosenDomain(str(reading.domain), field, reading.consumer)
    field, value, reading = readings[0]
    return NoDomain(
        field,
        f"The {FIELD_NAMES[field]} {value.strip()[:LONGEST_SHOWN]!r} names no company: {reading.reason.value}. "
        "Correct it, or give another.",
    )


def readings_of(wish: CompanyWish, *, consumer_domains: AbstractSet[str]) -> Iterator[tuple[str, str, DomainReading]]:
    """The fields that were filled in, the one that decides first."""
    fields = (
        ("website", wish.website, ReadAs.WEBSITE),
        ("email", wish.email, ReadAs.EMAIL),
        ("domain", wish.domain, ReadAs.DOMAIN),
    )
    for name, value, read_as in fields:
        if value.strip():
            yield name, value, read_domain(value, read_as=read_as, consumer_domains=consumer_domains)
