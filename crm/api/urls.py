"""Where leads in the CRM are, and what is below a company's address, below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from crm.api.company_figures import LEADS_OF_COMPANIES
from crm.api.views import CompanyLeadViews, CrmRecordViews
from leads.api.figures import register

register(LEADS_OF_COMPANIES)

router = SimpleRouter()
router.register("crm-records", CrmRecordViews, basename="crm-record")
router.register("companies", CompanyLeadViews, basename="company-lead")
