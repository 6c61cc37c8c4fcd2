"""What several referrals say of one company together (domain document e.6, e.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from referrals import status
from referrals.kinds import WITH_COMPANY

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class CompanyLinkStatus(StrEnum):
    """How a company's referrals stand to it, all together."""

    NONE = "none"
    LINKED = "linked"
    UNLINKED = "unlinked"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class ReferralFact:
    """What counts of one referral."""

    referral_id: str
    referral_type: str | None = None
    status: str = ""
    substatus: str = ""
    link_status: str | None = None
    synced_at: datetime | None = None
    created_at: datetime | None = None
    created_at_source: datetime | None = None
    azure_tenant_id: str = ""
    contacts: tuple[Mapping[str, Any], ...] = ()
    may_be_contacted: bool | None = None

    @property
    def is_linked(self) -> bool:
        return self.link_status in WITH_COMPANY


@dataclass(frozen=True, slots=True)
class ReferralFigures:
    """A company's referrals in figures; without a primary referral it has none.

    `contact` is the primary referral's first person, `withheld` are mail addresses and phones of people who don't want
    to be contacted: they are never pushed. `calls_for_push`: some referral did not end in vain (e.7).
    """

    referral_count: int = 0
    referral_types: tuple[str, ...] = ()
    referral_ids: tuple[str, ...] = ()
    referral_id: str | None = None
    referral_type: str | None = None
    link_status: CompanyLinkStatus = CompanyLinkStatus.NONE
    linked: int = 0
    unlinked: int = 0
    azure_tenant_id: str = ""
    contact: Mapping[str, Any] | None = None
    withheld: frozenset[str] = frozenset()
    calls_for_push: bool = False

    @property
    def link_status_breakdown(self) -> dict[str, int]:
        return {"linked": self.linked, "unlinked": self.unlinked}


def figures_of(facts: Iterable[ReferralFact]) -> ReferralFigures:
    """The figures of one company's referrals."""
    newest_first = sorted(facts, key=_age, reverse=True)
    if not newest_first:
        return ReferralFigures()

    primary = next((fact for fact in newest_first if status.is_open(fact.status)), newest_first[0])
    linked = sum(fact.is_linked for fact in newest_first)
    withheld = _withheld(newest_first)
    return ReferralFigures(
        referral_count=len(newest_first),
        referral_types=tuple(sorted({fact.referral_type for fact in newest_first if fact.referral_type})),
        referral_ids=tuple(fact.referral_id for fact in newest_first),
        referral_id=primary.referral_id,
        referral_type=primary.referral_type,
        link_status=_link_status(linked, of=len(newest_first)),
        linked=linked,
        unlinked=len(newest_first) - linked,
        azure_tenant_id=next((f.azure_tenant_id for f in (primary, *newest_first) if f.azure_tenant_id), ""),
        contact=_contact(primary, withheld=withheld),
        withheld=withheld,
        calls_for_push=any(status.calls_for_push(fact.status, substatus=fact.substatus) for fact in newest_first),
    )


def _age(fact: ReferralFact) -> tuple[datetime, datetime, datetime, str]:
    return (
        fact.synced_at or LONG_AGO,
        fact.created_at or LONG_AGO,
        fact.created_at_source or LONG_AGO,
        fact.referral_id,
    )


def _link_status(linked: int, *, of: int) -> CompanyLinkStatus:
    if linked == of:
        return CompanyLinkStatus.LINKED
    return CompanyLinkStatus.MIXED if linked else CompanyLinkStatus.UNLINKED


def _withheld(facts: Sequence[ReferralFact]) -> frozenset[str]:
    people = (person for fact in facts if fact.may_be_contacted is False for person in fact.contacts)
    return frozenset(value for person in people for value in (person.get("email"), person.get("phone")) if value)


def _contact(primary: ReferralFact, *, withheld: frozenset[str]) -> Mapping[str, Any] | None:
    """The first person, without an address or phone that may not be used."""
    if not primary.contacts:
        return None
    person = dict(primary.contacts[0])
    return {name: "" if value in withheld else value for name, value in person.items() if isinstance(value, str)}
