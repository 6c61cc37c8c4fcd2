"""A lead with the company's website and no domain, made by people in the CRM: it waits for a person (f.7; ledger: push)."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import CrmRecord
from crm.push.record import LeadState, PushResult
from crm.registry import crm_backend
from crm.services.look_alikes import keep_apart, take_over_lead
from crm.services.pulling import pull_crm_changes
from crm.services.pushing import push_company, push_due
from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.people import administrator, api_client, staff
from tests.pipelines.test_push import leads_of

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.proves("R1.1", "R4.7")]

DOMAIN = "contoso.com"


def person_makes_one(sandbox, *, website=f"https://www.{DOMAIN}/", name="Contoso GmbH"):
    columns = {"subject": "Met at the fair", "companyname": name, "websiteurl": website}
    return sandbox.control.edit("dataverse", {"act": "create", "columns": columns})["leadid"]


def lead(sandbox, lead_id):
    (found,) = [one for one in sandbox.control.state("dataverse")["leads"] if one["leadid"] == lead_id]
    return found


def record():
    return CrmRecord.objects.get(company__domain=DOMAIN)


def waiting():
    return [UUID(one["lead_id"]) for one in record().look_alikes]


def pull(*, full=False):
    return pull_crm_changes(crm_backend(), full=full)


@pytest.fixture
def there(dynamics):
    """The id of a lead that was in the CRM before the company's first push, which met it."""
    lead_id = person_makes_one(dynamics)
    ScannedCompanyFactory(domain=DOMAIN, name="Contoso", score=60)
    push_due()
    return lead_id


@pytest.fixture
def pushed(dynamics):
    """A company in step, and a pull that has read everything."""
    ScannedCompanyFactory(domain=DOMAIN, score=60)
    push_due()
    pull()
    return dynamics


def test_the_push_is_held_and_the_lead_left_alone(dynamics):
    there = person_makes_one(dynamics)
    ScannedCompanyFactory(domain=DOMAIN)

    report = push_due()

    assert (report.due, report.created, report.failed_companies, report.held) == (1, 0, 1, 1)
    assert "1 wait for a person" in report.sentence()
    assert (record().state, record().last_result, waiting()) == (LeadState.REVIEW, PushResult.REVIEW, [UUID(there)])
    assert "Contoso GmbH" in record().sync_error
    assert leads_of(dynamics, DOMAIN) == []
    assert lead(dynamics, there)["hnt_lastsynctime"] is None


def test_a_held_company_is_not_due_again_before_a_person_decides(there):
    assert push_due().due == 0


def test_taken_over_it_is_the_companys_lead(dynamics, there):
    take_over_lead(record(), lead_id=UUID(there), by=administrator("ayse"))

    report = push_due()

    assert (report.due, report.adopted) == (1, 1)
    assert (record().state, str(record().lead_id), record().is_adopted) == (LeadState.SYNCED, there, True)
    assert [(one["leadid"], one["hnt_finalscore"]) for one in leads_of(dynamics, DOMAIN)] == [(there, 60)]
    assert AuditEntry.objects.filter(
        act="take over a lead", after__leads__0__lead_id=there, by__username="ayse"
    ).exists()


def test_kept_apart_the_company_gets_a_lead_of_its_own_and_nobody_is_asked_again(dynamics, there):
    keep_apart(record(), lead_ids=waiting(), by=administrator("ayse"))

    report = push_due()
    pull(full=True)

    assert (report.due, report.created, record().state) == (1, 1, LeadState.SYNCED)
    assert [one["leadid"] for one in leads_of(dynamics, DOMAIN)] == [str(record().own_id)]
    assert lead(dynamics, there)["hnt_lastsynctime"] is None
    assert AuditEntry.objects.filter(act="keep leads apart", by__username="ayse").count() == 1


def test_pushed_again_undecided_it_waits_again(there):
    assert push_company(DOMAIN).held == 1
    assert waiting() == [UUID(there)]


def test_pushed_again_undecided_a_lead_that_is_there_waits_again(pushed):
    there = person_makes_one(pushed)
    pull()

    assert push_company(DOMAIN).held == 1
    assert (record().state, waiting()) == (LeadState.REVIEW, [UUID(there)])


