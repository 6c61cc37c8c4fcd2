"""Where companies and scans are, below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from leads.api.views import CompanyViews, ScanViews

router = SimpleRouter()
router.register("companies", CompanyViews, basename="company")
router.register("scans", ScanViews, basename="scan")
