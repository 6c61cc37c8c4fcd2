"""What people change in the CRM comes back (R4.7; contract 9): once, by the stated winner, and after any crash."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from crm.interface import Changes
from crm.mapping.resolving import by_itself
from crm.models import CrmPull, CrmRecord
from crm.push.record import LeadState
from crm.registry import crm_backend
from crm.services.pulling import open_pull, pull_crm_changes, take_changes
from crm.services.pushing import push_company, push_due
from crm.services.verifying import BLOCK, verify_crm
from crm.services.wanting import Wishes
from hunter.audit.models import AuditEntry
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.limits import end_pause
from hunter.work.models import Item
from leads.models import Company, CompanyFieldTimes
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.people import administrator
from tests.pipelines.test_push import calls_to, leads_of

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.proves("R4.7")]

DOMAIN = "contoso.com"


@pytest.fixture
def pushed(dynamics):
    """One company in step, and a first pull that has read everything."""
    ScannedCompanyFactory(domain=DOMAIN, phone="+90 1")
    push_due()
    pull()
    return dynamics


def pull(*, full=False):
    return pull_crm_changes(crm_backend(), full=full)


def at_the_crm(sandbox, act, lead=DOMAIN, **more):
    return sandbox.control.edit("dataverse", {"act": act, "lead": lead} | more)


def record():
    return CrmRecord.objects.get(company__domain=DOMAIN)


def test_our_own_writes_come_back_and_change_nothing(pushed):
    before = record().etag

    report = pull()

    assert (report.applied, report.conflicts, report.failed) == (0, 0, False)
    assert record().etag == before


def test_a_phone_that_was_changed_there_comes_into_the_company(pushed):
    at_the_crm(pushed, "change", columns={"telephone1": "+90 2"})

    report = pull()
    again = push_due()

    company = Company.objects.get(domain=DOMAIN)
    assert (report.seen, report.applied) == (1, 1)
    assert company.phone == "+90 2"
    assert AuditEntry.objects.get(act="taken from Dynamics 365").after == {"phone": "+90 2"}
    assert again.due == 0, "what came from there is not sent back"


def phone_here(phone, *, minutes):
    """Hunter's phone is another one, and was changed so many minutes from now; None: nobody knows when."""
    Company.objects.filter(domain=DOMAIN).update(phone=phone)
    times = CompanyFieldTimes.objects.filter(company__domain=DOMAIN)
    if minutes is None:
        times.delete()
    else:
        times.update(times={"phone": (database_now() + timedelta(minutes=minutes)).isoformat()})


@pytest.mark.parametrize(
    ("minutes", "holds", "why"),
    [
        pytest.param(5, "+90 1 new", None, id="later here"),
        pytest.param(-5, "+90 9", "changed on both sides, later there", id="later there"),
        pytest.param(0, "+90 9", "changed on both sides within a minute", id="within a minute"),
        pytest.param(None, "+90 9", "changed on both sides; when it was here is not known", id="unknown"),
    ],
)
def test_where_both_changed_the_phone_the_newer_change_holds_on_both_sides(minutes, holds, why, pushed):
    at_the_crm(pushed, "change", columns={"telephone1": "+90 9"})
    phone_here("+90 1 new", minutes=minutes)

    pull()
    push_due()

    assert Company.objects.get(domain=DOMAIN).phone == holds
    assert leads_of(pushed, DOMAIN)[0]["telephone1"] == holds
    told = AuditEntry.objects.filter(act="taken from Dynamics 365").values_list("why", flat=True).first()
    assert told == (f"telephone1: {why}" if why else None)


def test_a_name_that_a_person_set_in_hunter_stays(pushed):
    Company.objects.filter(domain=DOMAIN).update(name="Ours", name_set_by_person=True)
    push_due()
    pull()
    at_the_crm(pushed, "change", columns={"companyname": "Theirs"})

    pull()

    assert Company.objects.get(domain=DOMAIN).name == "Ours"


def test_a_name_that_nobody_set_in_hunter_follows_the_crm(pushed):
    at_the_crm(pushed, "change", columns={"companyname": "Contoso Retail"})

    pull()

    assert Company.objects.get(domain=DOMAIN).name == "Contoso Retail"


def test_a_mail_address_becomes_the_first_and_loses_no_other(pushed):
    Company.objects.filter(domain=DOMAIN).update(contact_emails=["a@contoso.com"])
    push_due()
    pull()
    at_the_crm(pushed, "change", columns={"emailaddress1": "B@contoso.com"})

    pull()

    assert Company.objects.get(domain=DOMAIN).contact_emails == ["b@contoso.com", "a@contoso.com"]


