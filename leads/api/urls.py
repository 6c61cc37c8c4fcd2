"""Where companies, scans and alerts are, below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from leads.api.alerts import AlertViews
from leads.api.import_views import ImportViews
from leads.api.views import CompanyViews, RulesViews, ScanViews

router = SimpleRouter()
router.register("companies", CompanyViews, basename="company")
router.register("rules", RulesViews, basename="rules")
router.register("scans", ScanViews, basename="scan")
router.register("alerts", AlertViews, basename="alert")
router.register("imports", ImportViews, basename="import")
