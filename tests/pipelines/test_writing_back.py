"""What Hunter writes to referrals at Partner Center, against the simulator's own store and journal (contract 4; R1.8, R3.3)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from crm.push.record import LeadState
from crm.references import tell_referrals
from crm.services.pushing import push_company, push_due
from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from hunter.work.retrying import retry_errors
from leads.models import Company
from referrals.models import Referral, WriteBack, WriteBackState
from referrals.services.linking import relink_referral
from referrals.services.runs import NotEnabled, Wish
from referrals.services.syncing import sync_referrals
from referrals.services.writing_back import WritingIsOff, keep_theirs, want_status
from referrals.writing import StatusStep
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.factories.people import administrator
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

NEWER = {"status": "Active", "substatus": "Accepted"}


@pytest.fixture
def sandbox(partner_center_with, settings):
    settings.PARTNER_CENTER_WRITE_STATUS = True
    return partner_center_with(0)


@pytest.fixture
def referral(sandbox):
    """A new referral, taken in by its own work and tied to a company."""
    row = sandbox.control.edit("partner-center", {"add": {"name": "Deal"}})
    sync_referrals(Wish(full=True))
    Item.objects.filter(kind="sync_referrals").delete()
    found = Referral.objects.get(referral_id=row["id"])
    relink_referral(found, to=CompanyFactory.create(domain="contoso.com"), by=None)
    return Referral.objects.get(pk=found.pk)


def there(sandbox, referral):
    """The referral as Partner Center has it."""
    rows = sandbox.control.state("partner-center")["referrals"]
    return next(row for row in rows if row["id"] == referral.referral_id)


def status_there(sandbox, referral):
    row = there(sandbox, referral)
    return row["status"], row["substatus"]


def writes(sandbox, *, answered=None):
    """The PATCH calls that the simulator's journal has, or those with that answer."""
    calls = [one for one in sandbox.control.calls("partner-center") if one["method"] == "PATCH"]
    return [one for one in calls if answered is None or one["status"] == answered]


def set_there(sandbox, referral, **values):
    sandbox.control.edit("partner-center", {"id": referral.referral_id, "set": values})


def work():
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()


def work_on():
    """Back-offs end, and the work goes on."""
    Item.objects.filter(kind="write_referral", due_at__isnull=False).update(due_at=database_now())
    work()


def choose(referral, step=StatusStep.ACCEPT, *, why=""):
    return want_status(Referral.objects.get(pk=referral.pk), step, by=administrator(), why=why)


def in_the_crm(referral):
    """Its company has a confirmed lead, and that was told."""
    record = CrmRecordFactory.create(company=referral.company, in_step=True)
    tell_referrals([referral.company])
    return str(record.lead_id)


@pytest.mark.proves("R1.8")
def test_a_status_that_a_person_chose_is_written_with_status_and_substatus_in_one_call(sandbox, referral):
    told = choose(referral)

    row = WriteBack.objects.get()
    assert (row.state, row.wanted_status, row.sent, writes(sandbox)) == ("waiting", "Active", [], [])
    work()
    assert told.sentence() == "Deal will be accepted at Partner Center within a minute."
    assert status_there(sandbox, referral) == ("Active", "Accepted")
    (call,) = writes(sandbox)
    assert call["headers"]["If-Match"] == referral.etag
    assert call["headers"]["Prefer"] == "return=representation"
    row.refresh_from_db()
    assert (row.state, row.wanted_status, row.sent, row.must_read) == ("in_step", "", [], False)
    entry = AuditEntry.objects.get(act="accept")
    assert (entry.before, entry.after) == ("New · Pending", "Active · Accepted")


def test_the_answer_is_stored_so_that_the_next_sync_sees_nothing_new(sandbox, referral):
    choose(referral)
    work()

    stored = Referral.objects.get(pk=referral.pk)
    row = there(sandbox, referral)
    assert (stored.status, stored.etag) == ("Active", row["eTag"])
    report = sync_referrals(Wish(full=True))
    assert (report.updated, report.created) == (0, 0)


@pytest.mark.parametrize(
    ("step", "pair"),
    [
        (StatusStep.ACCEPT, ("Active", "Accepted")),
        (StatusStep.DECLINE, ("Closed", "Declined")),
        (StatusStep.WON, ("Closed", "Won")),
        (StatusStep.LOST, ("Closed", "Lost")),
    ],
)
def test_each_step_is_taken_by_the_other_side(sandbox, referral, step, pair):
    choose(referral, step, why="too small")
    work()

    assert status_there(sandbox, referral) == pair