def test_what_hunter_wins_is_shown_as_a_conflict_when_it_comes_back_twice(pushed):
    for score in (1, 2):
        at_the_crm(pushed, "change", columns={"hnt_finalscore": score})
        pull()
        Company.objects.filter(domain=DOMAIN).update(phone=f"+90 {score}{score}")
        push_due()

    assert record().has_conflict


def test_a_deleted_lead_is_noticed_and_not_made_again(pushed):
    at_the_crm(pushed, "delete")

    report = pull()
    again = push_due()

    assert (report.applied, record().state) == (1, LeadState.GONE)
    assert (again.due, leads_of(pushed, DOMAIN)) == (0, [])


@pytest.mark.parametrize("act", ["qualify", "disqualify"])
def test_a_lead_that_was_closed_there_is_shown_and_neither_written_to_nor_made_again(act, pushed):
    at_the_crm(pushed, act)
    writes = len(calls_to(pushed, "PATCH"))

    report = pull()
    Company.objects.filter(domain=DOMAIN).update(phone="+90 4", score=71)
    pushes = [push_due(), push_company(DOMAIN)]

    client = Client()
    client.force_login(administrator())
    page = client.get(reverse("admin:crm_crmrecord_change", args=[record().pk])).content.decode()
    (lead,) = leads_of(pushed, DOMAIN)
    assert (report.applied, record().state) == (1, LeadState.CLOSED)
    assert "The lead is closed in the CRM (qualified or disqualified), so Hunter does not write to it." in page
    assert "reopen it there, then push it here" in page
    assert {(one.created, one.updated, one.adopted) for one in pushes} == {(0, 0, 0)}
    assert len(calls_to(pushed, "PATCH")) == writes
    assert (lead["statecode"] != 0, lead["telephone1"]) == (True, "+90 1")


def test_a_lead_that_was_disqualified_is_written_to_again_once_it_is_open_there(pushed):
    at_the_crm(pushed, "disqualify")
    pull()
    Company.objects.filter(domain=DOMAIN).update(score=71)
    at_the_crm(pushed, "reopen")

    pull()
    push_due()

    (lead,) = leads_of(pushed, DOMAIN)
    assert (record().state, lead["hnt_finalscore"]) == (LeadState.SYNCED, 71)


def merged_into_another(sandbox):
    kept = sandbox.control.edit("dataverse", {"act": "create", "columns": {"subject": "Kept"}})["lead"]["leadid"]
    at_the_crm(sandbox, "merge", lead=kept, subordinate=DOMAIN)
    return kept


def test_a_merged_lead_is_followed(pushed):
    pushed.control.edit("dataverse", {"act": "set_key_status", "status": "Pending"})
    kept = merged_into_another(pushed)

    pull()
    push_due()

    assert (str(record().lead_id), record().state) == (kept, LeadState.SYNCED)


def test_where_the_domain_is_a_key_the_merged_lead_still_holds_it_and_a_person_is_told(pushed):
    kept = merged_into_another(pushed)

    pull()
    push_due()

    assert (str(record().lead_id), record().state) == (kept, LeadState.REVIEW)
    assert "Empty its domain there" in record().sync_error


def test_a_second_lead_for_the_domain_waits_for_a_person(pushed):
    pushed.control.edit("dataverse", {"act": "set_key_status", "status": "Pending"})
    pushed.control.edit("dataverse", {"act": "create", "columns": {"subject": "Mine", "hnt_domain": DOMAIN}})

    report = pull()

    assert (report.conflicts, record().state) == (1, LeadState.REVIEW)


@pytest.mark.proves("R4.7", "R1.8")
@pytest.mark.parametrize(("merged", "state"), [(False, LeadState.REVIEW), (True, LeadState.SYNCED)])
def test_a_person_who_asks_for_a_push_of_two_leads_has_both_looked_at_again(pushed, merged, state):
    pushed.control.edit("dataverse", {"act": "set_key_status", "status": "Pending"})
    second = pushed.control.edit("dataverse", {"act": "create", "columns": {"subject": "Mine", "hnt_domain": DOMAIN}})
    pull()
    if merged:
        ours = str(record().lead_id)
        pushed.control.edit("dataverse", {"act": "merge", "lead": ours, "subordinate": second["leadid"]})

    push_company(DOMAIN)

    assert record().state == state


def test_an_expired_token_is_followed_by_one_full_pass(pushed):
    pushed.control.edit("dataverse", {"act": "switch", "switches": {"tracking_days": 0}})
    at_the_crm(pushed, "change", columns={"telephone1": "+90 3"})

    report = pull()

    assert not report.failed
    assert CrmPull.objects.order_by("-id")[0].is_full
    assert Company.objects.get(domain=DOMAIN).phone == "+90 3"


