"""What is stored of Partner Center."""

from __future__ import annotations

from referrals.models.link_move import UNDOABLE, LinkAct, LinkMove
from referrals.models.previewed_row import PreviewedRow, WouldBe
from referrals.models.referral import Referral, ReferralQuerySet
from referrals.models.referral_hint import ReferralHint
from referrals.models.refused_referral import RefusedReferral, RefusedReferralQuerySet
from referrals.models.relink_run import RelinkEntry, RelinkRun, RelinkTarget
from referrals.models.sync_page import Became, SyncPage
from referrals.models.sync_run import SyncMode, SyncRun, SyncRunQuerySet, SyncState, VanishCheck
from referrals.models.webhook import DeliveryState, WebhookCertificate, WebhookDelivery, WebhookDeliveryQuerySet
from referrals.models.webhook_registration import WebhookRegistration
from referrals.models.write_back import WriteBack, WriteBackState

__all__ = [
    "UNDOABLE",
    "Became",
    "DeliveryState",
    "LinkAct",
    "LinkMove",
    "PreviewedRow",
    "Referral",
    "ReferralHint",
    "ReferralQuerySet",
    "RefusedReferral",
    "RefusedReferralQuerySet",
    "RelinkEntry",
    "RelinkRun",
    "RelinkTarget",
    "SyncMode",
    "SyncPage",
    "SyncRun",
    "SyncRunQuerySet",
    "SyncState",
    "VanishCheck",
    "WebhookCertificate",
    "WebhookDelivery",
    "WebhookDeliveryQuerySet",
    "WebhookRegistration",
    "WouldBe",
    "WriteBack",
    "WriteBackState",
]
