"""What is stored of Partner Center."""

from __future__ import annotations

from referrals.models.link_move import UNDOABLE, LinkAct, LinkMove
from referrals.models.referral import Referral, ReferralQuerySet
from referrals.models.referral_hint import ReferralHint
from referrals.models.relink_run import RelinkEntry, RelinkRun, RelinkTarget
from referrals.models.sync_run import SyncMode, SyncRun, SyncRunQuerySet, SyncState

__all__ = [
    "UNDOABLE",
    "LinkAct",
    "LinkMove",
    "Referral",
    "ReferralHint",
    "ReferralQuerySet",
    "RelinkEntry",
    "RelinkRun",
    "RelinkTarget",
    "SyncMode",
    "SyncRun",
    "SyncRunQuerySet",
    "SyncState",
]
