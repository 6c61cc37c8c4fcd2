"""Where leads in the CRM are, and what is below a company's address, below /api/v1/."""

from __future__ import annotations

from django_filters import ChoiceFilter
from rest_framework.routers import SimpleRouter

from crm.api.company_figures import LEADS_OF_COMPANIES
from crm.api.serializers import SYNC_STATES
from crm.api.views import CompanyLeadViews, CrmRecordViews, DuePushViews, RemapViews
from crm.company_leads import NOT_WANTED, in_sync_state
from leads.api.figures import register
from leads.api.filters import register_filter

register(LEADS_OF_COMPANIES)
register_filter(
    "sync_state",
    ChoiceFilter(
        choices=[*SYNC_STATES, (NOT_WANTED, "not wanted yet")],
        method=lambda companies, name, value: in_sync_state(companies, value),
    ),
)

router = SimpleRouter()
router.register("crm-records", CrmRecordViews, basename="crm-record")
router.register("remaps", RemapViews, basename="remap")
router.register("due-pushes", DuePushViews, basename="due-push")
router.register("companies", CompanyLeadViews, basename="company-lead")
