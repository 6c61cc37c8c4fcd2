"""Leads in the admin: how each stands in words, and the clicks that put it right (C5, f.6)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.admin.lead_states import LeadStanding, PushWork
from crm.models import CrmRecord, CrmRemap
from crm.push.record import LeadState
from crm.push.settle import CLOSED_THERE
from hunter.audit.models import AuditEntry
from hunter.remote import limits
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane
from hunter.work.models import Item
from referrals.admin import stages
from referrals.models import Referral
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.people import administrator, staff
from tests.factories.referrals import ReferralFactory
from tests.factories.work import ItemFactory


@pytest.fixture
def page(db) -> Client:
    client = Client()
    client.force_login(administrator("ayse"))
    return client


@pytest.fixture(autouse=True)
def dynamics_is_on(settings):
    settings.D365_ENABLED, settings.D365_URL = True, "https://contoso.crm4.dynamics.com"


def act(name: str, model: str = "crm_crmrecord") -> str:
    return reverse(f"admin:{model}_act", args=[name])


SYNCED = CrmRecord(state=LeadState.SYNCED.value, ever_confirmed=True)


@pytest.mark.parametrize(
    ("record", "work", "words"),
    [
        pytest.param(None, PushWork(), "not pushed", id="no record"),
        pytest.param(CrmRecord(), PushWork(due_at=timezone.now()), "waiting", id="due"),
        pytest.param(SYNCED, PushWork(), "in step", id="confirmed"),
        pytest.param(SYNCED, PushWork(due_at=timezone.now()), "waiting", id="confirmed, and due again"),
        pytest.param(SYNCED, PushWork(is_running=True), "running", id="on its way"),
        pytest.param(SYNCED, PushWork(gave_up=True), "failed", id="given up"),
        pytest.param(CrmRecord(state=LeadState.REVIEW.value), PushWork(), "needs you", id="several leads there"),
        pytest.param(CrmRecord(state=LeadState.GONE.value), PushWork(), "deleted there", id="deleted there"),
        pytest.param(
            CrmRecord(state=LeadState.SYNCED.value, has_conflict=True), PushWork(), "conflict", id="changed back"
        ),
    ],
)
def test_how_a_lead_stands(record, work, words):
    assert LeadStanding("dynamics365", record, work).words[0] == words


def test_a_push_of_one_company_is_one_click(page):
    company = ScannedCompanyFactory(domain="contoso.com")

    text = page.post(act("push", "leads_company"), {"id": company.pk}, follow=True).content.decode()

    item = Item.objects.get(kind="push_dynamics365")
    assert (item.key, item.asked_by) == ("contoso.com", "ayse")
    assert AuditEntry.objects.get().act == "push"
    assert "1 will be pushed within a minute" in text


def test_a_selection_says_its_size_before_it_is_pushed(page):
    rows = [company.pk for company in ScannedCompanyFactory.create_batch(3)]
    changelist = reverse("admin:leads_company_changelist")

    asked = page.post(changelist, {"action": "push_selected", "_selected_action": rows}).content.decode()
    assert "3 companies are pushed" in asked
    assert not Item.objects.filter(kind="push_dynamics365").exists()
    page.post(act("push_selected", "leads_company"), {"id": rows, "confirmed": "1"})

    assert Item.objects.filter(kind="push_dynamics365").count() == 3


def test_what_is_due_is_asked_for_by_one_click(page):
    ScannedCompanyFactory(domain="due.example.com")
    CrmRecordFactory(company=ScannedCompanyFactory(), in_step=True)
    CrmRecord.objects.update(looked_at=timezone.now())

    page.post(act("push_due"))

    assert [item.key for item in Item.objects.filter(kind="push_dynamics365")] == ["due.example.com"]


def test_a_deleted_lead_is_made_again_only_after_a_question(page):
    row = CrmRecordFactory(state=LeadState.GONE.value)
    before = row.lead_id

    page.post(act("make_again"), {"id": row.pk})
    assert CrmRecord.objects.get().lead_id == before
    page.post(act("make_again"), {"id": row.pk, "confirmed": "1"})

    row.refresh_from_db()
    assert (row.generation, row.state) == (1, LeadState.PENDING)
    assert row.lead_id != before


def test_making_a_lead_again_is_a_permission_of_its_own(client, db):
    client.force_login(staff("crm.view_crmrecord", "crm.push_crmrecord"))
    row = CrmRecordFactory(state=LeadState.GONE.value)

    assert client.post(act("make_again"), {"id": row.pk, "confirmed": "1"}).status_code == 403


def test_a_crm_that_is_off_says_how_it_is_switched_on(page, settings):
    settings.D365_ENABLED = False
    company = ScannedCompanyFactory()

    text = page.post(act("push", "leads_company"), {"id": company.pk}, follow=True).content.decode()

    assert "Set D365_ENABLED=1" in text
    assert not Item.objects.filter(kind="push_dynamics365").exists()


@pytest.mark.parametrize("name", ["crm_crmrecord", "crm_crmpull", "crm_crmremap"])
def test_the_pages_of_a_crm_that_is_off_say_so_before_any_click(page, settings, name):
    shown = page.get(reverse(f"admin:{name}_changelist")).content.decode()
    settings.D365_ENABLED = False
    off = page.get(reverse(f"admin:{name}_changelist")).content.decode()

    assert ("Set D365_ENABLED=1" in shown, "Set D365_ENABLED=1" in off) == (False, True)


@pytest.mark.parametrize("name", ["crm_crmrecord", "crm_crmpull", "crm_crmremap"])
def test_the_pages_of_a_crm_that_rests_say_why(page, name):
    limits.ensure_lane(LaneName.DYNAMICS365)
    limits.pause(LaneName.DYNAMICS365, wait=timedelta(minutes=5), reason="hnt_provider is gone.")

    text = page.get(reverse(f"admin:{name}_changelist")).content.decode()

    assert "Dynamics 365 is not called at the moment: hnt_provider is gone." in text


def test_mapping_moves_say_which_mapping_is_in_force_and_how_many_leads_are_behind(page):
    CrmRecordFactory(in_step=True, mapping_version=7)

    text = page.get(reverse("admin:crm_crmremap_changelist")).content.decode()

    assert "Dynamics 365: mapping v1 is in force; 1 lead was confirmed with another one." in text


def test_a_move_of_leads_asks_about_those_crms_alone_that_have_any_to_move(page, settings):
    settings.CRM_BACKEND = "dynamics365,hubspot"
    address = act("move_leads", "crm_crmremap")
    none = page.get(address).content.decode()
    CrmRecordFactory(in_step=True, mapping_version=7)
    one = page.get(address).content.decode()

    assert "there is none to move" in none
    assert ("Dynamics 365: 1 lead was" in one, "HubSpot: 0" in one) == (True, False)


def test_a_move_of_no_leads_begins_no_run(page):
    CrmRecordFactory(in_step=True, mapping_version=1)

    told = page.post(act("move_leads", "crm_crmremap"), {"confirmed": "1"}, follow=True).content.decode()

    assert "there is none to move" in told
    assert not CrmRemap.objects.exists()


def test_a_move_says_what_queued_and_stayed_mean(page):
    run = CrmRemap.objects.create(crm="dynamics365", version=1, total=2, queued=2, stayed=1, finished_at=timezone.now())

    shown = page.get(reverse("admin:crm_crmremap_change", args=[run.pk])).content.decode()
    listed = page.get(reverse("admin:crm_crmremap_changelist")).content.decode()

    assert "Queued: leads whose push was asked for" in shown
    assert all("Stayed: leads whose push ended without the new mapping" in text for text in (shown, listed))


def test_a_confirmed_lead_is_one_click_away(page):
    row = CrmRecordFactory(in_step=True)

    text = page.get(reverse("admin:leads_company_change", args=[row.company_id])).content.decode()

    assert (
        f"https://contoso.crm4.dynamics.com/main.aspx?pagetype=entityrecord&amp;etn=lead&amp;id={row.lead_id}" in text
    )


def test_the_company_says_nothing_of_the_crm_to_those_who_may_not_see_it(client, db):
    row = CrmRecordFactory(in_step=True)
    client.force_login(staff("leads.view_company"))

    text = client.get(reverse("admin:leads_company_change", args=[row.company_id])).content.decode()

    assert "In the CRM" not in text
    assert str(row.lead_id) not in text


def test_leads_that_need_somebody_are_counted_and_listed(page):
    review = CrmRecordFactory(state=LeadState.REVIEW.value)
    CrmRecordFactory(in_step=True)

    shown = page.get(reverse("admin:crm_crmrecord_changelist"), {"needs": "you"}).context["cl"].result_list

    assert [row.pk for row in shown] == [review.pk]


def test_conflicts_say_that_there_are_none_and_a_further_filter_that_nothing_matches(page):
    CrmRecordFactory(in_step=True)
    address = reverse("admin:crm_crmrecord_changelist")

    none = page.get(address, {"needs": "you"}).content.decode()
    narrowed = page.get(address, {"needs": "you", "mapping": "other"}).content.decode()

    assert ("No conflicts" in none, "Nothing matches" in none) == (True, False)
    assert ("No conflicts" in narrowed, "Nothing matches" in narrowed) == (False, True)


def test_a_lead_that_waits_for_a_choice_names_its_columns_in_the_list(page):
    CrmRecordFactory(in_step=True, has_conflict=True, undecided={"telephone1": {"here": "1", "there": "2"}})

    text = page.get(reverse("admin:crm_crmrecord_changelist"), {"needs": "you"}).content.decode()

    assert "telephone1" in text


def closed_record() -> CrmRecord:
    """A lead that the CRM had, closed before Hunter ever wrote to it."""
    return CrmRecordFactory(
        state=LeadState.CLOSED.value, lead_id=uuid4(), last_result="closed", sync_error=CLOSED_THERE
    )


@pytest.mark.parametrize("where", ["crm_crmrecord", "leads_company"])
def test_a_lead_that_is_closed_there_can_be_looked_at_and_says_how_it_goes_on(where, page):
    row = closed_record()
    key = row.pk if where == "crm_crmrecord" else row.company_id

    text = page.get(reverse(f"admin:{where}_change", args=[key])).content.decode()

    assert f"etn=lead&amp;id={row.lead_id}" in text
    assert "reopen it there, then push it here" in text
    assert "not there yet" not in text


def test_the_tabs_of_the_leads_add_up(page):
    closed_record()
    CrmRecordFactory(in_step=True)
    CrmRecordFactory()
    CrmRecordFactory(state=LeadState.REVIEW.value)
    given_up("dynamics365", CrmRecordFactory())

    tabs = page.get(reverse("admin:crm_crmrecord_changelist")).context["state_tabs"]

    counted = {tab.title: tab.count for tab in tabs}
    assert counted == {"All": 5, "In step": 1, "Waiting": 1, "Closed there": 1, "Failed": 1, "Needs you": 1}
    assert {tab.title: len(page.get(tab.url).context["cl"].result_list) for tab in tabs} == counted


def given_up(crm: str, row: CrmRecord) -> None:
    """Its push has failed for good."""
    ItemFactory(kind=f"push_{crm}", key=row.company.domain, lane=crm)


@pytest.mark.proves("R8.2")
def test_a_referral_is_in_the_crm_once_its_lead_is_in_step_in_each(page, settings):
    settings.CRM_BACKEND = "dynamics365,hubspot"
    both = ReferralFactory(company=ScannedCompanyFactory(), status="New")
    one = ReferralFactory(company=ScannedCompanyFactory(), status="New")
    for referral, crm in ((both, "dynamics365"), (both, "hubspot"), (one, "dynamics365")):
        CrmRecordFactory(company=referral.company, crm=crm, in_step=True)
    given_up("hubspot", CrmRecordFactory(company=one.company, crm="hubspot"))

    told = {name: list(stages.parts()[name].narrow(Referral.objects.all())) for name in ("in_crm", "failed", "waiting")}

    assert told == {"in_crm": [both], "failed": [one], "waiting": []}


@pytest.mark.parametrize("where", ["crm_crmrecord", "leads_company"])
def test_a_push_of_a_deleted_lead_says_that_it_stays_deleted(where, page):
    row = CrmRecordFactory(state=LeadState.GONE.value)
    key = row.pk if where == "crm_crmrecord" else row.company_id

    told = page.post(act("push", where), {"id": key}, follow=True).content.decode()

    assert "1 lead was deleted in the CRM: only Make the lead again" in told


def test_a_deleted_lead_is_offered_to_be_made_again_and_not_to_be_pushed_or_opened(page):
    row = CrmRecordFactory(state=LeadState.GONE.value, ever_confirmed=True)

    text = page.get(reverse("admin:crm_crmrecord_change", args=[row.pk])).content.decode()

    assert (act("make_again") in text, act("push") in text, "etn=lead" in text) == (True, False, False)


@pytest.mark.parametrize("name", ["push", "push_due"])
def test_a_push_says_that_it_waits_while_the_crm_is_not_called(name, page):
    row = CrmRecordFactory(in_step=True)
    Lane.objects.update_or_create(name="dynamics365", defaults={"held": True, "held_reason": "a migration there"})

    told = page.post(act(name), {"id": row.pk}, follow=True).content.decode()

    assert "Dynamics 365 is not called at the moment: a migration there. Its pushes wait." in told


@pytest.mark.parametrize("where", ["crm_crmrecord", "leads_company"])
def test_a_push_under_way_is_looked_at_again_by_itself(where, page):
    row = CrmRecordFactory(in_step=True)
    address = reverse(f"admin:{where}_change", args=[row.pk if where == "crm_crmrecord" else row.company_id])

    at_rest = page.get(address).content.decode()
    page.post(act("push"), {"id": row.pk})
    under_way = page.get(address).content.decode()

    assert ('data-live="0"' in at_rest, 'data-live="3"' in under_way) == (True, True)


def test_each_of_several_leads_in_the_crm_is_one_click_away(page):
    ids = [uuid4(), uuid4()]
    words = f"The CRM has more than one lead for this company: {ids[0]}, {ids[1]}. Merge them there, then push again."
    row = CrmRecordFactory(state=LeadState.REVIEW.value, sync_error=words)

    text = page.get(reverse("admin:crm_crmrecord_change", args=[row.pk])).content.decode()

    assert all(f"etn=lead&amp;id={lead_id}" in text for lead_id in ids)


def test_a_value_taken_from_the_crm_is_told_where_it_is_another_one(page):
    same = {"value": "Berlin", "over": "Berlin", "winner": "newer", "why": "changed only there"}
    other = {"value": "+49 1", "over": "+49 2", "winner": "newer", "why": "changed only there"}
    row = CrmRecordFactory(in_step=True, taken={"address1_city": same, "telephone1": other})

    text = page.get(reverse("admin:crm_crmrecord_change", args=[row.pk])).content.decode()

    assert ("telephone1: +49 1 (changed only there)" in text, "Berlin" in text) == (True, False)


def test_a_lead_that_is_closed_there_is_no_failure_on_the_home_page(page):
    ReferralFactory(company=closed_record().company, status="New")

    shown = [part.key for part in stages.parts().values() if part.narrow(Referral.objects.all()).exists()]

    assert "closed" in shown
    assert not {"failed", "waiting", "in_crm"} & set(shown)


def test_a_company_without_a_lead_says_why(page):
    company = ScannedCompanyFactory(segment="Skip")

    text = page.get(reverse("admin:leads_company_change", args=[company.pk])).content.decode()

    assert "none was ever pushed to Dynamics 365: segment Skip: pushed only when a person asks" in text


def test_a_company_and_a_referral_lead_to_the_page_of_their_lead(page):
    row = CrmRecordFactory(in_step=True, last_result="created", last_result_at=timezone.now())
    referral = ReferralFactory(company=row.company)
    own = reverse("admin:crm_crmrecord_change", args=[row.pk])

    shown = [
        page.get(reverse(f"admin:{name}_change", args=[key])).content.decode()
        for name, key in (("leads_company", row.company_id), ("referrals_referral", referral.pk))
    ]

    assert [f'href="{own}"' in text for text in shown] == [True, True]


@pytest.mark.parametrize(("origin", "count"), [("crm", 1), ("hunter", 2), ("nobody", 3)])
def test_leads_are_told_by_who_made_them(origin, count, page):
    CrmRecordFactory.create_batch(2)
    CrmRecordFactory(lead_id=uuid4())

    shown = page.get(reverse("admin:crm_crmrecord_changelist"), {"origin": origin})

    assert len(shown.context["cl"].result_list) == count
