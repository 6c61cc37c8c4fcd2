"""A lead that HubSpot keeps as a company and its contact: killed at each of their writes, there is one of each (R1.1)."""

from __future__ import annotations

from collections import Counter

import pytest

from crm.models import CrmRecord
from crm.services.pushing import push_due
from hunter.remote.lanes import LaneName
from hunter.remote.limits import end_pause
from hunter.work.models import ErrorRecord
from referrals.models import Referral
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.referrals import ReferralFactory
from tests.pipelines.crms import lead_to_hubspot, learn_kinds_of
from tests.processes.pipelines import books, works
from tests.processes.pipelines.conftest import FREELY
from tests.processes.running import KILLED

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

HUBSPOT_ALONE = {"CRM_BACKEND": "hubspot", "LIMIT_HUBSPOT": FREELY}
HOW_MANY = 6
OF_OTHERS = ("somebody-0@example.com", "somebody-1@example.com")
MADE = ("read contact", "create contact", "link contact")
CHANGED = ("release contact", "create contact", "change contact")


@pytest.fixture
def account(sandbox, settings, monkeypatch):
    """A HubSpot account that has two of the addresses already, and companies here that each have a person."""
    settings.CRM_BACKEND = "hubspot"
    learn_kinds_of("hubspot", monkeypatch)
    lead_to_hubspot(sandbox, settings)
    for mail in OF_OTHERS:
        edit = {"act": "create_contact", "properties": {"email": mail, "firstname": "Theirs"}}
        sandbox.control.edit("hubspot", edit)
    for number in range(HOW_MANY):
        company = ScannedCompanyFactory()
        person = {"first_name": "First", "last_name": f"No. {number}", "email": f"somebody-{number}@example.com"}
        ReferralFactory(company=company, domain=company.domain, contacts=[person])
    return sandbox


def change_people() -> None:
    """Of every other company another person, of the rest another name."""
    for number, referral in enumerate(Referral.objects.order_by("pk")):
        person = referral.contacts[0]
        new = {"email": f"another-{number}@example.com"} if number % 2 else {}
        referral.contacts = [{**person, "first_name": "Second", **new}]
        referral.save()


def is_balanced(sandbox) -> None:
    """By the account's own store: each company has one contact that is its, with the newest values, and no other; those
    of others hold what they held, and belong to the company whose person has the address."""
    state = sandbox.control.state("hubspot")
    numbers = {one["properties"]["domain"]: one["id"] for one in state["companies"]}
    leads = {str(row.lead_id): row.company.domain for row in CrmRecord.objects.select_related("company")}
    people = {one.company.domain: one.contacts[0] for one in Referral.objects.select_related("company") if one.company}
    held = [one["properties"] | {"companies": one["companies"]} for one in state["contacts"]]
    owned = {leads[one["hnt_lead_id"]]: one for one in held if one.get("hnt_lead_id")}
    theirs = {domain: person for domain, person in people.items() if person["email"] in OF_OTHERS}

    assert len(state["companies"]) == HOW_MANY
    assert set(Counter(one["email"] for one in held).values()) == {1}
    assert owned.keys() == people.keys() - theirs.keys()
    assert {domain: (one["email"], one["firstname"], one["lastname"]) for domain, one in owned.items()} == {
        domain: (person["email"], person["first_name"], person["last_name"])
        for domain, person in people.items()
        if domain not in theirs
    }
    assert all(one["companies"] == [numbers[domain]] for domain, one in owned.items())
    assert {one["firstname"] for one in held if one["email"] in OF_OTHERS} == {"Theirs"}
    linked = {one["email"]: one["companies"] for one in held}
    assert all(linked[person["email"]] == [numbers[domain]] for domain, person in theirs.items())
    assert CrmRecord.objects.filter(state="synced", sent=[], ever_confirmed=True).count() == HOW_MANY
    assert not ErrorRecord.objects.unsettled().exists()
    books.nothing_is_held_or_owed("push_hubspot")


@pytest.mark.proves("R1.1", "R1.9", "R1.10")
@pytest.mark.fault(1, 2)
@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("operation", MADE)
def test_one_contact_each_after_a_kill_while_they_are_made(operation, place, account, begin):
    killed = begin("push_leads", HUNTER_CRASH_AT=f"hubspot.{operation}.{place}", **HUBSPOT_ALONE)
    assert killed.wait() == KILLED, killed.words

    works.edit_again()
    books.let_time_pass()
    push_due()

    is_balanced(account)


@pytest.mark.proves("R1.1", "R1.9", "R1.10", "R3.3")
@pytest.mark.fault(1, 2)
@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("operation", CHANGED)
def test_one_contact_each_after_a_kill_while_they_are_changed(operation, place, account, begin):
    push_due()
    change_people()
    killed = begin("push_leads", HUNTER_CRASH_AT=f"hubspot.{operation}.{place}", **HUBSPOT_ALONE)
    assert killed.wait() == KILLED, killed.words

    books.let_time_pass()
    push_due()

    is_balanced(account)


@pytest.mark.proves("R1.1", "R1.8")
@pytest.mark.fault(4)
@pytest.mark.parametrize("operation", ["contact_create", "contact_update", "associate"])
def test_one_contact_each_after_every_answer_was_lost(operation, account, begin):
    if operation == "contact_update":
        push_due()
        change_people()
    account.control.add_fault(service="hubspot", operation=operation, fault="drop_after")
    lost = begin("push_leads", **HUBSPOT_ALONE)
    assert lost.wait() >= 0, lost.words

    account.control.clear_faults()
    end_pause(LaneName.HUBSPOT)  # chance may have closed it
    books.let_time_pass()
    push_due()

    is_balanced(account)
