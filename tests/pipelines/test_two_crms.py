"""Two CRMs at once: each company is kept in step with each, and trouble of one is no trouble of the other (R8.2)."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import call_command

from crm.company_leads import in_sync_state, read_leads
from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.registry import chosen_crm, chosen_crms, enabled_crms
from crm.services.columns import forget_columns
from crm.services.pushing import create_again, push_due, request_pushes
from hunter.errors import HunterError
from hunter.work.models import Item
from leads.models import Company
from tests.factories.leads import ScannedCompanyFactory
from tests.pipelines.crms import lead_to_hubspot, learn_kinds_of

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
DOMAIN = "contoso.com"
BOTH = {"dynamics365", "hubspot"}


@pytest.fixture
def both(dynamics, settings, monkeypatch):
    """A sandbox with both CRMs."""
    forget_columns()
    settings.CRM_BACKEND = "dynamics365, hubspot"
    learn_kinds_of("hubspot", monkeypatch)
    lead_to_hubspot(dynamics, settings)
    return dynamics


def run(*command: str, status: int = 0):
    """The command's JSON, and its exit status as said."""
    out = StringIO()
    try:
        call_command(*command, "--json", stdout=out)
        ended = 0
    except SystemExit as end:
        ended = int(end.code or 0)
    assert ended == status, out.getvalue()
    return json.loads(out.getvalue())


def held_by(sandbox):
    """The domains that each CRM itself holds Hunter's lead of, with how many."""
    leads = [one["hnt_domain"] for one in sandbox.control.state("dataverse")["leads"]]
    companies = [one["properties"].get("domain") for one in sandbox.control.state("hubspot")["companies"]]
    return {"dynamics365": leads.count(DOMAIN), "hubspot": companies.count(DOMAIN)}


def states():
    return {row.crm: row.state for row in CrmRecord.objects.all()}


@pytest.mark.proves("R8.2", "R1.1")
def test_a_company_is_one_lead_in_each(both):
    ScannedCompanyFactory(domain=DOMAIN)

    report = run("push_leads")

    assert report["crms"].keys() == BOTH
    assert [one["created"] for one in report["crms"].values()] == [1, 1]
    assert held_by(both) == {"dynamics365": 1, "hubspot": 1}
    assert states() == dict.fromkeys(BOTH, LeadState.SYNCED)
    assert len(set(CrmRecord.objects.values_list("own_id", flat=True))) == 2


def test_one_of_them_may_be_chosen(both):
    ScannedCompanyFactory(domain=DOMAIN)

    report = run("push_leads", "--crm", "hubspot")

    assert report["created"] == 1
    assert held_by(both) == {"dynamics365": 0, "hubspot": 1}


@pytest.mark.fault(19)
def test_what_one_can_not_do_keeps_no_other_from_it(both):
    ScannedCompanyFactory(domain=DOMAIN)
    both.control.edit("dataverse", {"act": "drop_column", "column": "hnt_provider"})

    report = run("push_leads", status=1)

    assert "hnt_provider" in report["crms"]["dynamics365"]["error"]
    assert report["crms"]["hubspot"]["created"] == 1


def test_a_click_pushes_to_both_and_counts_the_company_once(both):
    ScannedCompanyFactory(domain=DOMAIN)

    request = request_pushes([DOMAIN], by=None)

    assert request.asked == 1
    assert set(Item.objects.filter(key=DOMAIN).values_list("kind", flat=True)) == {"push_dynamics365", "push_hubspot"}


@pytest.mark.proves("R4.7")
def test_a_change_made_in_one_reaches_the_company_and_then_the_other(both):
    ScannedCompanyFactory(domain=DOMAIN, phone="")
    run("push_leads")
    run("pull_crm_changes")
    change = {"act": "change", "company": DOMAIN, "properties": {"phone": "+49 30 1"}}
    both.control.edit("hubspot", change)

    run("pull_crm_changes")
    run("push_leads")

    assert Company.objects.get().phone == "+49 30 1"
    leads = both.control.state("dataverse")["leads"]
    assert [one["telephone1"] for one in leads if one["hnt_domain"] == DOMAIN] == ["+49 30 1"]


def test_a_lead_that_was_deleted_in_one_is_made_again_there_alone(both):
    ScannedCompanyFactory(domain=DOMAIN)
    run("push_leads")
    both.control.edit("hubspot", {"act": "delete", "company": DOMAIN})
    run("verify_crm", "--since", "2000-01-01T00:00:00Z", "--crm", "hubspot")
    push_due(chosen_crm("hubspot"))
    gone = CrmRecord.objects.get(crm="hubspot")
    assert gone.state == LeadState.GONE

    create_again(gone, by=None)

    due = Item.objects.filter(key=DOMAIN, due_at__isnull=False)
    assert set(due.values_list("kind", flat=True)) == {"push_hubspot"}


def test_a_companys_figures_tell_of_each_and_the_worst_of_all(both):
    company = ScannedCompanyFactory(domain=DOMAIN)
    run("push_leads", "--crm", "hubspot")
    request_pushes([DOMAIN], by=None, crm="dynamics365")

    figures = read_leads([company])[company.pk]

    assert figures["sync_state"] == "pending"
    assert {one["crm"]: one["sync_state"] for one in figures["leads"]} == {
        "dynamics365": "pending",
        "hubspot": "synced",
    }
    assert list(in_sync_state(Company.objects.all(), "pending")) == [company]
    assert list(in_sync_state(Company.objects.all(), "synced")) == []


def test_pages_show_both(both, client):
    company = ScannedCompanyFactory(domain=DOMAIN)
    run("push_leads")
    user = get_user_model().objects.create_user("ayse", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)

    page = client.get(f"/admin/leads/company/{company.pk}/change/").content.decode()
    listed = client.get("/admin/crm/crmrecord/", {"crm": "hubspot"}).content.decode()
    mapping = client.get("/admin/crm/provisionedpart/").content.decode()
    preview = client.get(f"/admin/crm/crmrecord/preview/{company.pk}/", {"crm": "hubspot"}).content.decode()

    assert "In Dynamics 365" in page
    assert "In HubSpot" in page
    assert listed.count("HubSpot") > listed.count("Dynamics 365")
    assert "hnt_lead_id" in mapping
    assert "hnt_d365leadid" in mapping
    assert "A push now would change nothing" in preview
    assert client.get(f"/admin/crm/crmrecord/preview/{company.pk}/", {"crm": "siebel"}).status_code == 404


def test_a_crm_that_is_set_and_off_is_left_out(both, settings):
    settings.D365_ENABLED = False

    assert [backend.name for backend in enabled_crms()] == ["hubspot"]
    assert [backend.name for backend in chosen_crms()] == ["dynamics365", "hubspot"]


def test_a_crm_that_is_not_set_is_told_with_those_that_are(settings):
    with pytest.raises(HunterError, match="it names dynamics365"):
        enabled_crms("hubspot")
