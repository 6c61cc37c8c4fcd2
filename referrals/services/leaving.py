"""What goes with a referral that leaves a company: only what no other evidence of that company gives too (c.3, c.4)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from leads.assessment import is_provider_change
from leads.models import Company, ProviderChange, RawLead, Signals
from leads.models.choices import LeadSource
from leads.providers import Provider, classify_mx
from referrals.customer_size import tenant_size
from referrals.models import Referral

OF_REFERRALS = (LeadSource.PARTNER_CENTER.value, LeadSource.PARTNER_CENTER_REFERRAL.value)


def take_back(company: Company, referral: Referral) -> bool:
    """Take from a company what it had of this referral alone; whether its score is of another provider now.

    Tenant id, the provider that followed from it, the size of the tenant, mail addresses and the phone. Name, country and
    address stay. For a locked company, when the referral has left it; in the caller's transaction.
    """
    others = Referral.objects.filter(company=company).exclude(pk=referral.pk).order_by("-synced_at", "-pk")
    staying = list(others.only("azure_tenant_id", "customer_size", "contacts"))
    changes = {
        **_without_tenant(company, referral, staying=staying),
        **_without_size(company, referral, staying=staying),
        **_without_people(company, referral, staying=staying),
    }
    changes = {name: value for name, value in changes.items() if getattr(company, name) != value}
    if not changes:
        return False

    before = company.provider
    for name, value in changes.items():
        setattr(company, name, value)
    company.save(update_fields=list(changes))
    if is_provider_change(before, company.provider):
        ProviderChange.objects.create(company=company, previous=before, current=company.provider)
    return company.is_scored and bool({"provider", "tenant_size"} & changes.keys())


def _without_tenant(company: Company, referral: Referral, *, staying: Iterable[Referral]) -> dict[str, str]:
    if not referral.azure_tenant_id or company.azure_tenant_id != referral.azure_tenant_id:
        return {}
    others = [one.azure_tenant_id for one in staying if one.azure_tenant_id]
    if others:
        return {"azure_tenant_id": referral.azure_tenant_id if referral.azure_tenant_id in others else others[0]}
    wanted = {"azure_tenant_id": ""}
    if company.provider == Provider.M365 and not company.provider_set_by_person:
        wanted["provider"] = _provider_without_tenant(company)
    return wanted


def _provider_without_tenant(company: Company) -> str:
    """What the mail hosts say; where none were looked up, what was known before the tenant id came (c.1)."""
    hosts = Signals.objects.filter(company=company).values_list("mx_hosts", flat=True).first()
    found = classify_mx(hosts[0]).provider if hosts else Provider.UNKNOWN
    if found is not Provider.UNKNOWN:
        return found.value
    turned = ProviderChange.objects.filter(company=company, current=Provider.M365.value).order_by("-changed_at").first()
    return turned.previous if turned else ""


def _without_size(company: Company, referral: Referral, *, staying: Iterable[Referral]) -> dict[str, str]:
    mine = tenant_size(referral.customer_size)
    if mine is None or company.tenant_size_origin != "referral" or company.tenant_size != mine.value:
        return {}
    sizes = [size for one in staying if (size := tenant_size(one.customer_size))]
    if sizes:
        return {"tenant_size": sizes[0].value}
    hosts = Signals.objects.filter(company=company).values_list("mx_hosts", flat=True).first()
    estimated = classify_mx(hosts[0]).tenant_size if hosts else None
    return {"tenant_size": estimated.value if estimated else "", "tenant_size_origin": "scan" if estimated else ""}


def _without_people(company: Company, referral: Referral, *, staying: Iterable[Referral]) -> dict[str, Any]:
    mine = set(_values(referral, "email")) | set(_values(referral, "phone"))
    if not mine or not (mine & {*_texts(company.contact_emails), company.phone}):
        return {}
    told = [json.dumps(one.contacts, ensure_ascii=False).lower() for one in staying]
    told += [json.dumps(one, ensure_ascii=False).lower() for one in _other_leads(company, referral)]
    gone = {value for value in mine if not any(value.lower() in text for text in told)}
    wanted: dict[str, Any] = {"contact_emails": [mail for mail in company.contact_emails if mail not in gone]}
    if company.phone in gone:
        wanted["phone"] = ""
    return wanted


def _other_leads(company: Company, referral: Referral) -> Iterable[Any]:
    """What lists, forms and other sources told of the company."""
    mine = RawLead.objects.filter(company=company)
    return mine.exclude(source__in=OF_REFERRALS).values_list("payload", flat=True)


def _values(referral: Referral, name: str) -> Iterable[str]:
    people = (one for one in referral.contacts if isinstance(one, dict))
    return (value for one in people if isinstance(value := one.get(name), str) and value)


def _texts(values: Iterable[Any]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))
