"""What referrals name at Partner Center: the id of their company's lead here, once the CRM has confirmed it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.registry import crm_backend
from leads.models import Company
from referrals.services.writing_back import references_are_written, want_references

WITHOUT_A_LEAD = (LeadState.GONE, LeadState.REVIEW)  # deleted there, or several of which a person chooses


def lead_references(company_ids: Collection[int]) -> Mapping[int, str]:
    """The lead's id for each of these companies that has one for certain."""
    rows = CrmRecord.objects.of_crm(crm_backend().name).filter(company__in=list(company_ids), ever_confirmed=True)
    told = rows.exclude(state__in=WITHOUT_A_LEAD).values_list("company_id", "lead_id")
    return {company_id: str(lead_id) for company_id, lead_id in told}


def tell_referrals(companies: Iterable[Company]) -> None:
    """Have the referrals of companies whose push rests name their leads; in the transaction of the push."""
    if references_are_written():
        want_references(lead_references([company.pk for company in companies]))
