"""Leads into the CRM, from the company's row to the simulator's store and back."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.models import CrmRecord
from crm.push.record import LeadState, PushResult
from crm.push_kind import running_scans
from crm.registry import crm_backend
from crm.services.assembling import assembled
from crm.services.checking import check_crm, live_mapping
from crm.services.dry_runs import try_pushes
from crm.services.pushing import create_again, push_company, push_due, request_pushes
from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.remote.errors import Deferred, Misconfigured
from hunter.remote.models import SharedAnswer
from hunter.remote.tokens import bearer
from hunter.work.asking import ask
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from leads.models import Company
from leads.scan_kind import SCAN
from tests.deadlock import crossed
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import ScannedCompanyFactory, scored_as
from tests.factories.referrals import ReferralFactory

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def leads_of(sandbox, *domains):
    """What the simulator holds for these domains."""
    leads = sandbox.control.state("dataverse")["leads"]
    return [lead for lead in leads if lead.get("hnt_domain") in domains]


def calls_to(sandbox, method):
    return [call for call in sandbox.control.calls("dataverse") if call["method"] == method]


def change_company(domain, **values):
    company = Company.objects.get(domain=domain)
    for name, value in values.items():
        setattr(company, name, value)
    company.save()


@pytest.mark.proves("R1.1")
def test_each_company_becomes_exactly_one_lead(dynamics):
    companies = ScannedCompanyFactory.create_batch(60)

    report = push_due()

    leads = leads_of(dynamics, *(company.domain for company in companies))
    assert (report.due, report.created, report.failed) == (60, 60, False)
    assert Counter(lead["hnt_domain"] for lead in leads) == Counter(company.domain for company in companies)
    assert CrmRecord.objects.in_step().filter(sent=[]).count() == 60


def test_a_second_push_finds_nothing_due_and_writes_nothing(dynamics):
    ScannedCompanyFactory.create_batch(3)
    push_due()
    writes = len(calls_to(dynamics, "PATCH"))

    report = push_due()

    assert report.due == 0
    assert len(calls_to(dynamics, "PATCH")) == writes


def test_a_person_who_asks_for_a_lead_in_step_is_told_that_nothing_changed(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()

    assert push_company("contoso.com").unchanged == 1


def test_a_change_in_hunter_arrives_at_the_same_lead(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()
    change_company("contoso.com", **scored_as("Google"), provider="Google")

    report = push_due()

    lead = leads_of(dynamics, "contoso.com")
    assert report.updated == 1
    assert [one["hnt_provider"] for one in lead] == ["Google"]
    assert lead[0]["hnt_m365fitscore"] is None


def test_looks_of_many_pushes_go_out_as_few_queries(dynamics):
    ScannedCompanyFactory.create_batch(60)

    push_due()

    looks = [call for call in calls_to(dynamics, "GET") if call["path"].endswith("/leads")]
    assert len(looks) < 30


@pytest.mark.parametrize(
    "stays", [pytest.param("+49 30 1", id="a phone that the CRM has"), pytest.param(None, id="none")]
)
def test_a_lead_that_the_crm_already_has_is_adopted(dynamics, stays):
    there = dynamics.control.edit(
        "dataverse",
        {"act": "create", "columns": {"subject": "Call them", "hnt_domain": "contoso.com", "telephone1": stays}},
    )
    ScannedCompanyFactory(domain="contoso.com", phone="+49 40 2")

    report = push_due()

    (lead,) = leads_of(dynamics, "contoso.com")
    assert report.adopted == 1
    assert lead["leadid"] == there["leadid"]
    assert lead["telephone1"] == (stays or "+49 40 2")
    assert CrmRecord.objects.get().is_adopted


@pytest.mark.proves("R4.7", "R3.3")
def test_a_persons_change_in_the_crm_survives_the_next_push(dynamics):
    ScannedCompanyFactory(domain="contoso.com", phone="+49 40 2")
    push_due()
    there = {"act": "change", "lead": "contoso.com", "columns": {"telephone1": "+49 30 1", "hnt_provider": "theirs"}}
    dynamics.control.edit("dataverse", there)
    change_company("contoso.com", **scored_as("Google"), provider="Google")

    report = push_due()

    (lead,) = leads_of(dynamics, "contoso.com")
    assert report.updated == 1
    assert (lead["telephone1"], lead["hnt_provider"]) == ("+49 30 1", "Google")


@pytest.mark.proves("R7.2")
def test_leads_are_made_while_hundreds_of_new_companies_still_wait_to_be_looked_for(dynamics, settings):
    """Else on a slow lane all looks come first, and what they found is too old when the first lead is to be made."""
    settings.LANE_LIMITS = {**settings.LANE_LIMITS, "dynamics365": "100,4"}
    settings.LANE_CONCURRENCY = {"dynamics365": "4"}
    request_pushes([company.domain for company in ScannedCompanyFactory.create_batch(200)], by=None)
    made = CrmRecord.objects.in_step()

    Drainer(crm_backend().lane, until=lambda: made.count() >= 20).run()

    looked_for = CrmRecord.objects.filter(state=LeadState.PENDING, absent_at__isnull=False).count()
    assert looked_for < 40


@pytest.mark.proves("R1.1")
@pytest.mark.fault(4, 10)
@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "broken_json", "html"])
def test_a_create_whose_answer_is_lost_leaves_one_lead(dynamics, fault):
    ScannedCompanyFactory(domain="contoso.com")
    dynamics.control.add_fault(service="dataverse", operation="create", fault=fault, times=1)

    first = push_due()
    second = push_company("contoso.com")

    assert (first.created, second.created) == (0, 1)
    assert len(leads_of(dynamics, "contoso.com")) == 1
    assert CrmRecord.objects.in_step().count() == 1
    assert not ErrorRecord.objects.unsettled().exists()


@pytest.mark.fault(4)
def test_a_change_whose_answer_is_lost_is_written_again_with_the_newest_values(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()
    dynamics.control.add_fault(service="dataverse", operation="update", fault="drop_after", times=1)
    change_company("contoso.com", name="Contoso AG", name_set_by_person=True)
    push_due()
    change_company("contoso.com", name="Contoso SE")

    push_company("contoso.com")

    assert [lead["companyname"] for lead in leads_of(dynamics, "contoso.com")] == ["Contoso SE"]


@pytest.mark.fault(17)
def test_a_token_that_is_revoked_in_mid_run_is_renewed_once(dynamics):
    ScannedCompanyFactory.create_batch(5)
    dynamics.control.add_fault(service="dataverse", operation="create", fault="expired_token", times=1)

    report = push_due()

    assert (report.created, report.dead) == (5, 0)


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    "use",
    [push_due, try_pushes, lambda: push_company("contoso.com"), lambda: check_crm(crm_backend())],
    ids=["a push of all", "a dry run", "a push of one", "a check"],
)
def test_a_token_that_was_revoked_before_the_first_call_is_renewed_once(dynamics, use):
    ScannedCompanyFactory(domain="contoso.com")
    bearer(crm_backend().token_source(), outlives=timedelta(minutes=1))
    dynamics.control.edit("entra", {"expire_tokens": True})

    report = use()

    assert not report.failed
    assert not ErrorRecord.objects.exists()


@pytest.mark.proves("R2.6")
@pytest.mark.fault(14)
def test_a_429_costs_nobody_an_attempt(dynamics):
    ScannedCompanyFactory.create_batch(5)
    dynamics.control.add_fault(
        service="dataverse", operation="create", fault="status", status=429, code="0x80072322", retry_after="1", times=2
    )

    report = push_due()

    assert (report.created, report.failed) == (5, False)


@pytest.mark.fault(21)
def test_a_lead_deleted_in_the_crm_is_made_again_only_when_a_person_asks(dynamics):
    company = ScannedCompanyFactory(domain="contoso.com")
    push_due()
    dynamics.control.edit("dataverse", {"act": "delete", "lead": "contoso.com"})
    change_company(company.domain, name="Contoso AG")

    push_due()
    push_company("contoso.com")
    gone = CrmRecord.objects.get()
    left = leads_of(dynamics, "contoso.com")
    create_again(gone, by=None)
    push_company("contoso.com")

    assert (gone.state, left) == (LeadState.GONE, [])
    (lead,) = leads_of(dynamics, "contoso.com")
    assert lead["leadid"] != str(gone.lead_id)


@pytest.mark.fault(21)
@pytest.mark.parametrize("act", ["qualify", "disqualify"])
def test_a_lead_closed_in_the_crm_is_not_written_to(dynamics, act):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()
    dynamics.control.edit("dataverse", {"act": act, "lead": "contoso.com"})
    change_company("contoso.com", name="Contoso AG", name_set_by_person=True)

    push_due()

    assert CrmRecord.objects.get().state == LeadState.CLOSED
    assert leads_of(dynamics, "contoso.com")[0]["companyname"] != "Contoso AG"


@pytest.mark.fault(21)
def test_a_lead_that_was_merged_is_followed_to_the_one_that_stays(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()
    master = dynamics.control.edit("dataverse", {"act": "create", "columns": {"subject": "The one that stays"}})
    dynamics.control.edit("dataverse", {"act": "merge", "lead": master["leadid"], "subordinate": "contoso.com"})
    change_company("contoso.com", **scored_as("Google"), provider="Google")

    push_due()

    assert str(CrmRecord.objects.get().lead_id) == master["leadid"]


@pytest.mark.proves("R4.5")
@pytest.mark.fault(19)
def test_a_column_that_disappears_stops_pushes_with_one_error_and_no_attempt(dynamics):
    ScannedCompanyFactory.create_batch(5)
    dynamics.control.edit("dataverse", {"act": "drop_column", "column": "hnt_provider"})

    with pytest.raises(Misconfigured, match="hnt_provider"):
        push_due()

    assert not leads_of(dynamics, *Company.objects.values_list("domain", flat=True))
    assert check_crm(crm_backend()).faults[0].column == "hnt_provider"


@pytest.mark.proves("R4.5", "R7.6")
def test_columns_are_read_once_for_all_pushes_and_forgotten_when_the_crm_refuses_one(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()
    read = [call for call in calls_to(dynamics, "GET") if "EntityDefinitions" in call["path"]]
    ScannedCompanyFactory(domain="fabrikam.com")
    push_due()
    assert [call for call in calls_to(dynamics, "GET") if "EntityDefinitions" in call["path"]] == read

    dynamics.control.edit("dataverse", {"act": "drop_column", "column": "hnt_provider"})
    ScannedCompanyFactory(domain="adatum.com")
    push_due()

    assert not SharedAnswer.objects.exists()
    assert ErrorRecord.objects.unsettled().filter(message__contains="hnt_provider").exists()


@pytest.mark.proves("R4.6", "R1.6")
def test_a_value_that_can_not_be_sent_is_a_dead_letter_before_any_call(dynamics):
    long = f"{'a' * 60}.{'b' * 50}.com"
    ScannedCompanyFactory(domain=long)

    report = push_due()

    problem = ErrorRecord.objects.get()
    assert (report.dead, report.created) == (1, 0)
    assert (problem.field, problem.gave_up) == ("domain", True)
    assert not calls_to(dynamics, "PATCH")


def test_a_skipped_company_is_pushed_only_when_a_person_asks(dynamics):
    ScannedCompanyFactory(domain="contoso.com", **scored_as("Local", spf=False, dkim=False), provider="Local")

    by_itself = push_due()
    asked = push_company("contoso.com")

    assert (by_itself.due, asked.created) == (0, 1)


def test_lost_referrals_alone_make_no_lead(dynamics):
    company = ScannedCompanyFactory(domain="contoso.com", sources=["partnercenter"])
    ReferralFactory(company=company, domain="contoso.com", status="Closed", substatus="Lost")

    assert push_due().due == 0


def test_a_dry_run_says_what_would_be_pushed_and_asks_for_nothing(dynamics):
    ScannedCompanyFactory.create_batch(4)

    report = try_pushes(limit=3)

    assert (report.due, report.created) == (3, 3)
    assert not Item.objects.filter(kind="push_dynamics365").exists()


def test_a_click_asks_before_everything_else_and_is_audited(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    user = get_user_model().objects.create_user("ayse")

    request = request_pushes(["contoso.com", "unknown.example"], by=user)

    item = Item.objects.get(kind="push_dynamics365")
    assert (request.asked, item.priority, item.asked_by) == (1, 0, "ayse")


def test_a_service_that_is_off_is_said_in_one_line(settings):
    settings.D365_ENABLED = False

    with pytest.raises(HunterError, match="D365_ENABLED"):
        push_due()


@pytest.mark.proves("R7.7")
@pytest.mark.parametrize("companies", [1, 40])
def test_values_are_assembled_in_three_queries(companies):
    block = ScannedCompanyFactory.create_batch(companies)

    with CaptureQueriesContext(connection) as queries:
        assembled(block)

    assert len(queries) == 3


@pytest.mark.proves("R4.8")
def test_the_outcome_is_told_in_the_record(dynamics):
    ScannedCompanyFactory(domain="contoso.com")

    push_due()

    record = CrmRecord.objects.get()
    assert (record.last_result, record.mapping_version, record.sync_error) == (PushResult.CREATED, 1, "")
    assert record.confirmed is not None
    assert record.confirmed["hnt_domain"] == "contoso.com"
    assert record.synced_at is not None


@pytest.mark.proves("R3.6")
def test_a_click_that_deadlocks_with_a_claim_is_done_all_the_same(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()

    request = crossed(
        lambda: request_pushes(["contoso.com"], by=None),
        second=lambda: Item.objects.select_for_update().get(kind=crm_backend().push_kind),
        first=lambda: CrmRecord.objects.select_for_update().get(),
    )

    assert request.asked == 1
    assert CrmRecord.objects.get().wanted_by_person


@pytest.mark.proves("R3.6")
def test_a_lead_to_be_made_again_survives_a_deadlock_with_a_claim(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    push_due()
    CrmRecord.objects.update(state=LeadState.GONE)
    gone = CrmRecord.objects.get()

    crossed(
        lambda: create_again(gone, by=None),
        second=lambda: Item.objects.select_for_update().get(kind=crm_backend().push_kind),
        first=lambda: CrmRecord.objects.select_for_update().get(),
    )

    assert CrmRecord.objects.get().generation == gone.generation + 1


@pytest.mark.proves("R2.3")
def test_reading_the_crms_columns_for_a_command_waits_for_a_slot_of_the_lane(dynamics, settings):
    ScannedCompanyFactory(domain="contoso.com")
    backend = crm_backend()
    token = bearer(backend.token_source(), outlives=timedelta(minutes=1))
    limits.ensure_lane(backend.lane)
    limits.take_slots(backend.lane, holder=uuid.uuid4(), count=1000, hold=timedelta(minutes=1))

    with pytest.raises(Deferred):
        live_mapping(backend, token=token, wait=timedelta(seconds=0))

    assert calls_to(dynamics, "GET") == []


@pytest.mark.parametrize(("minutes", "running"), [(1, True), (-1, False)], ids=["held", "its holder died"])
def test_a_scan_holds_a_push_back_only_while_somebody_holds_it(db, minutes, running):
    ask(SCAN, ["contoso.com"])
    Item.objects.update(lease=uuid.uuid4(), due_at=database_now() + timedelta(minutes=minutes))

    assert running_scans(["contoso.com"]) == (frozenset({"contoso.com"}) if running else frozenset())


@pytest.mark.proves("R1.6")
@pytest.mark.fault(22)
def test_a_lead_that_a_duplicate_rule_of_the_crm_refuses_is_one_dead_letter_with_the_reason(dynamics):
    ScannedCompanyFactory(domain="contoso.com")
    ScannedCompanyFactory(domain="fabrikam.com")
    dynamics.control.add_fault(
        service="dataverse", operation="create", fault="status", status=412, code="0x80040333", times=1
    )

    report = push_due()
    again = push_due()

    dead, error = Item.objects.get(dead_at__isnull=False), ErrorRecord.objects.unsettled().get()
    assert (report.created, report.dead, again.due) == (1, 1, 1)
    assert (error.key, error.error_class, error.code, error.gave_up) == (dead.key, "duplicate", "0x80040333", True)
    assert {lead["hnt_domain"] for lead in leads_of(dynamics, "contoso.com", "fabrikam.com")} == {
        "contoso.com",
        "fabrikam.com",
    } - {dead.key}


@pytest.mark.proves("R1.1")
@pytest.mark.fault(21)
def test_where_the_domain_is_a_key_a_lead_that_came_between_look_and_create_is_adopted(dynamics):
    company = ScannedCompanyFactory(domain="contoso.com")
    CrmRecordFactory(company=company, absent_at=database_now())  # the look of a moment ago found none
    theirs = {"subject": "Theirs", "hnt_domain": company.domain}
    dynamics.control.edit("dataverse", {"act": "create", "columns": theirs})

    report = push_due()

    (lead,) = leads_of(dynamics, company.domain)
    record = CrmRecord.objects.get()
    refused = [call for call in dynamics.control.calls("dataverse") if call["operation"] == "create"]
    assert [call["status"] for call in refused] == [412], "the key refused the second lead"
    assert (str(record.lead_id), record.is_adopted, record.state) == (lead["leadid"], True, LeadState.SYNCED)
    assert (report.created, report.dead) == (0, 0)
