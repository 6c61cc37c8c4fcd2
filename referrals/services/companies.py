"""The companies that referrals belong to: made where they are missing, and told what the referrals know (e.5, e.8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from django.db import connection

from hunter.work.asking import ask_step
from hunter.work.kinds import Step
from leads.assessment import is_provider_change
from leads.classes import Segment
from leads.models import Company, ProviderChange
from leads.models.choices import LeadSource, ScanState
from leads.services.companies import CompanySeed, RawLeadSeed, keep_raw_leads, make_missing
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
    first = {one.domain: one for one in reversed(tidings)}
    make_missing(
        {domain: CompanySeed(domain, source, name=one.reading.fields.company_name) for domain, one in first.items()}
    )
    companies = {company.domain: company for company in _locked(first)}
    outdated = _tell(companies, tidings, source=source)
    keep_raw_leads(_raw_lead(one, companies[one.domain], source) for one in tidings if one.earlier is None)
    return ToldCompanies(companies, outdated)


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


def _locked(domains: Iterable[str]) -> list[Company]:
    """Of their columns, those that a referral may change and those that say whether it may."""
    rows = Company.objects.select_for_update(no_key=True).filter(domain__in=sorted(domains)).order_by("pk")
    return list(rows.only("domain", "name_set_by_person", "provider_set_by_person", "score", *COLUMNS))


def _tell(companies: Mapping[str, Company], tidings: Sequence[Tidings], *, source: LeadSource) -> frozenset[str]:
    changed: dict[int, Company] = {}
    columns: set[str] = set()
    moves: dict[str, ProviderChange] = {}
    outdated: set[str] = set()
    for one in tidings:
        company = companies[one.domain]
        changes = changes_to(company, one.facts, earlier=one.earlier or EarlierFacts())
        if source not in company.sources:
            changes["sources"] = [*company.sources, source.value]
        provider = changes.get("provider", company.provider)
        if is_provider_change(company.provider, provider):
            moves[one.domain] = ProviderChange(company=company, previous=company.provider, current=provider)
        if provider != company.provider and company.is_scored:
            outdated.add(one.domain)
        for column, value in changes.items():
            setattr(company, column, value)
        if changes:
            changed[company.pk] = company
            columns |= changes.keys()
    _write([changed[pk] for pk in sorted(changed)], columns=[column for column in COLUMNS if column in columns])
    ProviderChange.objects.bulk_create(moves.values())
    return frozenset(outdated)


def _write(companies: Sequence[Company], *, columns: Sequence[str]) -> None:
    """These columns of locked companies, in one statement."""
    if not companies:
        return
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
