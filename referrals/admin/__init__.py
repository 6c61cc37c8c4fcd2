"""Referrals, their syncs, and what companies show of them."""

from __future__ import annotations

from referrals.admin import company_page, referral, sign_in, sync_run

__all__ = ["company_page", "referral", "sign_in", "sync_run"]
