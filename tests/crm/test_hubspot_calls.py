"""What HubSpot's refusals leave in doubt, what they say, and the limits of its searches and batches."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.hubspot.answers import RecordPage
from crm.hubspot.authentication import HubSpotTokens
from crm.hubspot.calls import COMPANIES, LARGEST_BATCH
from crm.hubspot.changes import Place
from crm.hubspot.client import PAGE_SIZE
from crm.hubspot.ids import KEY
from crm.interface import CrmRow, Refused
from hunter.remote.errors import Duplicate, Misconfigured, RemoteError, TransientFailure
from hunter.remote.gate import OpenGate
from tests.crm.contract.world import own_id, sent, where

HERE = "contoso.com"


def made(world, **words):
    row = world.connected().create(own_id(1), sent(world, domain=HERE, **words))
    assert isinstance(row, CrmRow), row
    return row


def with_contact(world):
    """As it is read afterwards: the company counts its contacts, and so was changed too."""
    world.connected().change(own_id(1), sent(world, mail="ada@contoso.com"), etag=made(world).etag)
    row = world.connected().read(own_id(1))
    assert row.values["contact.email"] == "ada@contoso.com"
    return row


# --- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.proves("R1.1")
@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("status", "code", "in_doubt"),
    [
        pytest.param(520, "", True, id="the network in front of it had an answer that it did not understand"),
        pytest.param(522, "", True, id="it gave up connecting"),
        pytest.param(524, "", True, id="it gave up waiting"),
        pytest.param(521, "", False, id="nobody was there"),
        pytest.param(502, "INTERNAL_ERROR", True, id="a code that says no reason"),
        pytest.param(500, "VALIDATION_ERROR", False, id="a code that says why"),
    ],
)
def test_a_write_is_in_doubt_unless_hubspot_says_why_it_refused(status, code, in_doubt, world):
    world.fails("create", fault="status", status=status, code=code)

    with pytest.raises(RemoteError) as refused:
        made(world)

    assert refused.value.outcome_unknown is in_doubt


@pytest.mark.proves("R1.1")
@pytest.mark.fault(10)
def test_a_write_that_is_answered_in_another_form_is_in_doubt(world):
    world.fails("create", fault="status", status=200)

    with pytest.raises(TransientFailure, match="does not know") as unread:
        made(world)

    assert unread.value.outcome_unknown


@pytest.mark.proves("R4.5")
@pytest.mark.parametrize(("code", "names_the_mapping"), [("PROPERTY_DOESNT_EXIST", True), ("READ_ONLY_VALUE", False)])
def test_only_a_property_that_is_not_there_is_told_as_a_fault_of_the_mapping(code, names_the_mapping, world):
    world.fails("create", fault="status", status=400, code=code)

    with pytest.raises(Misconfigured) as refused:
        made(world)

    assert ("check_crm" in refused.value.message) is names_the_mapping


@pytest.mark.proves("R2.5")
def test_the_wait_that_hubspot_names_goes_before_that_of_its_policy(world):
    world.fails("create", fault="status", status=429, code="DAILY", retry_after="7")

    with pytest.raises(RemoteError) as refused:
        made(world)

    assert refused.value.retry_after == timedelta(seconds=7)


@pytest.mark.proves("R1.1")
def test_another_value_that_is_taken_is_not_told_as_the_leads_own_id(world):
    world.fails("create", fault="status", status=400, code="CONFLICTING_UNIQUE_VALUE")

    with pytest.raises(Duplicate):
        made(world)


@pytest.mark.proves("R1.1")
def test_another_value_that_a_contact_has_is_not_told_as_the_leads_own_contact(world):
    row = made(world)
    world.fails("create contact", fault="status", status=400, code="CONFLICTING_UNIQUE_VALUE")

    with pytest.raises(Duplicate):
        world.connected().change(own_id(1), sent(world, mail="ada@contoso.com"), etag=row.etag)


# --- what goes between the read and the write ---------------------------------------------------------------------


@pytest.mark.fault(21)
def test_a_company_that_is_deleted_between_the_read_and_the_write_is_missing(world):
    row = made(world)
    world.fails("change", fault="status", status=404)

    assert world.connected().change(own_id(1), sent(world, score=70), etag=row.etag) is Refused.MISSING


@pytest.mark.fault(21)
@pytest.mark.parametrize("words", [{"first_name": "Ada B."}, {"mail": "bob@contoso.com"}], ids=["change", "let go"])
def test_a_contact_that_is_deleted_between_the_read_and_the_write_makes_the_state_stale(words, world):
    row = with_contact(world)
    world.fails("change contact", fault="status", status=404)

    assert world.connected().change(own_id(1), sent(world, **words), etag=row.etag) is Refused.STALE


@pytest.mark.fault(21)
def test_a_contact_of_others_that_is_deleted_before_it_is_linked_makes_the_state_stale(world, edit):
    edit("create_contact", properties={"email": "ada@contoso.com"})
    row = made(world)
    world.fails("read contact", fault="status", status=404, times=2)  # the lead's own, then the one of the address

    assert world.connected().change(own_id(1), sent(world, mail="ada@contoso.com"), etag=row.etag) is Refused.STALE


def test_a_company_is_written_alone_and_its_contact_stays_in_the_row(world):
    row = with_contact(world)

    after = world.connected().change(own_id(1), sent(world, score=70), etag=row.etag)

    assert isinstance(after, CrmRow)
    assert (after.values["hnt_finalscore"], after.values["contact.email"]) == (70, "ada@contoso.com")
    assert (after.owed, after.unheld) == (frozenset(), frozenset())


# --- pages --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("R1.1")
def test_a_look_finds_more_than_one_page_of_companies(world):
    theirs = {world.person_creates(HERE) for _ in range(PAGE_SIZE + 1)}

    assert {row.lead_id for row in world.connected().locate(where(HERE))} == theirs


@pytest.mark.proves("R4.7")
def test_a_pass_over_more_contacts_than_a_page_keeps_where_the_companies_go_on(world, edit):
    crm, places = world.connected(), []
    for number in range(LARGEST_BATCH + 1):
        edit("create", properties={"domain": f"company-{number}.com", KEY: own_id(number)})
        edit("create_contact", properties={"email": f"ada@company-{number}.com", KEY: own_id(number)})

    page = crm.changes("contacts 0 777")
    leads = {row.lead_id for row in page.rows}
    while not page.is_last:
        places.append(page.cursor)
        page = crm.changes(page.cursor)
        leads |= {row.lead_id for row in page.rows}

    assert leads == {own_id(number) for number in range(LARGEST_BATCH + 1)}
    assert [place.split()[0] for place in places] == ["contacts"]
    assert page.cursor.split()[:2] == ["since", "777"]


@pytest.mark.proves("R4.7")
def test_a_contact_that_was_changed_is_told_with_its_company(world):
    with_contact(world)

    (row,) = world.connected().changes("contacts 0 777").rows

    assert (row.lead_id, row.domain, row.values["contact.email"]) == (own_id(1), HERE, "ada@contoso.com")


@pytest.mark.proves("R4.7")
def test_within_a_moment_a_page_begins_behind_those_that_were_read(world):
    theirs = [world.person_creates(f"company-{number}.com") for number in range(3)]

    assert [row.lead_id for row in world.connected().changes("page 0 2 0").rows] == theirs[2:]


@pytest.mark.proves("R2.1")
def test_contacts_that_are_not_hunters_are_not_asked_about(world, edit):
    edit("create_contact", properties={"email": "ada@contoso.com"})
    before = world.calls()

    assert world.connected().changes("contacts 0 0").rows == ()
    assert world.calls() == before + 1


def page_at(moment: str, count: int) -> RecordPage:
    one = {"id": "1", "properties": {}, "updatedAt": moment}
    return RecordPage.model_validate({"results": [one] * count})


@pytest.mark.proves("R4.7")
def test_of_one_moment_that_fills_pages_each_next_page_begins_behind_all_that_were_read():
    page, moment = page_at("2026-05-04T12:00:00+00:00", 200), 1_777_896_000_000

    assert Place(COMPANIES, moment, None, 0).behind(page) == (moment, 200)
    assert Place(COMPANIES, moment, 200, 0).behind(page) == (moment, 400)
    assert Place(COMPANIES, moment - 1, 400, 0).behind(page) == (moment, 0)


@pytest.mark.proves("R4.7")
def test_a_place_within_the_companies_of_a_mapping_without_contacts_is_gone_on_from():
    assert Place.read("page 5 200") == Place(COMPANIES, 5, 200, 0)


# --- the row ------------------------------------------------------------------------------------------------------


@pytest.mark.proves("R4.7")
def test_a_lead_was_changed_when_the_later_of_its_records_was(world, edit):
    with_contact(world)
    edit("change_contact", contact=own_id(1), properties={"firstname": "Ada B."})

    row = world.connected().read(own_id(1))

    contact = row.etag.partition("@")[2]
    assert row.changed_at.isoformat() == contact > row.etag.partition(" ")[0]


# --- the token ----------------------------------------------------------------------------------------------------


def test_a_token_that_is_not_set_is_told_with_the_setting(settings):
    settings.HUBSPOT_TOKEN = ""

    with pytest.raises(Misconfigured, match="HUBSPOT_TOKEN is not set") as refused:
        HubSpotTokens().fetch(OpenGate(), None)

    assert refused.value.field == "HUBSPOT_TOKEN"


def test_a_new_token_of_the_settings_is_used_within_the_hour(settings):
    settings.HUBSPOT_TOKEN = "pat-new"

    token = HubSpotTokens().fetch(OpenGate(), None)

    assert (token.access_token, token.lives_for, token.stored) == ("pat-new", timedelta(hours=1), "")
