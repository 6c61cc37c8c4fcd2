"""Leads in the CRM as a list that leaves the house, and what a company's row tells of its lead (g.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crm.company_leads import read_leads
from crm.registry import crm_backend
from hunter.exports.sheet import Column, Sheet
from leads.company_sheet import SheetFigures, Told
from leads.domains import shown_domain
from leads.models import Company


def company_cells(companies: Sequence[Company]) -> Mapping[int, Told]:
    """The leads of a page of companies, in three queries."""
    return {
        pk: Told((one["sync_state"], one["sync_attempts"], one["synced_at"], one["sync_error"], one["lead_id"]))
        for pk, one in read_leads(companies).items()
    }


LEADS_OF_COMPANIES = SheetFigures(
    ("CRM state", "CRM attempts", "In the CRM since", "CRM error", "CRM lead"), company_cells
)
RECORD_SHEET = Sheet(
    title="CRM leads",
    columns=(
        Column("Domain", lambda one: shown_domain(one.company.domain)),
        Column("Company", lambda one: one.company.name),
        Column("Segment", lambda one: one.company.segment),
        Column("Score", lambda one: one.company.score),
        Column("CRM", lambda one: crm_backend(one.crm).title),
        Column("State", lambda one: one.get_state_display()),
        Column("Lead", lambda one: str(one.lead_id) if one.ever_confirmed else None),
        Column("Adopted", lambda one: one.is_adopted),
        Column("Changed back there", lambda one: one.has_conflict),
        Column("Mapping", lambda one: one.mapping_version or None),
        Column("Last result", lambda one: one.last_result),
        Column("Last push", lambda one: one.last_result_at),
        Column("Confirmed", lambda one: one.synced_at),
        Column("Error", lambda one: one.sync_error),
    ),
    related=("company",),
    heavy=("confirmed", "seen", "sent", "taken", "disputed", "company__score_breakdown"),
)
