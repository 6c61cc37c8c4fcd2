"""Where referrals and sync runs are, below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from leads.api.figures import register
from referrals.api.company_figures import REFERRALS_OF_COMPANIES
from referrals.api.views import ReferralViews, SyncRunViews

register(REFERRALS_OF_COMPANIES)

router = SimpleRouter()
router.register("referrals", ReferralViews, basename="referral")
router.register("sync-runs", SyncRunViews, basename="sync-run")