def test_why_a_deal_was_lost_is_told_there(sandbox, referral):
    choose(referral, StatusStep.LOST, why="another partner was cheaper")
    work()

    assert there(sandbox, referral)["statusReason"] == "another partner was cheaper"


def test_p29_what_the_table_forbids_is_refused_before_any_call(sandbox, referral):
    choose(referral, StatusStep.DECLINE)
    work()

    with pytest.raises(HunterError, match="Nothing was changed"):
        choose(referral, StatusStep.WON)

    assert len(writes(sandbox)) == 1


def test_what_is_there_already_asks_for_nothing(sandbox, referral):
    choose(referral)
    work()

    assert choose(referral).sentence() == "Deal is Active · Accepted already; nothing was changed."
    assert not Item.objects.filter(kind="write_referral", due_at__isnull=False).exists()


def test_statuses_are_not_written_unless_the_set_up_says_so(sandbox, referral, settings):
    settings.PARTNER_CENTER_WRITE_STATUS = False
    with pytest.raises(WritingIsOff):
        choose(referral)
    settings.PARTNER_CENTER_ENABLED = False
    with pytest.raises(NotEnabled):
        choose(referral)


@pytest.mark.proves("R3.3")
def test_a_choice_on_an_old_page_is_refused(sandbox, referral):
    seen = Referral.objects.get(pk=referral.pk)
    Referral.objects.filter(pk=referral.pk).update(name="changed meanwhile")

    with pytest.raises(HunterError, match="was changed since you opened it"):
        want_status(seen, StatusStep.ACCEPT, by=None)


@pytest.mark.proves("R3.3")
def test_p27_another_field_changed_over_there_is_kept_and_ours_is_written(sandbox, referral):
    set_there(sandbox, referral, name="Renamed over there", **{"/details/notes": "called them"})

    choose(referral)
    work()

    row = there(sandbox, referral)
    assert (row["status"], row["name"], row["details"]["notes"]) == ("Active", "Renamed over there", "called them")
    assert [one["status"] for one in writes(sandbox)] == [412, 200]
    assert Referral.objects.get(pk=referral.pk).name == "Renamed over there"
    assert not ErrorRecord.objects.unsettled().exists()


@pytest.mark.proves("R3.3")
def test_p27_a_status_changed_over_there_is_never_written_over(sandbox, referral):
    choose(referral, StatusStep.LOST)
    set_there(sandbox, referral, **NEWER)

    work()

    assert status_there(sandbox, referral) == ("Active", "Accepted")
    assert writes(sandbox, answered=200) == []
    record = ErrorRecord.objects.unsettled().get(kind="write_referral")
    assert (record.error_class, record.key) == ("conflict", referral.referral_id)
    assert "Closed · Lost" in record.message
    assert "Active · Accepted" in record.message
    assert WriteBack.objects.get().state == WriteBackState.CONFLICT


def test_after_a_conflict_the_person_chooses_again_and_the_error_is_settled(sandbox, referral):
    choose(referral, StatusStep.LOST)
    set_there(sandbox, referral, **NEWER)
    work()

    choose(referral, StatusStep.LOST)
    work()

    assert status_there(sandbox, referral) == ("Closed", "Lost")
    assert not ErrorRecord.objects.unsettled().exists()


def test_after_a_conflict_the_person_keeps_what_is_there(sandbox, referral):
    choose(referral, StatusStep.LOST)
    set_there(sandbox, referral, **NEWER)
    work()

    keep_theirs(referral, by=administrator())
    work()

    assert status_there(sandbox, referral) == ("Active", "Accepted")
    assert not ErrorRecord.objects.unsettled().exists()
    assert WriteBack.objects.get().wanted is None


def test_somebody_who_sets_the_same_status_first_is_no_conflict(sandbox, referral):
    choose(referral)
    set_there(sandbox, referral, **NEWER)

    work()

    assert not ErrorRecord.objects.unsettled().exists()
    assert WriteBack.objects.get().state == WriteBackState.IN_STEP


def test_a_referral_that_is_changed_again_and_again_becomes_an_error(sandbox, referral):
    sandbox.control.add_fault(service="partner-center", operation="patch", fault="status", status=412)
    choose(referral)

    work()

    assert len(writes(sandbox)) == 5
    assert ErrorRecord.objects.unsettled().get(kind="write_referral").error_class == "conflict"


