"""Referrals, their syncs, and what companies show of them."""

from __future__ import annotations

from referrals.admin import (
    bulk_link,
    company_page,
    previewed_row,
    referral,
    refused_referral,
    sign_in,
    sync_run,
    webhook,
)

__all__ = [
    "bulk_link",
    "company_page",
    "previewed_row",
    "referral",
    "refused_referral",
    "sign_in",
    "sync_run",
    "webhook",
]
