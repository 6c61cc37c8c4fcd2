"""The companies that referrals belong to: made where they are missing, and told what the referrals know (e.5, e.8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from django.db import connection

from hunter.work.asking import ask_step
from hunter.work.kinds import Step
from leads.assessment import is_provider_change
from leads.classes import Segment
from leads.models import Company, ProviderChange
from leads.models.choices import LeadSource, ScanState
from leads.services.companies import CompanySeed, RawLeadSeed, keep_raw_leads, new_company
from referrals.company_facts import FROM_REFERRALS, CompanyFacts, EarlierFacts, changes_to, company_facts
from referrals.reading import ReferralReading

UPDATE = """
update leads_company c set {changes} from unnest({arrays}) v (id, {columns}) where c.id = v.id
"""
COLUMNS = (*FROM_REFERRALS, "sources")
AS_JSON = frozenset({"contact_emails", "sources"})
UNSCANNED = frozenset({ScanState.PENDING.value, ScanState.DNS_TIMEOUT.value})


@dataclass(frozen=True, slots=True)
class Tidings:
    """What one referral tells one company. `earlier` is what it told the same company before; None: nothing yet."""

    domain: str
    reading: ReferralReading
    earlier: EarlierFacts | None

    @property
    def facts(self) -> CompanyFacts:
        return company_facts(self.reading.referral, self.reading.fields)


def known_domains(domains: Iterable[str]) -> frozenset[str]:
    """Those of the domains that are companies."""
    wanted = set(domains)
    if not wanted:
        return frozenset()
    return frozenset(Company.objects.filter(domain__in=wanted).values_list("domain", flat=True))


@dataclass(frozen=True, slots=True)
class ToldCompanies:
    """Companies by domain, and the domains of those whose score is of another provider than they have now."""

    by_domain: Mapping[str, Company]
    outdated: frozenset[str]


def companies_for(tidings: Sequence[Tidings], *, source: LeadSource = LeadSource.PARTNER_CENTER) -> ToldCompanies:
    """The companies of these referrals, made or found, locked, and brought up to date with what is told.

    Takes part in the caller's transaction. A constant number of queries; a company that learns nothing is not written.
    """
    if not tidings:
        return ToldCompanies({}, frozenset())
    made = _make_missing(tidings, source=source)
    companies = {company.domain: company for company in _locked(one.domain for one in tidings)}
    as_made = {domain for domain, company in made.items() if _is_as_told(companies[domain], company)}
    news = _tell(companies, [one for one in tidings if one.domain not in as_made], source=source)
    _write(news)
    keep_raw_leads(_raw_lead(one, companies[one.domain], source) for one in tidings if one.earlier is None)
    return ToldCompanies(companies, frozenset(news.outdated))


def _raw_lead(told: Tidings, company: Company, source: LeadSource) -> RawLeadSeed:
    fields = told.reading.fields
    return RawLeadSeed(
        company, source, payload=fields.raw_data, reference=fields.referral_id, payload_json=fields.raw_json
    )


def ask_for_next_steps(domains: Iterable[str], *, outdated: AbstractSet[str] = frozenset(), asked_by: str = "") -> None:
    """A scan for companies without signals or with an outdated score, a push for others that are worth one (e.5, R1.13)."""
    named = Company.objects.filter(domain__in=set(domains)).order_by("domain")
    rows = list(named.values_list("domain", "segment", "scan_status"))
    scan = [domain for domain, _, scanned in rows if scanned in UNSCANNED or domain in outdated]
    push = [domain for domain, segment, _ in rows if segment not in ("", Segment.SKIP) and domain not in scan]
    ask_step(Step.PUSH, push, asked_by=asked_by)  # pushes first, as a scan's settle locks them
    ask_step(Step.SCAN, scan, asked_by=asked_by)


def _make_missing(tidings: Sequence[Tidings], *, source: LeadSource) -> Mapping[str, Company]:
    """Companies for the domains that have none, with all that is told of them, so that each is written once (R3.1)."""
    missing = {one.domain for one in tidings} - known_domains(one.domain for one in tidings)
    made = {domain: new_company(CompanySeed(domain, source)) for domain in sorted(missing)}
    _tell(made, [one for one in tidings if one.domain in missing], source=source)
    Company.objects.bulk_create(made.values(), ignore_conflicts=True)
    return made


def _is_as_told(company: Company, told: Company) -> bool:
    """Whether it knows the same; else somebody was quicker to make it."""
    return all(getattr(company, column) == getattr(told, column) for column in COLUMNS)


def _locked(domains: Iterable[str]) -> list[Company]:
    """Of their columns, those that a referral may change and those that say whether it may."""
    rows = Company.objects.select_for_update(no_key=True).filter(domain__in=sorted(set(domains))).order_by("pk")
    return list(rows.only("domain", "name_set_by_person", "provider_set_by_person", "score", *COLUMNS))


@dataclass(frozen=True, slots=True)
class _News:
    """What companies have learnt: those that changed and in which columns, and what follows from it."""

    changed: dict[str, Company] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    moves: dict[str, ProviderChange] = field(default_factory=dict)
    outdated: set[str] = field(default_factory=set)


def _tell(companies: Mapping[str, Company], tidings: Sequence[Tidings], *, source: LeadSource) -> _News:
    """Bring the companies up to date, in memory."""
    news = _News()
    for one in tidings:
        company = companies[one.domain]
        changes = changes_to(company, one.facts, earlier=one.earlier or EarlierFacts())
        if source not in company.sources:
            changes["sources"] = [*company.sources, source.value]
        provider = changes.get("provider", company.provider)
        if is_provider_change(company.provider, provider):
            news.moves[one.domain] = ProviderChange(company=company, previous=company.provider, current=provider)
        if provider != company.provider and company.is_scored:
            news.outdated.add(one.domain)
        for column, value in changes.items():
            setattr(company, column, value)
        if changes:
            news.changed[one.domain] = company
            news.columns.update(changes)
    return news


def _write(news: _News) -> None:
    """What locked companies have learnt, in one statement."""
    ProviderChange.objects.bulk_create(news.moves.values())
    if not news.changed:
        return
    companies = sorted(news.changed.values(), key=attrgetter("pk"))
    columns = [column for column in COLUMNS if column in news.columns]
    values: dict[str, Any] = {column: [_value(company, column) for company in companies] for column in columns}
    arrays = [f"%({column})s::{'jsonb' if column in AS_JSON else 'text'}[]" for column in columns]
    statement = UPDATE.format(
        changes=", ".join(f"{column} = v.{column}" for column in columns),
        arrays=", ".join(["%(id)s::bigint[]", *arrays]),
        columns=", ".join(columns),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"id": [company.pk for company in companies]})


def _value(company: Company, column: str) -> Any:
    value = getattr(company, column)
    return json.dumps(value) if column in AS_JSON else value