@pytest.mark.fault(4)
@pytest.mark.proves("R1.8")
@pytest.mark.parametrize(
    ("fault", "status"),
    [("drop_after", None), ("broken_json", None), ("drop_before", None), ("status", 504), ("html", 502)],
)
def test_p34_a_lost_answer_is_read_before_anything_is_repeated(sandbox, referral, fault, status):
    more = {"status": status} if status else {}
    sandbox.control.add_fault(service="partner-center", operation="patch", fault=fault, times=1, **more)
    choose(referral)
    work()
    row = WriteBack.objects.get()
    sent = {"reference": "", "status": "Active", "substatus": "Accepted", "etag": referral.etag}
    assert (row.must_read, row.sent) == (True, [sent])

    before = len(sandbox.control.calls("partner-center"))
    work_on()

    assert status_there(sandbox, referral) == ("Active", "Accepted")
    took_effect = {one["headers"]["If-Match"] for one in writes(sandbox)}
    assert took_effect == {referral.etag}
    following = [one["method"] for one in sandbox.control.calls("partner-center")[before:]]
    assert following[0] == "GET"
    row.refresh_from_db()
    assert (row.must_read, row.wanted_status, row.state) == (False, "", "in_step")
    assert not ErrorRecord.objects.unsettled().exists()


def test_p34_a_change_that_took_effect_though_its_answer_was_lost_is_not_sent_again(sandbox, referral):
    sandbox.control.add_fault(service="partner-center", operation="patch", fault="drop_after", times=1)
    choose(referral)
    work()
    work_on()

    assert len(writes(sandbox)) == 1


@pytest.mark.fault(4)
def test_p34_a_choice_made_while_the_one_before_is_on_its_way_is_no_conflict(sandbox, referral):
    sandbox.control.add_fault(service="partner-center", operation="patch", fault="drop_after", times=2)
    choose(referral)
    work()

    choose(referral, StatusStep.LOST)
    work()
    work_on()

    assert status_there(sandbox, referral) == ("Closed", "Lost")
    assert len(writes(sandbox)) == 2
    assert not ErrorRecord.objects.unsettled().exists()


def test_p34_after_too_many_lost_answers_it_is_an_error_that_one_click_tries_again(sandbox, referral):
    sandbox.control.add_fault(service="partner-center", operation="patch", fault="status", status=500)
    choose(referral)
    for _ in range(10):
        work_on()
    record = ErrorRecord.objects.unsettled().get(kind="write_referral")
    assert record.gave_up
    assert len(writes(sandbox)) == 4
    assert WriteBack.objects.get().state == WriteBackState.REFUSED

    sandbox.control.clear_faults()
    retry_errors([record], by=administrator())
    work()

    assert status_there(sandbox, referral) == ("Active", "Accepted")
    assert not ErrorRecord.objects.unsettled().exists()


def test_p34_too_many_requests_pause_the_lane_and_cost_no_attempt(sandbox, referral):
    sandbox.control.add_fault(
        service="partner-center", operation="patch", fault="status", status=429, times=1, retry_after="30"
    )
    choose(referral)
    work()

    assert Item.objects.get(kind="write_referral").attempts == 0
    assert writes(sandbox, answered=200) == []


@pytest.mark.proves("R5.8")
@pytest.mark.parametrize(("status", "kind"), [(400, "validation"), (403, "permission"), (422, "validation")])
def test_a_refusal_is_an_error_with_a_retry(sandbox, referral, status, kind):
    sandbox.control.add_fault(service="partner-center", operation="patch", fault="status", status=status)
    choose(referral)
    work()
    record = ErrorRecord.objects.unsettled().get(kind="write_referral")
    assert record.error_class == kind
    assert WriteBack.objects.get().state == WriteBackState.REFUSED

    sandbox.control.clear_faults()
    retry_errors([record], by=administrator())
    work()

    assert status_there(sandbox, referral) == ("Active", "Accepted")


def test_a_referral_that_left_our_scope_is_marked_and_told(sandbox, referral):
    sandbox.control.edit("partner-center", {"remove": referral.referral_id})
    choose(referral)
    work()

    assert WriteBack.objects.get().state == WriteBackState.GONE
    assert ErrorRecord.objects.unsettled().get(kind="write_referral").error_class == "not_found"
    assert Referral.objects.filter(pk=referral.pk, vanished_at__isnull=False).exists()


def test_a_referral_without_an_etag_is_read_first(sandbox, referral):
    Referral.objects.filter(pk=referral.pk).update(etag="", content_hash="of another time")
    choose(referral)
    work()

    assert status_there(sandbox, referral) == ("Active", "Accepted")
    assert writes(sandbox)[0]["headers"]["If-Match"] == referral.etag


