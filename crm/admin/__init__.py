"""Leads in the CRM, and what companies and referrals show of them."""

from __future__ import annotations

from crm.admin import company_page, crm_record, mapping, pull, referral_page, remap

__all__ = ["company_page", "crm_record", "mapping", "pull", "referral_page", "remap"]
