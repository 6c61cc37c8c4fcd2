"""Companies by their referrals, as sets to choose from: in the admin and in the API (g.7, e.6)."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from referrals.company_figures import CompanyLinkStatus
from referrals.kinds import WITH_COMPANY, WITHOUT_COMPANY
from referrals.models import Referral


def with_referral_type(companies: QuerySet[Any], referral_type: str) -> QuerySet[Any]:
    """The companies that have a referral of the type."""
    return companies.filter(Exists(Referral.objects.filter(company=OuterRef("pk"), referral_type=referral_type)))


def with_link_status(companies: QuerySet[Any], status: str) -> QuerySet[Any]:
    """The companies of which all referrals together have the link status (e.6); all of them for another word."""
    linked = Q(Exists(Referral.objects.filter(company=OuterRef("pk"), link_status__in=WITH_COMPANY)))
    waiting = Q(Exists(Referral.objects.filter(domain=OuterRef("domain"), link_status__in=WITHOUT_COMPANY)))
    wanted = {
        CompanyLinkStatus.NONE: ~linked & ~waiting,
        CompanyLinkStatus.LINKED: linked & ~waiting,
        CompanyLinkStatus.UNLINKED: ~linked & waiting,
        CompanyLinkStatus.MIXED: linked & waiting,
    }
    return companies.filter(wanted[CompanyLinkStatus(status)]) if status in set(CompanyLinkStatus) else companies
