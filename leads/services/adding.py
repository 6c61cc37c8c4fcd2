"""One company that somebody names by hand or over the API (domain document, g.2)."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from hunter.audit import recording
from hunter.errors import HunterError
from hunter.work.asking import ask
from hunter.work.models import Priority
from leads.company_wish import FIELD_NAMES, ChosenDomain, CompanyWish, NoDomain, chosen_domain
from leads.domains import shown_domain
from leads.models import Company
from leads.models.choices import LeadSource, ScanState
from leads.scan_kind import SCAN
from leads.services.companies import (
    CompanySeed,
    RawLeadSeed,
    add_source,
    consumer_domains,
    keep_raw_leads,
    new_company,
)
from leads.services.scan_outlook import is_under_way, soon

UNSCANNED = frozenset({ScanState.PENDING.value, ScanState.DNS_TIMEOUT.value})


class ConsumerDomainGiven(HunterError):
    """A mail domain of private persons: a person may add it all the same, but has to say so (a.5)."""


class AddChange(enum.StrEnum):
    """What adding a company did."""

    ADDED = "added"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class AddResult:
    """The company, which field named it, whether it was made, and when its scan begins where one was asked for."""

    company: Company
    change: AddChange
    field: str
    scan_begins: str

    @property
    def scan_asked(self) -> bool:
        return bool(self.scan_begins)

    @property
    def failed(self) -> bool:
        return False

    def sentence(self) -> str:
        domain = shown_domain(self.company.domain)
        scan = f" It will be scanned {self.scan_begins}." if self.scan_begins else ""
        if self.change is AddChange.KNOWN:
            return f"{domain} is a company already; it was left as it is.{scan}"
        return f"{domain} was added, by its {FIELD_NAMES[self.field]}.{scan}"

    def as_dict(self) -> dict[str, Any]:
        return {"domain": self.company.domain, "change": self.change.value, "field": self.field}


@transaction.atomic(durable=True)
def add_company(wish: CompanyWish, *, by: AbstractBaseUser | None, accepts_consumer_domain: bool = False) -> AddResult:
    """Make the company that a wish names and have it scanned; one that is known already is left as it is.

    Doing it again changes nothing. Raises HunterError with the field that names no domain, and ConsumerDomainGiven
    for a mail domain of private persons unless that is accepted.
    """
    chosen = chosen_domain(wish, consumer_domains=consumer_domains())
    if isinstance(chosen, NoDomain):
        raise HunterError(chosen.sentence, field=chosen.field)
    if chosen.is_consumer and not accepts_consumer_domain:
        raise ConsumerDomainGiven(
            f"{chosen.domain} is a mail domain of private persons, so it identifies no company. "
            "Give the company's own domain or website, or confirm that you mean it.",
            field="accept_consumer_domain",
        )

    made = insert_company(wish, chosen)
    company = made or Company.objects.get(domain=chosen.domain)
    if made:
        recording.record(company, act="add", by=by, after=told_of(wish))
    else:
        add_source(LeadSource.DOMAIN, domains=[company.domain])
    keep_raw_leads([RawLeadSeed(company, LeadSource.DOMAIN, told_of(wish), reference_of(wish, company.domain))])
    is_asked = ask_for_first_scan(company, asked_by=by.get_username() if by else "")
    company.refresh_from_db()
    return AddResult(company, AddChange.ADDED if made else AddChange.KNOWN, chosen.field, soon() if is_asked else "")


def insert_company(wish: CompanyWish, chosen: ChosenDomain) -> Company | None:
    """The new company; None where it is there already, also when another has made it at this very moment (R3.2)."""
    emails = (wish.contact_email,) if wish.contact_email else ()
    company = new_company(CompanySeed(chosen.domain, LeadSource.DOMAIN, name=wish.name, contact_emails=emails))
    company.name_set_by_person = bool(wish.name.strip())
    if Company.objects.filter(domain=chosen.domain).exists():
        return None
    try:
        with transaction.atomic():
            company.save(force_insert=True)
    except IntegrityError:
        return None
    return company


def ask_for_first_scan(company: Company, *, asked_by: str) -> bool:
    """Ask for a scan where there are no signals yet and none is under way; whether it was asked for."""
    if company.scan_status not in UNSCANNED:
        return False
    if is_under_way(company.domain):
        return False
    ask(SCAN, [company.domain], priority=Priority.PERSON, asked_by=asked_by)
    return True


def told_of(wish: CompanyWish) -> Mapping[str, str]:
    """What was given, as it came."""
    return {name: value for name, value in asdict(wish).items() if value}


def reference_of(wish: CompanyWish, domain: str) -> str:
    """The same wish told again is kept once."""
    told = json.dumps(told_of(wish), sort_keys=True).encode()
    return f"{domain[:200]} {hashlib.sha256(told).hexdigest()[:32]}"