def test_one_that_was_closed_meanwhile_is_no_obstacle(dynamics, there):
    dynamics.control.edit("dataverse", {"act": "disqualify", "lead": there})

    assert push_company(DOMAIN).created == 1


def test_one_that_was_deleted_after_it_was_taken_over_is_gone(dynamics, there):
    take_over_lead(record(), lead_id=UUID(there), by=None)
    dynamics.control.edit("dataverse", {"act": "delete", "lead": there})

    push_due()

    assert record().state == LeadState.GONE
    assert leads_of(dynamics, DOMAIN) == []


def test_one_that_a_person_makes_between_the_look_and_the_create_is_shown_beside_the_lead(dynamics):
    company = ScannedCompanyFactory(domain=DOMAIN)
    CrmRecordFactory(company=company, absent_at=database_now())  # the look has ended
    there = person_makes_one(dynamics)

    report = push_due()

    row = record()
    assert (report.due, report.failed_companies) == (1, 1)
    assert (row.state, row.ever_confirmed, row.mapping_version, waiting()) == (LeadState.REVIEW, True, 1, [UUID(there)])
    assert row.synced_at is not None
    assert [one["leadid"] for one in leads_of(dynamics, DOMAIN)] == [str(row.own_id)]


@pytest.mark.fault(4)
def test_the_look_that_follows_a_create_casts_no_doubt_on_it(dynamics):
    company = ScannedCompanyFactory(domain=DOMAIN)
    CrmRecordFactory(company=company, absent_at=database_now())
    dynamics.control.add_fault(service="dataverse", operation="query", fault="drop_before", times=1)

    report = push_due()

    assert (report.created, record().state, record().sent) == (1, LeadState.SYNCED, [])


def test_one_that_comes_later_is_met_by_the_pull(pushed):
    there = person_makes_one(pushed, website=f"http://{DOMAIN}/about-us")

    report = pull()

    assert (report.conflicts, record().state, waiting()) == (1, LeadState.REVIEW, [UUID(there)])
    assert str(record().lead_id) == str(record().own_id)


def test_the_lead_that_is_there_goes_on_once_the_others_are_kept_apart(pushed):
    there = person_makes_one(pushed)
    pull()

    keep_apart(record(), lead_ids=waiting(), by=None)
    push_company(DOMAIN)
    pull(full=True)

    assert (record().state, record().look_alikes, record().kept_apart) == (LeadState.SYNCED, [], [there])


@pytest.mark.fault(21)
def test_merged_there_and_pushed_again_it_is_in_step(pushed):
    there = person_makes_one(pushed)
    pull()
    pushed.control.edit("dataverse", {"act": "merge", "lead": DOMAIN, "subordinate": there})

    push_company(DOMAIN)

    assert (record().state, record().look_alikes) == (LeadState.SYNCED, [])


def test_a_company_without_a_lead_is_left_to_its_first_look(dynamics):
    ScannedCompanyFactory(domain=DOMAIN)
    person_makes_one(dynamics)

    report = pull()

    assert report.conflicts == 0
    assert not CrmRecord.objects.exists()


def test_a_lead_that_a_company_has_is_given_up_for_no_other(pushed):
    there = person_makes_one(pushed)
    pull()

    with pytest.raises(HunterError, match="has a lead in Dynamics 365 already"):
        take_over_lead(record(), lead_id=UUID(there), by=None)

    assert record().state == LeadState.REVIEW


def test_the_lead_of_another_company_is_not_taken_over(there):
    CrmRecordFactory(company=ScannedCompanyFactory(domain="fabrikam.com"), lead_id=UUID(there))

    with pytest.raises(HunterError, match=r"the one of fabrikam\.com"):
        take_over_lead(record(), lead_id=UUID(there), by=None)


def test_a_decision_that_is_made_twice_is_made_once(there):
    take_over_lead(record(), lead_id=UUID(there), by=None)
    take_over_lead(record(), lead_id=UUID(there), by=None)

    assert AuditEntry.objects.filter(act="take over a lead").count() == 1


def test_leads_that_are_kept_apart_twice_are_kept_apart_once(there):
    ids = waiting()
    keep_apart(record(), lead_ids=ids, by=None)
    keep_apart(record(), lead_ids=ids, by=None)

    assert AuditEntry.objects.filter(act="keep leads apart").count() == 1


