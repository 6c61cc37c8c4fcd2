"""The referrals of a block of companies, summed up in one query (domain document e.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from leads.models import Company
from referrals.company_figures import ReferralFact, ReferralFigures, figures_of
from referrals.models import Referral

COLUMNS = (
    "company_id", "domain", "referral_id", "referral_type", "status", "substatus", "link_status", "synced_at",
    "created_at", "created_at_source", "azure_tenant_id", "contacts", "consent",
)  # fmt: skip


def referral_figures(companies: Iterable[Company]) -> Mapping[int, ReferralFigures]:
    """The figures of each company by its id; every company given has an entry. One query, however many there are."""
    wanted = list(companies)
    by_domain = {company.domain: company.pk for company in wanted}
    facts: defaultdict[int, list[ReferralFact]] = defaultdict(list)
    rows = Referral.objects.of_companies(company_ids=[company.pk for company in wanted], domains=by_domain)
    for row in rows.values(*COLUMNS):
        facts[row["company_id"] or by_domain[row["domain"]]].append(_fact(row))
    return {company.pk: figures_of(facts[company.pk]) for company in wanted}


def _fact(row: Mapping[str, Any]) -> ReferralFact:
    return ReferralFact(
        referral_id=row["referral_id"],
        referral_type=row["referral_type"],
        status=row["status"],
        substatus=row["substatus"],
        link_status=row["link_status"],
        synced_at=row["synced_at"],
        created_at=row["created_at"],
        created_at_source=row["created_at_source"],
        azure_tenant_id=row["azure_tenant_id"],
        contacts=tuple(row["contacts"]),
        may_be_contacted=row["consent"].get("contact"),
    )
