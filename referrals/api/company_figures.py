"""A company's referrals, shown on its JSON (domain document e.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leads.api.figures import CompanyFigures
from leads.models import Company
from referrals.aggregates import referral_figures
from referrals.api.examples import COMPANY_FIGURES
from referrals.api.serializers import CompanyReferralsSerializer

SHOWN = tuple(COMPANY_FIGURES)


def read_figures(companies: Sequence[Company]) -> Mapping[int, Mapping[str, Any]]:
    """The figures of a page of companies, in one query."""
    figures = referral_figures(companies)
    return {pk: {name: getattr(one, name) for name in SHOWN} for pk, one in figures.items()}


REFERRALS_OF_COMPANIES = CompanyFigures(CompanyReferralsSerializer, read_figures, COMPANY_FIGURES)
