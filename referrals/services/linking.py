"""Links that a person sets, makes or takes away; no sync changes them afterwards (domain document e.5, R3.3)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.errors import HunterError
from hunter.transactions import retried
from leads.domains import read_domain
from leads.models import Company
from leads.models.choices import LeadSource
from leads.services.companies import CompanySeed, consumer_domains, ensure_companies
from referrals.models import LinkAct, LinkMove, Referral
from referrals.services.companies import known_domains
from referrals.services.moving import Aftermath, Decision, kept_as_read, tie, untie


class LinkChange(enum.StrEnum):
    """What became of a link."""

    LINKED = "linked"
    CREATED = "created"
    UNLINKED = "unlinked"
    UNDONE = "undone"
    UNCHANGED = "unchanged"


SENTENCES = {
    LinkChange.LINKED: "{referral} is linked to {domain}. No sync will change that.",
    LinkChange.CREATED: "{domain} was made a company, and {referral} is linked to it. It is scanned next.",
    LinkChange.UNLINKED: "{referral} is left without a company. No sync will link it again.",
    LinkChange.UNCHANGED: "{referral} was like that already; nothing was changed.",
}
UNDONE = {
    (True, True): "Undone: {referral} is linked to {domain} by its domain, as before.",
    (True, False): "Undone: {referral} is linked to {domain}, as before.",
    (False, True): "Undone: {referral} waits for a company, as before.",
    (False, False): "Undone: {referral} has no company, as before.",
}
MIND = " Mind that {domain} is a mail domain of private persons: it identifies no company."


@dataclass(frozen=True, slots=True)
class LinkResult:
    """What was done to a referral's link; `domain` is None when it has no company, `move` what can be undone."""

    referral_id: str
    domain: str | None
    change: LinkChange
    is_private: bool = False
    move: LinkMove | None = None
    is_automatic: bool = False

    @property
    def failed(self) -> bool:
        return False

    def sentence(self) -> str:
        if self.change is LinkChange.UNDONE:
            told = UNDONE[self.domain is not None, self.is_automatic]
        else:
            told = SENTENCES[self.change] + (MIND if self.is_private else "")
        return told.format(referral=self.referral_id, domain=self.domain)

    def as_dict(self) -> dict[str, Any]:
        return {"referral_id": self.referral_id, "domain": self.domain, "change": self.change.value}


@retried
@transaction.atomic(durable=True)
def relink_referral(referral: Referral, *, to: Company, by: AbstractBaseUser | None, why: str = "") -> LinkResult:
    """Tie the referral to a company because a person said so. Raises StaleVersion if it changed since it was read.

    What the referral knows of its company goes to the new one, and the old one loses what it had of it alone.
    """
    if referral.is_held_by_person_at(to):
        return LinkResult(referral.referral_id, to.domain, LinkChange.UNCHANGED)
    aftermath = Aftermath()
    with kept_as_read(referral):
        move = tie(referral, to=to, decision=Decision(LinkAct.LINKED, by, why), aftermath=aftermath)
        aftermath.ask()
    return _linked(referral, to=to, change=LinkChange.LINKED, move=move)


@retried
@transaction.atomic(durable=True)
def create_company_from_referral(
    referral: Referral, *, domain: str = "", name: str = "", by: AbstractBaseUser | None, why: str = ""
) -> LinkResult:
    """Make the company of a referral and link it there; a company that exists is linked to. Raises HunterError, StaleVersion.

    The domain is the referral's where none is given; the name: given, else company name, customer name, domain.
    """
    wanted = valid_domain(domain or referral.domain or "")
    is_new = not known_domains([wanted])
    company = made_company(referral, domain=wanted, name=name, is_new=is_new)
    if referral.is_held_by_person_at(company):
        return LinkResult(referral.referral_id, wanted, LinkChange.UNCHANGED)
    act = LinkAct.CREATED if is_new else LinkAct.LINKED
    aftermath = Aftermath()
    with kept_as_read(referral):
        move = tie(
            referral, to=company, decision=Decision(act, by, why), aftermath=aftermath,
            source=LeadSource.PARTNER_CENTER_REFERRAL,
        )  # fmt: skip
        aftermath.ask()
    return _linked(referral, to=company, change=LinkChange.CREATED if is_new else LinkChange.LINKED, move=move)


@retried
@transaction.atomic(durable=True)
def unlink_referral(referral: Referral, *, by: AbstractBaseUser | None, why: str = "") -> LinkResult:
    """Take the company away because a person said so. Raises StaleVersion if it changed since it was read."""
    if referral.company_id is None and referral.is_held_by_person:
        return LinkResult(referral.referral_id, None, LinkChange.UNCHANGED)
    aftermath = Aftermath()
    with kept_as_read(referral):
        move = untie(referral, decision=Decision(LinkAct.UNLINKED, by, why), aftermath=aftermath)
        aftermath.ask()
    return LinkResult(referral.referral_id, None, LinkChange.UNLINKED, move=move)


def made_company(referral: Referral, *, domain: str, name: str, is_new: bool) -> Company:
    """The company of the domain, made from the referral where there is none. In the caller's transaction."""
    company = ensure_companies([seed_of(referral, domain=domain, name=name)])[domain]
    if is_new and name.strip():
        company.name_set_by_person = True
        company.save(update_fields=["name_set_by_person"])
    return company


def seed_of(referral: Referral, *, domain: str, name: str = "") -> CompanySeed:
    """The company that a referral makes; the name: given, else company name, customer name, domain."""
    named = name.strip() or referral.company_name or referral.customer_name or domain
    return CompanySeed(domain, LeadSource.PARTNER_CENTER_REFERRAL, name=named)


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


def _linked(referral: Referral, *, to: Company, change: LinkChange, move: LinkMove) -> LinkResult:
    is_private = to.domain in consumer_domains()
    return LinkResult(referral.referral_id, to.domain, change, is_private=is_private, move=move)
