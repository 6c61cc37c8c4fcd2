"""Where leads in the CRM are, and what is below a company's address, below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from crm.api.views import CompanyLeadViews, CrmRecordViews

router = SimpleRouter()
router.register("crm-records", CrmRecordViews, basename="crm-record")
router.register("companies", CompanyLeadViews, basename="company-lead")
