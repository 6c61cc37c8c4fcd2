"""What a push would send, told through the API, with a CRM on the other side."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.services.dry_runs import due_page
from crm.services.pushing import push_due
from hunter.work.models import Item
from leads.models import Company
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.people import administrator, api_client, staff

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ADDRESS = "/api/v1/companies/contoso.com/payload/"


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


@pytest.fixture
def differing(dynamics):
    """Thirty leads in step, save three: two were edited, one is new; and one that can't be sent."""
    ScannedCompanyFactory.create_batch(30)
    push_due()
    first, second = Company.objects.order_by("pk")[:2]
    Company.objects.filter(pk__in=[first.pk, second.pk]).update(infrastructure_summary="Mail: another host")
    Company.objects.filter(pk=second.pk).update(phone="+90 2")
    ScannedCompanyFactory(domain="new.example")
    ScannedCompanyFactory(domain="refused.example", score=0, tenant_size="")
    Company.objects.filter(domain="refused.example").update(azure_tenant_id="x" * 101)
    return dynamics


def dry_run(*arguments):
    out = io.StringIO()
    call_command("push_leads", "--dry-run", *arguments, "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def test_a_dry_run_of_all_says_in_how_many_leads_each_column_would_change(differing):
    before = differing.control.state("dataverse")["leads"]

    told = dry_run()

    assert (told["due"], told["new"], told["refused"]) == (4, 2, 1)
    assert told["columns"]["hnt_infrasummary"] >= 2
    assert told["columns"]["telephone1"] == 1
    assert differing.control.state("dataverse")["leads"] == before
    assert not Item.objects.filter(kind="push_dynamics365", due_at__isnull=False).exists()


def test_a_dry_run_of_one_company_says_what_is_there_and_what_is_here(differing):
    domain = Company.objects.order_by("pk")[0].domain

    (one,) = dry_run("--company", domain)["difference"]

    assert (one["column"], one["here"]) == ("hnt_infrasummary", "Mail: another host")
    assert one["there"] != one["here"]


def test_what_a_dry_run_says_is_what_is_written(differing):
    told = dry_run()

    report = push_due()

    assert (report.due, report.created + report.updated + report.dead) == (told["due"], told["due"])


def test_the_api_tells_all_due_pushes_page_by_page(differing):
    client = api_client("crm.view_crmrecord")

    met, address = [], "/api/v1/due-pushes/?page_size=2"
    while address:
        page = client.get(address).json()
        assert len(page["results"]) <= 2
        met += page["results"]
        address = page["next"]

    told = {one["domain"]: one for one in met}
    assert len(met) == len(told) == 4
    assert told["new.example"]["is_new"]
    assert "azure_tenant_id can't be sent as hnt_tenantid" in told["refused.example"]["refused"]


@pytest.mark.parametrize("query", ["cursor=x", "page_size=0", "page_size=201", "colour=red"])
def test_the_api_refuses_what_it_does_not_know(query, db):
    assert api_client("crm.view_crmrecord").get(f"/api/v1/due-pushes/?{query}").status_code == 400


def test_the_page_says_its_size_first_and_shows_piece_after_piece(differing):
    client = Client()
    client.force_login(administrator("ayse"))
    address = reverse("admin:crm_due")

    first = client.get(address).content.decode()
    piece = client.get(address, {"after": "0"}).content.decode()

    assert "32 scored companies are compared" in first
    assert "Mail: another host" not in first, "the page does not wait for the comparison"
    assert 'hx-trigger="load, click"' in first
    assert "Mail: another host" in piece
    assert "azure_tenant_id can&#x27;t be sent" in piece
    assert "That is all: 32 compared, 4 of them would be pushed." in piece


@pytest.mark.parametrize(("found", "words"), [(4, "32 compared, 4 of them would be pushed"), (0, "Nothing is due")])
def test_the_last_piece_tells_the_whole(found, words, dynamics):
    client = Client()
    client.force_login(administrator("ayse"))

    last = client.get(reverse("admin:crm_due"), {"after": "999999999", "compared": "32", "found": found})

    assert words in last.content.decode()


@pytest.mark.parametrize(("pushes", "by_itself"), [((), True), ((("a push", (), "contoso.com", "/"),), False)])
def test_the_comparison_goes_on_by_itself_as_long_as_nothing_differs(pushes, by_itself):
    piece = render_to_string("admin/crm_due_piece.html", {"pushes": pushes, "next_url": "/next", "compared": 2000})

    assert ("load, click" in piece) is by_itself


def test_the_page_needs_the_permission_to_see_leads(db):
    client = Client()
    client.force_login(staff("leads.view_company"))

    assert client.get(reverse("admin:crm_due")).status_code == 403


@pytest.mark.proves("R7.7")
def test_a_piece_takes_the_same_number_of_queries_for_few_and_for_many(differing):
    def queries(limit):
        with CaptureQueriesContext(connection) as caught:
            due_page(after=0, limit=limit)
        return len(caught)

    queries(1)
    assert queries(1) == queries(4)
