"""How a company's lead stands in the CRM, shown on its JSON (f.6)."""

from __future__ import annotations

from crm.api.examples import COMPANY_FIGURES
from crm.api.serializers import CompanyLeadSerializer
from crm.company_leads import read_leads
from leads.api.figures import CompanyFigures

LEADS_OF_COMPANIES = CompanyFigures(CompanyLeadSerializer, read_leads, COMPANY_FIGURES)