def test_whoever_comes_after_another_persons_decision_is_told(there):
    ids = waiting()
    take_over_lead(record(), lead_id=UUID(there), by=None)

    with pytest.raises(HunterError, match="waits for a decision"):
        keep_apart(record(), lead_ids=ids, by=None)


def test_whoever_saw_other_leads_is_told(dynamics, there):
    person_makes_one(dynamics, name="Contoso Ltd")
    push_company(DOMAIN)

    with pytest.raises(HunterError, match="others since you looked"):
        keep_apart(record(), lead_ids=[UUID(there)], by=None)

    assert (len(waiting()), record().kept_apart) == (2, [])


@pytest.mark.parametrize("where", ["crm_crmrecord", "leads_company"])
def test_the_lead_and_the_buttons_stand_on_its_pages(where, there):
    client = Client()
    client.force_login(administrator("ayse"))
    row = record()
    key = row.pk if where == "crm_crmrecord" else row.company_id

    text = client.get(reverse(f"admin:{where}_change", args=[key])).content.decode()

    for shown in ("Contoso GmbH", f"etn=lead&amp;id={there}", "Take over this lead", "Make a lead of its own"):
        assert shown in text
    assert "made by Hunter" not in text, "as long as there is none"


@pytest.mark.parametrize(
    ("act", "given", "state"),
    [
        pytest.param("take_over", "lead_id", LeadState.PENDING, id="take over"),
        pytest.param("keep_apart", "lead_ids", LeadState.PENDING, id="keep apart"),
    ],
)
def test_one_click_decides_with_the_permission_to_push(act, given, state, there):
    address = reverse("admin:crm_crmrecord_act", args=[act])
    sent = {"id": record().pk, given: there, "confirmed": "1"}
    reader, pusher = Client(), Client()
    reader.force_login(staff("crm.view_crmrecord"))
    pusher.force_login(staff("crm.view_crmrecord", "crm.push_crmrecord", name="ayse"))

    assert reader.post(address, sent).status_code == 403
    assert (pusher.get(address).status_code, record().state) == (200, LeadState.REVIEW)
    assert pusher.post(address, sent).status_code == 302
    assert (record().state, record().look_alikes) == (state, [])


def test_ids_that_are_none_are_refused_in_the_form(there):
    client = Client()
    client.force_login(administrator("ayse"))
    sent = {"id": record().pk, "lead_ids": "contoso", "confirmed": "1"}

    page = client.post(reverse("admin:crm_crmrecord_act", args=["keep_apart"]), sent)

    assert (page.status_code, record().state) == (200, LeadState.REVIEW)


def test_a_program_decides_over_the_api(there):
    client = api_client("crm.view_crmrecord", "crm.push_crmrecord")
    address = f"/api/v1/crm-records/{record().pk}/"
    shown = client.get(address).json()["look_alikes"]

    other = client.post(f"{address}keep-apart/", {"lead_ids": [str(record().own_id)]}, format="json")
    taken = client.post(f"{address}take-over/", {"lead_id": shown[0]["lead_id"]}, format="json")
    late = client.post(f"{address}keep-apart/", {"lead_ids": [shown[0]["lead_id"]]}, format="json")

    assert [(one["lead_id"], one["name"]) for one in shown] == [(there, "Contoso GmbH")]
    assert (other.status_code, taken.status_code, late.status_code) == (409, 200, 409)
    assert (taken.json()["state"], taken.json()["lead_id"], taken.json()["look_alikes"]) == ("pending", there, [])


def test_in_hubspot_it_is_held_and_taken_over_alike(hubspot):
    properties = {"name": "Contoso GmbH", "website": f"www.{DOMAIN}"}
    hubspot.control.edit("hubspot", {"act": "create", "properties": properties})
    ScannedCompanyFactory(domain=DOMAIN)

    held = push_due()
    (there,) = waiting()
    take_over_lead(record(), lead_id=there, by=None)
    report = push_due()

    (company,) = hubspot.control.state("hubspot")["companies"]
    assert (held.held, report.adopted, record().state) == (1, 1, LeadState.SYNCED)
    assert company["properties"]["domain"] == DOMAIN