def test_what_was_deleted_while_nothing_was_told_is_found_by_a_full_pass(pushed):
    at_the_crm(pushed, "delete")

    pull(full=True)
    push_due()

    assert record().state == LeadState.GONE


@pytest.mark.proves("R3.7")
def test_a_full_pass_looks_for_all_that_it_did_not_meet_a_block_for_each_page(db):
    CrmRecordFactory.create_batch(BLOCK + 1, in_step=True)
    full, backend = open_pull("dynamics365", full=True), crm_backend()
    wishes = Wishes.of(backend, by_itself(backend.load_mapping()))
    left = []

    while full.state == CrmPull.State.RUNNING:
        with transaction.atomic():
            take_changes(full, Changes(rows=(), deleted=(), cursor="here", is_last=True), backend, wishes)
        left.append(CrmRecord.objects.in_step().count())

    assert left == [1, 0]


@pytest.mark.parametrize(("hours", "is_full"), [(23, False), (25, True)])
def test_where_no_deletion_is_told_everything_is_read_once_a_day(hours, is_full, db):
    begun = database_now() - timedelta(hours=hours)
    ended_pull(is_full=True, started_at=begun)
    ended_pull(cursor="since 1")

    assert open_pull("dynamics365", full=False).is_full is is_full


def test_where_deletions_are_told_everything_is_read_no_second_time(db):
    ended_pull(is_full=True, started_at=database_now() - timedelta(days=9))
    ended_pull(cursor="tracked?1", tells_deletions=True)

    assert open_pull("dynamics365", full=False).cursor == "tracked?1"


def ended_pull(*, tells_deletions=False, **values):
    ended = {"state": CrmPull.State.DONE, "finished_at": database_now(), "tells_deletions": tells_deletions}
    return CrmPull.objects.create(crm="dynamics365", **ended, **values)


def test_without_change_tracking_it_is_asked_by_the_time_of_change(dynamics):
    dynamics.control.edit("dataverse", {"act": "switch", "switches": {"change_tracking": False}})
    ScannedCompanyFactory(domain=DOMAIN, phone="+90 1")
    push_due()
    pull()
    at_the_crm(dynamics, "change", columns={"telephone1": "+90 4"})

    report = pull()

    assert not report.failed
    assert Company.objects.get(domain=DOMAIN).phone == "+90 4"
    assert any("modifiedon" in call["query"] for call in calls_to(dynamics, "GET"))
    assert not CrmPull.objects.filter(tells_deletions=True).exists()


@pytest.mark.proves("R4.5")
@pytest.mark.fault(19)
def test_a_column_that_disappears_stops_it_with_the_column_and_the_way_out(pushed):
    pushed.control.edit("dataverse", {"act": "drop_column", "column": "hnt_provider"})

    first = pull(full=True)
    end_pause(LaneName.DYNAMICS365)
    next_look = pull(full=True)

    assert (first.failed, next_look.failed) == (True, True)
    assert "hnt_provider" in first.trouble
    assert "hnt_provider" in next_look.trouble
    assert "check_crm" in next_look.trouble


@pytest.mark.proves("R1.9", "R1.11")
def test_pages_are_taken_one_by_one_and_the_counts_add_up(dynamics):
    for number in range(1100):
        dynamics.control.edit("dataverse", {"act": "create", "columns": {"subject": f"Lead {number}"}})

    report = pull()

    assert CrmPull.objects.get().pages == 3
    assert report.seen == report.applied + report.ignored + report.conflicts + report.failed_rows
    assert report.seen == len(dynamics.control.state("dataverse")["leads"])


@pytest.mark.proves("R3.2")
def test_one_pull_at_a_time(pushed):
    CrmPull.objects.create(crm="dynamics365", cursor="", is_full=True)

    pull()

    assert CrmPull.objects.filter(state="running").count() == 0
    assert CrmPull.objects.count() == 2


@pytest.mark.fault(27)
def test_after_a_fail_over_each_lead_written_since_is_located_merged_and_written_again(pushed):
    at_the_crm(pushed, "change", columns={"telephone1": "+90 5"})
    before = leads_of(pushed, DOMAIN)[0]["_writes"]

    report = verify_crm(crm_backend(), since=database_now() - timedelta(hours=1))
    push_due()

    lead = leads_of(pushed, DOMAIN)[0]
    assert report.queued == 1
    assert (lead["_writes"], lead["telephone1"]) == (before + 1, "+90 5")
    assert record().state == LeadState.SYNCED


def test_what_was_written_before_is_not_looked_at(pushed):
    assert verify_crm(crm_backend(), since=database_now()).queued == 0
    assert not Item.objects.filter(kind="push_dynamics365", due_at__isnull=False).exists()
