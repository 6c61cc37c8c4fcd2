"""What is stored of Partner Center."""

from __future__ import annotations

from referrals.models.referral import Referral, ReferralQuerySet
from referrals.models.sync_run import SyncMode, SyncRun, SyncRunQuerySet, SyncState

__all__ = ["Referral", "ReferralQuerySet", "SyncMode", "SyncRun", "SyncRunQuerySet", "SyncState"]
