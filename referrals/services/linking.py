"""Links that a person sets, makes or takes away; no sync changes them afterwards (domain document e.5, R3.3)."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.audit import recording
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from leads.domains import read_domain
from leads.models import Company
from leads.models.choices import LeadSource
from leads.services.companies import CompanySeed, consumer_domains, ensure_companies
from leads.suffixes import organizational_domain, registrable_domain
from referrals.company_facts import EarlierFacts
from referrals.contract import UnreadableReferral
from referrals.kinds import LinkOrigin, LinkStatus
from referrals.models import Referral
from referrals.reading import ReferralReading, read_referral
from referrals.services.companies import Tidings, ask_for_next_steps, companies_for, known_domains


class LinkChange(enum.StrEnum):
    """What became of a link."""

    LINKED = "linked"
    CREATED = "created"
    UNLINKED = "unlinked"
    UNCHANGED = "unchanged"


SENTENCES = {
    LinkChange.LINKED: "{referral} is linked to {domain}. No sync will change that.",
    LinkChange.CREATED: "{domain} was made a company, and {referral} is linked to it. It is scanned next.",
    LinkChange.UNLINKED: "{referral} has no company any more. No sync will link it again.",
    LinkChange.UNCHANGED: "{referral} was like that already; nothing was changed.",
}


MIND = " Mind that {domain} is a mail domain of private persons: it identifies no company."


@dataclass(frozen=True, slots=True)
class LinkResult:
    """What was done to a referral's link; `domain` is None when it has no company."""

    referral_id: str
    domain: str | None
    change: LinkChange
    is_private: bool = False

    @property
    def failed(self) -> bool:
        return False

    def sentence(self) -> str:
        told = SENTENCES[self.change] + (MIND if self.is_private else "")
        return told.format(referral=self.referral_id, domain=self.domain)

    def as_dict(self) -> dict[str, Any]:
        return {"referral_id": self.referral_id, "domain": self.domain, "change": self.change.value}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A domain that may be a referral's company, why, and the company where there is one."""

    domain: str
    reason: str
    company: Company | None


@transaction.atomic(durable=True)
def relink_referral(referral: Referral, *, to: Company, by: AbstractBaseUser | None, why: str = "") -> LinkResult:
    """Tie the referral to a company because a person said so. Raises StaleVersion if it changed since it was read.

    What the referral knows of its company goes to the new one; the old one keeps what it has learnt (e.8).
    """
    if referral.is_held_by_person_at(to):
        return LinkResult(referral.referral_id, to.domain, LinkChange.UNCHANGED)
    return _link(referral, to=to, by=by, why=why, change=LinkChange.LINKED, source=LeadSource.PARTNER_CENTER)


@transaction.atomic(durable=True)
def create_company_from_referral(
    referral: Referral, *, domain: str = "", name: str = "", by: AbstractBaseUser | None, why: str = ""
) -> LinkResult:
    """Make the company of a referral and link it there; a company that exists is linked to. Raises HunterError, StaleVersion.

    The domain is the referral's where none is given; the name: given, else company name, customer name, domain.
    """
    wanted = valid_domain(domain or referral.domain or "")
    source = LeadSource.PARTNER_CENTER_REFERRAL
    is_new = not known_domains([wanted])
    named = name.strip() or referral.company_name or referral.customer_name or wanted
    company = ensure_companies([CompanySeed(wanted, source, name=named)])[wanted]
    if is_new and name.strip():
        company.name_set_by_person = True
        company.save(update_fields=["name_set_by_person"])
    if referral.is_held_by_person_at(company):
        return LinkResult(referral.referral_id, wanted, LinkChange.UNCHANGED)
    change = LinkChange.CREATED if is_new else LinkChange.LINKED
    return _link(referral, to=company, by=by, why=why, change=change, source=source)


@transaction.atomic(durable=True)
def unlink_referral(referral: Referral, *, by: AbstractBaseUser | None, why: str = "") -> LinkResult:
    """Take the company away because a person said so. Raises StaleVersion if it changed since it was read."""
    if referral.company is None and referral.is_held_by_person:
        return LinkResult(referral.referral_id, None, LinkChange.UNCHANGED)

    before = domain_of(referral)
    referral.company, referral.link_status = None, LinkStatus.UNLINKED.value
    _hold(referral, by=by)
    recording.record(referral, act="unlink", by=by, before=before, after=None, why=why)
    ask_for_next_steps(_domains(before, referral.domain))
    return LinkResult(referral.referral_id, None, LinkChange.UNLINKED)


def company_of(domain: str, *, way_to_create: str = "Create it from the referral") -> Company:
    """The company of a domain as a person wrote it. Raises HunterError with the offer to create it."""
    wanted = valid_domain(domain)
    company = Company.objects.filter(domain=wanted).first()
    if company is None:
        raise HunterError(f"{wanted} is no company yet. {way_to_create}, or give another domain.", field="domain")
    return company


def valid_domain(text: str) -> str:
    """The domain in what a person wrote. Raises HunterError that says what is wrong with it."""
    reading = read_domain(text)
    if reading.domain is None:
        raise HunterError(f"{text!r} is no domain: {reading.reason}. Give one like example.com.", field="domain")
    return reading.domain


def candidates(referral: Referral) -> tuple[Candidate, ...]:
    """The domains that may be the referral's company, best first, with the company where there is one."""
    reasons: dict[str, str] = {}
    reading = reread(referral)
    if referral.domain:
        reasons[referral.domain] = "the domain the referral names"
    for domain in reading.contact_domains if reading else ():
        reasons.setdefault(domain, "a contact's mail address")
    for domain in tuple(reasons):
        registrable = registrable_domain(domain)
        if registrable and registrable == organizational_domain(domain):  # else a platform with many firms on it
            reasons.setdefault(registrable, f"the registrable domain of {domain}")
    companies = {company.domain: company for company in Company.objects.of_domains(reasons)}
    return tuple(Candidate(domain, reason, companies.get(domain)) for domain, reason in reasons.items())


def reread(referral: Referral) -> ReferralReading | None:
    """The referral read anew from the row as it came; None where that row is no longer readable."""
    try:
        return read_referral(referral.raw_data, consumer_domains=consumer_domains())
    except UnreadableReferral:
        return None


def _link(
    referral: Referral,
    *,
    to: Company,
    by: AbstractBaseUser | None,
    why: str,
    change: LinkChange,
    source: LeadSource,
) -> LinkResult:
    before = domain_of(referral)
    referral.company, referral.link_status = to, LinkStatus.LINKED.value
    _hold(referral, by=by)
    recording.record(referral, act="relink", by=by, before=before, after=to.domain, why=why)

    reading = reread(referral)
    earlier = EarlierFacts(referral.company_name, referral.azure_tenant_id) if before == to.domain else None
    told = companies_for([Tidings(to.domain, reading, earlier)] if reading else [], source=source)
    ask_for_next_steps(_domains(before, to.domain, referral.domain), outdated=told.outdated)
    return LinkResult(referral.referral_id, to.domain, change, is_private=to.domain in consumer_domains())


def domain_of(referral: Referral) -> str | None:
    """The domain of its company, where it has one."""
    return referral.company.domain if referral.company else None


def _hold(referral: Referral, *, by: AbstractBaseUser | None) -> None:
    """Save the link as a person's; the save is fenced by the version that was read."""
    referral.link_origin, referral.candidates = LinkOrigin.PERSON.value, []
    referral.linked_by, referral.linked_at = by, database_now()  # type: ignore[assignment]  # known at run time only
    referral.save()


def _domains(*domains: str | None) -> Iterable[str]:
    return {domain for domain in domains if domain}
