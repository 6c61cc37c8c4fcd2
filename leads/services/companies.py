"""Companies come to be here, whatever source names them: by domain, once (R3.1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from leads.domains import read_domain
from leads.models import Company, ConsumerDomain
from leads.models.choices import LeadSource
from leads.suffixes import registrable_part

# Only what lacks the source is written, so that an unchanged company keeps its version.
ADD_SOURCE = """
update leads_company c set sources = c.sources || to_jsonb(array[%(source)s::text])
from (select id from leads_company where domain = any(%(domains)s) and not sources ? %(source)s
      order by id for no key update) lacking
where c.id = lacking.id
"""
KEEP_RAW_LEADS = """
insert into leads_rawlead (company_id, source, reference, payload)
select * from unnest(%(companies)s::bigint[], %(sources)s::text[], %(references)s::text[], %(payloads)s::jsonb[])
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class CompanySeed:
    """What a source tells of a company that may be new. `domain` is a valid domain in ASCII."""

    domain: str
    source: LeadSource
    name: str = ""
    country: str = ""
    phone: str = ""
    contact_emails: tuple[str, ...] = ()
    contacts: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class RawLeadSeed:
    """A lead as it came in, to be kept. `reference` is the source's own id, where it has one.

    `payload_json` is the payload as it is stored, where somebody has written it already.
    """

    company: Company | None
    source: LeadSource
    payload: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""
    payload_json: str = ""


def ensure_companies(seeds: Iterable[CompanySeed]) -> Mapping[str, Company]:
    """The companies of these domains, by domain; those that Hunter does not know yet are made (R3.1, R3.2).

    What is known already is left as it is. Takes part in the caller's transaction; rows go in by domain, so that
    two callers can't deadlock (R3.6), and one that another has just made is found.
    """
    by_domain = {seed.domain: seed for seed in seeds}
    known = set(Company.objects.filter(domain__in=by_domain).values_list("domain", flat=True))
    missing = [new_company(by_domain[domain]) for domain in sorted(by_domain.keys() - known)]
    Company.objects.bulk_create(missing, ignore_conflicts=True)
    return {company.domain: company for company in Company.objects.of_domains(by_domain)}


def new_company(seed: CompanySeed) -> Company:
    """A company as a source describes it, not saved; without a name it goes by its domain (e.5)."""
    emails = (email.strip().lower() for email in seed.contact_emails)
    return Company(
        domain=seed.domain,
        registrable_domain=registrable_part(seed.domain),
        name=(seed.name.strip() or seed.domain)[:255],
        country=seed.country,
        phone=seed.phone[:50],
        contact_emails=list(dict.fromkeys(email for email in emails if "@" in email)),
        contacts=[dict(contact) for contact in seed.contacts],
        sources=[seed.source.value],
    )


def add_source(source: LeadSource, *, domains: Iterable[str]) -> int:
    """Note that these companies also came from `source`; how many had not known. In the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(ADD_SOURCE, {"source": source.value, "domains": list(domains)})
        return int(cursor.rowcount)


def keep_raw_leads(seeds: Iterable[RawLeadSeed]) -> None:
    """Keep leads as they came in; one with a reference is kept once. In the caller's transaction."""
    ordered = sorted(seeds, key=lambda seed: (seed.source.value, seed.reference))
    values: dict[str, Any] = {
        "companies": [seed.company.pk if seed.company else None for seed in ordered],
        "sources": [seed.source.value for seed in ordered],
        "references": [seed.reference[:255] for seed in ordered],
        "payloads": [seed.payload_json or json.dumps(dict(seed.payload)) for seed in ordered],
    }
    if ordered:
        with connection.cursor() as cursor:
            cursor.execute(KEEP_RAW_LEADS, values)


def consumer_domains() -> frozenset[str]:
    """The list that administrators edit (a.5): hand it to `read_domain`."""
    return frozenset(ConsumerDomain.objects.values_list("domain", flat=True))


def has_valid_domain(company: Company) -> bool:
    """Whether the company's domain can be looked up (a.2)."""
    return read_domain(company.domain).domain is not None
