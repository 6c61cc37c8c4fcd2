"""Referrals and syncs as lists that leave the house, and what a company's row tells of its referrals (g.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hunter.exports.cells import Cell
from hunter.exports.sheet import Column, Sheet
from leads.company_sheet import SheetFigures, Told, joined
from leads.domains import shown_domain
from leads.models import Company
from referrals.aggregates import referral_figures
from referrals.models import Referral


def company_cells(companies: Sequence[Company]) -> Mapping[int, Told]:
    """The referrals of a page of companies, in one query."""
    return {
        pk: Told(
            (one.referral_count, one.link_status.value, one.referral_id, one.referral_type),
            withheld=frozenset(one.withheld),
        )
        for pk, one in referral_figures(companies).items()
    }


REFERRALS_OF_COMPANIES = SheetFigures(("Referrals", "Link", "Referral", "Referral type"), company_cells)


def contact_cells(name: str) -> Any:
    """One value of every contact that has it; nothing where the customer does not want to be contacted (e.2)."""

    def value(referral: Referral) -> Cell:
        if referral.consent.get("contact") is False:
            return None
        return joined(one[name] for one in referral.contacts if isinstance(one, dict) and one.get(name))

    return value


REFERRAL_SHEET = Sheet(
    title="referrals",
    columns=(
        Column("Referral", lambda one: one.referral_id),
        Column("Deal", lambda one: one.name),
        Column("Company", lambda one: one.company_name or one.customer_name),
        Column("Domain", lambda one: shown_domain(one.domain) if one.domain else None),
        Column("Country", lambda one: one.customer_country),
        Column("Size", lambda one: one.customer_size),
        Column("E-mail", contact_cells("email")),
        Column("Phone", contact_cells("phone")),
        Column("Type", lambda one: one.referral_type),
        Column("Status", lambda one: one.status),
        Column("Substatus", lambda one: one.substatus),
        Column("Value", lambda one: one.deal_value),
        Column("Currency", lambda one: one.currency),
        Column("Closing date", lambda one: one.closing_date),
        Column("Azure tenant", lambda one: one.azure_tenant_id),
        Column("Link", lambda one: one.link_status),
        Column("Linked to", lambda one: shown_domain(one.company.domain) if one.company else None),
        Column("Linked by", lambda one: one.linked_by.get_username() if one.linked_by else None),
        Column("Domain read from", lambda one: one.domain_source),
        Column("Created", lambda one: one.created_at_source),
        Column("Changed", lambda one: one.updated_at_source),
        Column("Synced", lambda one: one.synced_at),
    ),
    related=("company", "linked_by"),
    heavy=("raw_data", "notes", "company__score_breakdown"),
)
SYNC_SHEET = Sheet(
    title="syncs",
    columns=(
        Column("Sync", lambda one: one.pk),
        Column("Account", lambda one: one.account),
        Column("Mode", lambda one: one.get_mode_display()),
        Column("State", lambda one: one.get_state_display()),
        Column("Started", lambda one: one.started_at),
        Column("Finished", lambda one: one.finished_at),
        Column("Asked by", lambda one: one.asked_by),
        Column("Pages", lambda one: one.pages),
        Column("Fetched", lambda one: one.fetched),
        Column("Created", lambda one: one.created),
        Column("Updated", lambda one: one.updated),
        Column("Unchanged", lambda one: one.unchanged),
        Column("Skipped", lambda one: one.skipped_total),
        Column("Linked", lambda one: one.linked),
        Column("Unlinked", lambda one: one.unlinked),
        Column("Failed", lambda one: one.failed),
        Column("Error", lambda one: one.error),
    ),
)
