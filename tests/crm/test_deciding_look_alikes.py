"""Which decision about a lead that looks like a company's is taken, and what it leaves (f.7)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.registry import crm_backend
from crm.services.look_alikes import keep_apart, look_alikes_shown, take_over_lead
from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.work.models import Item, Priority
from tests.factories.crm import CrmRecordFactory
from tests.factories.people import administrator

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R1.1", "R4.7")]

THERE, OTHER = uuid4(), uuid4()


def waits(*, for_them=(THERE,), state=LeadState.REVIEW, **values):
    """A record that waits for a person to decide about these leads."""
    named = [{"lead_id": str(lead_id), "name": "Contoso GmbH"} for lead_id in for_them]
    return CrmRecordFactory(state=state, look_alikes=named, **values)


def take_over(record, *, by=None):
    return take_over_lead(record, lead_id=THERE, by=by)


def keep_them_apart(record, *, by=None):
    return keep_apart(record, lead_ids=[THERE], by=by)


def test_nothing_is_shown_for_a_decision_once_the_push_looks_again():
    assert [one.lead_id for one in look_alikes_shown(waits())] == [str(THERE)]
    assert look_alikes_shown(waits(state=LeadState.PENDING)) == ()


@pytest.mark.parametrize("decide", [take_over, keep_them_apart])
def test_the_decision_is_audited_with_what_was_and_the_push_is_asked_for_by_its_person(decide):
    record, person = waits(), administrator("ayse")

    decide(record, by=person)

    item = Item.objects.get(kind=crm_backend(record.crm).push_kind, key=record.company.domain)
    entry = AuditEntry.objects.get(by=person)
    assert (item.priority, item.asked_by) == (Priority.PERSON, "ayse")
    assert CrmRecord.objects.get().wanted_by_person
    assert entry.before == {"lead_id": str(record.own_id)}
    assert entry.after == {"leads": [{"lead_id": str(THERE), "name": "Contoso GmbH"}]}


@pytest.mark.parametrize("decide", [take_over, keep_them_apart])
def test_a_decision_that_does_not_wait_is_refused(decide):
    with pytest.raises(HunterError, match="waits for a decision"):
        decide(waits(state=LeadState.PENDING))


def test_the_companys_own_lead_is_not_taken_over():
    record = waits()

    with pytest.raises(HunterError, match="does not wait"):
        take_over_lead(record, lead_id=record.own_id, by=None)


@pytest.mark.parametrize("known", [{"ever_confirmed": True}, {"sent": [{"hnt_domain": "contoso.com"}]}])
def test_a_lead_that_is_there_or_may_be_on_its_way_is_given_up_for_no_other(known):
    with pytest.raises(HunterError, match="has a lead in Dynamics 365 already"):
        take_over(waits(**known))


@pytest.mark.parametrize("held_as", ["lead_id", "own_id"])
def test_a_lead_that_another_company_has_or_had_is_not_taken_over(held_as):
    other = CrmRecordFactory(**{"lead_id": OTHER, "own_id": OTHER, held_as: THERE})

    with pytest.raises(HunterError, match=other.company.domain):
        take_over(waits())


def test_the_same_id_in_the_other_crm_is_another_lead():
    CrmRecordFactory(crm="hubspot", lead_id=THERE)
    record = waits()

    take_over(record)

    assert CrmRecord.objects.get(pk=record.pk).lead_id == THERE


@pytest.mark.parametrize("seen", [[], [OTHER], [THERE, OTHER]], ids=["none", "another", "one more"])
def test_only_those_that_wait_are_kept_apart(seen):
    record = waits()

    with pytest.raises(HunterError, match="others since you looked"):
        keep_apart(record, lead_ids=seen, by=None)

    assert CrmRecord.objects.get().state == LeadState.REVIEW


@pytest.mark.parametrize(("known", "said"), [(True, "goes on as it is"), (False, "gets a lead of its own")])
def test_what_comes_of_keeping_them_apart_is_said(known, said):
    assert said in keep_them_apart(waits(ever_confirmed=known)).sentence()