@pytest.mark.proves("R1.8")
def test_the_referral_names_our_lead_once_the_crm_has_confirmed_it(sandbox, referral):
    lead_id = in_the_crm(referral)
    work()

    assert there(sandbox, referral)["externalReferenceId"] == lead_id
    assert Referral.objects.get(pk=referral.pk).external_reference_id == lead_id
    assert WriteBack.objects.get().reference_written == lead_id
    tell_referrals([referral.company])
    work()
    assert len(writes(sandbox)) == 1


def test_a_lead_that_is_not_confirmed_or_is_gone_is_not_named(sandbox, referral):
    CrmRecordFactory.create(company=referral.company, in_step=True, state=LeadState.GONE.value)
    tell_referrals([referral.company])
    work()

    assert there(sandbox, referral)["externalReferenceId"] == ""


def test_a_referral_that_has_vanished_is_asked_for_no_reference(sandbox, referral):
    Referral.objects.filter(pk=referral.pk).update(vanished_at=database_now())
    in_the_crm(referral)

    assert not Item.objects.filter(kind="write_referral").exists()


def test_nothing_is_written_to_what_has_vanished_since_it_was_asked_for(sandbox, referral):
    in_the_crm(referral)
    Referral.objects.filter(pk=referral.pk).update(vanished_at=database_now())
    sandbox.control.edit("partner-center", {"remove": referral.referral_id})
    work()

    row = WriteBack.objects.get()
    assert (row.state, row.told) == (WriteBackState.GONE, "Partner Center shows this referral to us no more.")
    assert not ErrorRecord.objects.unsettled().filter(kind="write_referral").exists()
    assert writes(sandbox) == []


def test_a_status_chosen_for_what_has_vanished_since_is_written_only_if_it_is_there_after_all(sandbox, referral):
    choose(referral)
    Referral.objects.filter(pk=referral.pk).update(vanished_at=database_now())
    work()

    reads = [one for one in sandbox.control.calls("partner-center") if referral.referral_id in one["path"]]
    assert [one["method"] for one in reads] == ["GET", "PATCH"]
    assert status_there(sandbox, referral) == ("Active", "Accepted")
    assert Referral.objects.get(pk=referral.pk).vanished_at is None


def test_a_reference_that_somebody_else_has_put_there_stays(sandbox, referral):
    set_there(sandbox, referral, externalReferenceId="CRM-4711")

    in_the_crm(referral)
    work()

    assert there(sandbox, referral)["externalReferenceId"] == "CRM-4711"
    row = WriteBack.objects.get()
    assert (row.state, "CRM-4711" in row.told) == (WriteBackState.KEPT, True)
    assert not ErrorRecord.objects.unsettled().exists()


def test_our_own_reference_follows_the_referral_to_another_company(sandbox, referral):
    first = in_the_crm(referral)
    work()
    other = ScannedCompanyFactory.create(domain="fabrikam.com")
    relink_referral(Referral.objects.get(pk=referral.pk), to=other, by=None)

    second = in_the_crm(Referral.objects.get(pk=referral.pk))
    work()

    assert first != second
    assert there(sandbox, referral)["externalReferenceId"] == second


def test_a_closed_referral_is_left_alone(sandbox, referral):
    choose(referral, StatusStep.DECLINE)
    work()

    in_the_crm(referral)
    work()

    assert there(sandbox, referral)["externalReferenceId"] == ""


def test_references_are_not_written_where_the_set_up_says_no(sandbox, referral, settings):
    settings.PARTNER_CENTER_WRITE_REFERENCE = False

    in_the_crm(referral)
    work()

    assert writes(sandbox) == []


def test_reference_and_status_go_in_one_call(sandbox, referral):
    lead_id = in_the_crm(referral)
    choose(referral)
    work()

    row = there(sandbox, referral)
    assert (row["externalReferenceId"], row["status"]) == (lead_id, "Active")
    assert len(writes(sandbox)) == 1


@pytest.mark.proves("R1.1", "R1.8")
def test_a_push_leads_to_the_reference_and_all_comes_to_rest(sandbox, dynamics, referral):
    company = ScannedCompanyFactory.create(domain="pushed.example")
    relink_referral(Referral.objects.get(pk=referral.pk), to=company, by=None)
    push_company(company.domain, asked_by="ada")
    push_due()

    work()

    lead = there(sandbox, referral)["externalReferenceId"]
    assert UUID(lead) == Company.objects.get(pk=company.pk).crm_records.get().lead_id
    push_due()
    work()
    assert len(writes(sandbox)) == 1
    assert not Item.objects.filter(kind="write_referral", due_at__isnull=False).exists()
