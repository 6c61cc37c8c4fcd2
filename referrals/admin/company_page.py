"""What a company's page and list show of its referrals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from hunter.ops.filters import ChoiceFilter
from hunter.ops.showing import NOTHING, piece, two_lines
from leads.admin.company_page import CompanyColumn, CompanySection, extensions
from leads.models import Company
from referrals.admin.referral_page import referral_rows
from referrals.aggregates import referral_figures
from referrals.company_figures import CompanyLinkStatus, ReferralFigures
from referrals.company_sets import with_link_status, with_referral_type
from referrals.models import Referral
from referrals.models.choices import REFERRAL_TYPES

MOST_SHOWN = 20


class ReferralTypeFilter(ChoiceFilter):
    title = "referral type"
    parameter_name = "referral_type"

    def choices_shown(self) -> list[tuple[str, str]]:
        return list(REFERRAL_TYPES)

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return with_referral_type(rows, chosen)


class LinkStatusFilter(ChoiceFilter):
    """The link status of a company: of all its referrals together (e.6)."""

    title = "link status"
    parameter_name = "link_status"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(one.value, one.value.capitalize()) for one in CompanyLinkStatus]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return with_link_status(rows, chosen)


def read_figures(companies: Sequence[Company]) -> dict[int, ReferralFigures]:
    return dict(referral_figures(companies))


def show_figures(figures: ReferralFigures | None) -> SafeString | str:
    if figures is None or not figures.referral_count:
        return NOTHING
    return two_lines(figures.referral_count, figures.link_status.value)


def referrals_section(company: Company, request: HttpRequest) -> SafeString:
    """Its referrals, the newest first, with those that only name its domain."""
    rows = Referral.objects.of_companies(company_ids=[company.pk], domains=[company.domain])
    newest = rows.order_by("-updated_at_source", "-pk")[: MOST_SHOWN + 1]
    shown = referral_rows(newest)
    return piece(
        "admin/company_referrals.html",
        {"company": company, "referrals": shown[:MOST_SHOWN], "has_more": len(shown) > MOST_SHOWN},
    )


extensions.columns.append(CompanyColumn("referrals", "referrals", read_figures, show_figures))
extensions.filters += [ReferralTypeFilter, LinkStatusFilter]
extensions.sections.append(CompanySection(40, referrals_section))
