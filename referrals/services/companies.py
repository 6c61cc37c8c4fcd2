"""The companies that referrals belong to: made where they are missing, and told what the referrals know (e.5, e.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from hunter.work.asking import ask_step
from hunter.work.kinds import Step
from leads.assessment import is_provider_change
from leads.classes import Segment
from leads.models import Company, ProviderChange
from leads.models.choices import LeadSource, ScanState
from leads.services.companies import CompanySeed, RawLeadSeed, add_source, ensure_companies, keep_raw_leads
from referrals.company_facts import FROM_REFERRALS, CompanyFacts, EarlierFacts, changes_to, company_facts
from referrals.reading import ReferralReading

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
    ensure_companies(CompanySeed(one.domain, source, name=one.reading.fields.company_name) for one in first.values())
    add_source(source, domains=first)
    companies = {company.domain: company for company in _locked(first)}
    outdated = _tell(companies, tidings)
    keep_raw_leads(
        RawLeadSeed(
            companies[one.domain], source, payload=one.reading.fields.raw_data, reference=one.reading.fields.referral_id
        )
        for one in tidings
        if one.earlier is None
    )
    return ToldCompanies(companies, outdated)


def ask_for_next_steps(domains: Iterable[str], *, outdated: AbstractSet[str] = frozenset(), asked_by: str = "") -> None:
    """A scan for companies without signals or with an outdated score, a push for others that are worth one (e.5, R1.13)."""
    rows = Company.objects.filter(domain__in=set(domains)).only("domain", "segment", "scan_status").order_by("domain")
    scan = [row.domain for row in rows if row.scan_status in UNSCANNED or row.domain in outdated]
    push = [row.domain for row in rows if row.segment not in ("", Segment.SKIP) and row.domain not in scan]
    ask_step(Step.PUSH, push, asked_by=asked_by)  # pushes first, as a scan's settle locks them
    ask_step(Step.SCAN, scan, asked_by=asked_by)


def _locked(domains: Iterable[str]) -> list[Company]:
    return list(Company.objects.select_for_update(no_key=True).filter(domain__in=sorted(domains)).order_by("pk"))


def _tell(companies: Mapping[str, Company], tidings: Sequence[Tidings]) -> frozenset[str]:
    changed: dict[int, Company] = {}
    moves: dict[str, ProviderChange] = {}
    outdated: set[str] = set()
    for one in tidings:
        company = companies[one.domain]
        changes = changes_to(company, one.facts, earlier=one.earlier or EarlierFacts())
        provider = changes.get("provider", company.provider)
        if is_provider_change(company.provider, provider):
            moves[one.domain] = ProviderChange(company=company, previous=company.provider, current=provider)
        if provider != company.provider and company.is_scored:
            outdated.add(one.domain)
        for column, value in changes.items():
            setattr(company, column, value)
        if changes:
            changed[company.pk] = company
    _write([changed[pk] for pk in sorted(changed)])
    ProviderChange.objects.bulk_create(moves.values())
    return frozenset(outdated)


def _write(companies: Sequence[Company]) -> None:
    """The columns that referrals may change, of locked companies in key order, in one statement."""
    if companies:
        Company.objects.bulk_create(
            companies, update_conflicts=True, unique_fields=["id"], update_fields=list(FROM_REFERRALS)
        )
