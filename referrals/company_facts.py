"""What a referral tells of its company, and what that changes there (domain document e.2, e.5, e.8, c.3, c.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from leads.countries import country_code
from leads.providers import Provider, TenantSize
from referrals.contract import Address, PartnerCenterReferral
from referrals.customer_size import tenant_size
from referrals.reading import ReferralFields


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What a referral tells of its company. Contact data of people who don't want to be contacted is in `withheld`."""

    name: str
    country: str
    emails: tuple[str, ...]
    withheld: tuple[str, ...]
    phone: str
    address: Address
    tenant_id: str
    tenant_size: TenantSize | None


@dataclass(frozen=True, slots=True)
class EarlierFacts:
    """What the same referral told the same company before."""

    name: str = ""
    tenant_id: str = ""


class CompanyRow(Protocol):
    """The columns of a company that a referral may change."""

    domain: str
    name: str
    name_set_by_person: bool
    country: str
    phone: str
    address_line1: str
    address_city: str
    address_state: str
    address_postal_code: str
    address_country: str
    contact_emails: Any
    provider: str
    provider_set_by_person: bool
    tenant_size: str
    tenant_size_origin: str
    azure_tenant_id: str


FROM_REFERRALS = (
    "name", "country", "phone", "address_line1", "address_city", "address_state", "address_postal_code",
    "address_country", "contact_emails", "provider", "tenant_size", "tenant_size_origin", "azure_tenant_id",
)  # fmt: skip


def company_facts(referral: PartnerCenterReferral, fields: ReferralFields) -> CompanyFacts:
    """The facts of a referral as it was read."""
    emails = tuple(dict.fromkeys(one["email"] for one in fields.contacts if "@" in one["email"]))
    refused = referral.consent.contact is False
    phones = () if refused else tuple(one["phone"] for one in fields.contacts if one["phone"])
    return CompanyFacts(
        name=fields.company_name,
        country=country_code(fields.customer_country),
        emails=() if refused else emails,
        withheld=emails if refused else (),
        phone=phones[0][:50] if phones else "",
        address=referral.customer_profile.address,
        tenant_id=fields.azure_tenant_id,
        tenant_size=tenant_size(fields.customer_size),
    )


def changes_to(company: CompanyRow, facts: CompanyFacts, *, earlier: EarlierFacts) -> dict[str, Any]:
    """The columns that the facts change, with their new values. What a person set stays, and what is known is not emptied."""
    wanted = {
        "name": _name(company, facts, earlier=earlier),
        "country": company.country or facts.country,
        "phone": company.phone or facts.phone,
        "contact_emails": _emails(company.contact_emails, facts),
        **_address(company, facts.address),
        **_tenant(company, facts, earlier=earlier),
    }
    return {column: value for column, value in wanted.items() if getattr(company, column) != value}


def _name(company: CompanyRow, facts: CompanyFacts, *, earlier: EarlierFacts) -> str:
    """A name that is only the domain is filled in; a referral that renames its customer is followed (e.8)."""
    nameless = company.name in ("", company.domain)
    renamed = bool(earlier.name) and company.name == earlier.name
    if facts.name and not company.name_set_by_person and (nameless or renamed):
        return facts.name
    return company.name


def _emails(held: Sequence[str], facts: CompanyFacts) -> list[str]:
    wanted = [email for email in held if email not in facts.withheld]
    return [*wanted, *(email for email in facts.emails if email not in wanted)]


def _address(company: CompanyRow, address: Address) -> dict[str, str]:
    if company.address_line1 or company.address_city or company.address_postal_code:
        return {}
    return {
        "address_line1": address.address_line_1[:250],
        "address_city": address.city[:80],
        "address_state": (address.state or address.region)[:50],
        "address_postal_code": address.postal_code[:20],
        "address_country": address.country[:80],
    }


def _tenant(company: CompanyRow, facts: CompanyFacts, *, earlier: EarlierFacts) -> dict[str, str]:
    """A tenant id that is new says Microsoft 365 at once; a later scan may say otherwise, and is not overruled again (c.4)."""
    wanted: dict[str, str] = {}
    if facts.tenant_id and facts.tenant_id != earlier.tenant_id:
        wanted["azure_tenant_id"] = facts.tenant_id
        if not company.provider_set_by_person:
            wanted["provider"] = Provider.M365.value
    if facts.tenant_size and company.tenant_size_origin != "person":
        wanted |= {"tenant_size": facts.tenant_size.value, "tenant_size_origin": "referral"}
    return wanted
