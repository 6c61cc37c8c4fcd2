"""The companies a referral may belong to, for a person to choose from: found by indexes, ranked, with reasons (e.5, C5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F, Func, Value

from leads.countries import country_code
from leads.domains import ReadAs, read_domain
from leads.models import Company
from leads.services.companies import consumer_domains
from leads.suffixes import organizational_domain, registrable_domain
from referrals.candidate_rules import LEAST_LIKENESS, MOST_CANDIDATES, Clue, Evidence, Place, Reason, merged, ranked
from referrals.contract import UnreadableReferral
from referrals.models import Referral
from referrals.reading import ReferralReading, read_referral

FIND = Path(__file__).with_name("candidates.sql").read_text(encoding="utf-8")
MOST_OF_A_KIND = 20  # of one clue; more of them tell nothing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A domain that may be a referral's company, how much speaks for it and what, and the company where there is one."""

    domain: str
    company: Company | None
    score: int
    reasons: tuple[Reason, ...]

    @property
    def reason(self) -> str:
        """All reasons as people read them: same mail domain; name 94 % alike; same country."""
        return "; ".join(one.words for one in self.reasons)


@dataclass(frozen=True, slots=True)
class Traces:
    """What of a referral leads to companies; nothing here is a mail domain of private persons."""

    referral_id: str
    named: str
    contacts: tuple[str, ...]
    addresses: tuple[str, ...]
    tenant: str
    name: str
    source: str
    place: Place

    @property
    def domains(self) -> tuple[str, ...]:
        """Every domain that it names, its own first."""
        return tuple(dict.fromkeys(filter(None, (self.named, *self.contacts))))

    def registrables(self, *, without: AbstractSet[str]) -> dict[str, str]:
        """The registrable domains of what it names, with the domain each is of; those of platforms with many firms are none."""
        found: dict[str, str] = {}
        for domain in self.domains:
            registrable = registrable_domain(domain)
            if registrable and registrable not in without and registrable == organizational_domain(domain):
                found.setdefault(registrable, domain)
        return found


def candidates(referral: Referral, *, most: int = MOST_CANDIDATES) -> tuple[Candidate, ...]:
    """The domains that may be the referral's company, best first. A constant number of queries, each by an index."""
    private = consumer_domains()
    traces = traces_of(referral, consumer_domains=private)
    registrables = traces.registrables(without=private)
    name_key = _name_key(traces.name)
    clues = merged([*_without_company(traces, registrables), *_found(traces, registrables, name_key=name_key)])
    companies = _companies(clues.keys() - private, name_key=name_key)
    evidence = {
        domain: _evidence(found, companies.get(domain)) for domain, found in clues.items() if domain not in private
    }
    return tuple(
        Candidate(
            domain,
            companies.get(domain),
            score,
            evidence[domain].reasons(
                customer=traces.place,
                source=traces.source,
                about=registrables.get(registrable_domain(domain) or "", ""),
            ),
        )
        for domain, score in ranked(evidence, customer=traces.place)[:most]
    )


def traces_of(referral: Referral, *, consumer_domains: AbstractSet[str]) -> Traces:
    """What of the referral leads to companies, from its columns and from the row as it came."""
    reading = reread(referral, consumer_domains=consumer_domains)
    address = reading.referral.customer_profile.address if reading else None
    mails = (one.get("email") for one in referral.contacts if isinstance(one, dict))
    named = referral.domain or ""
    return Traces(
        referral_id=referral.referral_id,
        named="" if named in consumer_domains else named,
        contacts=tuple(one for one in (reading.contact_domains if reading else ()) if one != named),
        addresses=tuple(dict.fromkeys(mail.lower() for mail in mails if isinstance(mail, str) and "@" in mail)),
        tenant=referral.azure_tenant_id,
        name=referral.company_name or referral.customer_name,
        source=referral.domain_source,
        place=Place(country_code(referral.customer_country), address.city if address else ""),
    )


def reread(referral: Referral, *, consumer_domains: AbstractSet[str]) -> ReferralReading | None:
    """The referral read anew from the row as it came; None where that row is no longer readable."""
    try:
        return read_referral(referral.raw_data, consumer_domains=consumer_domains)
    except UnreadableReferral:
        return None


def _without_company(traces: Traces, registrables: Iterable[str]) -> Iterable[tuple[str, Clue]]:
    """What the referral itself names may be made a company, so that it is offered in any case."""
    if traces.named:
        yield traces.named, Clue.NAMED
    yield from ((domain, Clue.CONTACT) for domain in traces.contacts)
    yield from ((domain, Clue.REGISTRABLE) for domain in registrables if domain not in traces.domains)


def _found(traces: Traces, registrables: Iterable[str], *, name_key: str) -> Iterable[tuple[str, Clue]]:
    values = _values(traces, registrables, name_key=name_key)
    with transaction.atomic(), connection.cursor() as cursor:
        # This transaction's own setting: how alike names have to be for pg_trgm's operator.
        cursor.execute("select set_config('pg_trgm.similarity_threshold', %s, true)", [str(LEAST_LIKENESS)])
        cursor.execute(FIND, values)
        rows = cursor.fetchall()
    named = set(traces.domains)
    for domain, clue, _ in rows:
        if not (clue == Clue.REGISTRABLE and domain in named):
            yield domain, Clue(clue)


def _name_key(name: str) -> str:
    """As the database has it, so that the two can't differ."""
    with connection.cursor() as cursor:
        cursor.execute("select leads_name_key(%s)", [name])
        return str(cursor.fetchone()[0])


def _values(traces: Traces, registrables: Iterable[str], *, name_key: str) -> Mapping[str, Any]:
    return {
        "referral_id": traces.referral_id,
        "named": traces.named,
        "contacts": list(traces.contacts),
        "domains": list(traces.domains),
        "registrables": list(registrables),
        "tenant": traces.tenant,
        "addresses": list(traces.addresses),
        "at_domains": [f"@{domain}" for domain in traces.domains],
        "name_key": name_key,
        "most": MOST_OF_A_KIND,
    }


def _companies(domains: Iterable[str], *, name_key: str) -> dict[str, Company]:
    """The companies by domain, each with the likeness of its name."""
    likeness = Func(F("name_key__key"), Value(name_key), function="similarity", output_field=models.FloatField())
    rows = Company.objects.filter(domain__in=list(domains)).annotate(likeness=likeness)
    return {company.domain: company for company in rows}


def _evidence(clues: frozenset[Clue], company: Company | None) -> Evidence:
    if company is None:
        return Evidence(clues, is_company=False)
    likeness: float = getattr(company, "likeness", None) or 0.0
    return Evidence(clues, likeness, Place(company.country, company.address_city))


def is_private(domain: str) -> bool:
    """Whether private persons have their mail there, so that it identifies no company (a.5)."""
    return read_domain(domain, read_as=ReadAs.DOMAIN).domain in consumer_domains()
