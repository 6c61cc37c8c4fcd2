"""What a push would send, told through the API, with a CRM on the other side."""

from __future__ import annotations

import pytest

from crm.services.checking import forget_columns
from crm.services.pushing import push_due
from leads.models import Company
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.people import api_client

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ADDRESS = "/api/v1/companies/contoso.com/payload/"


@pytest.fixture(autouse=True)
def _columns_of_another_sandbox_are_forgotten():
    forget_columns()


@pytest.mark.proves("R4.2")
def test_a_preview_of_a_lead_in_step_holds_the_crms_own_columns_and_changes_nothing(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()

    preview = api_client("crm.view_crmrecord").get(ADDRESS).json()

    assert preview["checked"] is True
    assert preview["difference"] == []
    assert preview["detail"] == "A push of contoso.com would change nothing."


def test_a_preview_of_a_changed_company_writes_nothing(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()
    Company.objects.update(infrastructure_summary="Mail: another host")
    before = dynamics.control.state("dataverse")["leads"]

    preview = api_client("crm.view_crmrecord").get(ADDRESS).json()

    assert [one["column"] for one in preview["difference"]] == ["hnt_infrasummary"]
    assert preview["difference"][0]["here"] == "Mail: another host"
    assert dynamics.control.state("dataverse")["leads"] == before


def test_a_preview_does_without_a_crm_that_is_out_of_reach(dynamics, settings):
    ScannedCompanyFactory(domain="contoso.com")
    settings.ENTRA_URL = "http://127.0.0.1:9"

    preview = api_client("crm.view_crmrecord").get(ADDRESS).json()

    assert preview["checked"] is False
    assert preview["payload"]["hnt_domain"] == "contoso.com"
