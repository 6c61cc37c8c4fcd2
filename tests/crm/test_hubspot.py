"""What is HubSpot's own in its adapter: ids, texts for values, errors, an index that lags, no fence."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.hubspot.answers import read_error, read_value, sent_values
from crm.hubspot.backend import chosen_mapping, company_page
from crm.hubspot.calls import A_SEARCH_COUNTS_FOR
from crm.hubspot.ids import KEY, id_of_number, lead_id_of, number_of
from crm.hubspot.provisioner import HubSpotProvisioner
from crm.hubspot.rows import is_newer
from crm.interface import CrmRow, PartKind
from crm.mapping.columns import Kind
from crm.mapping.provisioning import wanted_columns
from crm.mapping.resolving import held_against
from hunter.remote.errors import Misconfigured, RateLimited
from hunter.remote.gate import OpenGate
from hunter.remote.lanes import FIGURES, LaneName
from tests.crm.contract.world import own_id, sent, where


class CountingGate(OpenGate):
    def __init__(self) -> None:
        self.passed = 0

    def pass_(self, *, deadline: float) -> None:
        self.passed += 1


# --- ids ----------------------------------------------------------------------------------------------------------


@given(st.integers(min_value=0, max_value=2**60 - 1))
def test_a_number_is_read_out_of_the_id_that_was_made_of_it(number):
    assert number_of(id_of_number(str(number))) == str(number)


def test_an_id_of_hunters_holds_no_number():
    assert number_of(own_id(1)) == ""


@pytest.mark.parametrize("held", [None, "", "something a person typed"])
def test_a_company_without_an_id_of_hunters_goes_by_its_number(held):
    assert lead_id_of("9000000007", held) == id_of_number("9000000007")


def test_a_page_is_by_number_as_soon_as_it_is_known(settings):
    settings.HUBSPOT_PORTAL_ID = "24"

    assert company_page(own_id(1), {"hs_object_id": "7"}).endswith("/contacts/24/record/0-2/7")
    assert company_page(id_of_number("7"), None).endswith("/contacts/24/record/0-2/7")
    assert company_page(own_id(1), None).endswith("/contacts/24/objects/0-2")


# --- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.WHOLE, 74, "74"), (Kind.WHOLE, 0, "0"), (Kind.DECIMAL, 2.75, "2.75"), (Kind.YES_NO, True, "true"),
        (Kind.YES_NO, False, "false"), (Kind.TEXT, "Çağrı", "Çağrı"), (Kind.CHOICE, "skip", "skip"), (Kind.TEXT, None, ""),
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_was_sent(kind, value, text):
    assert sent_values({"column": value}) == {"column": text}
    assert read_value(text, kind) == value


def test_a_number_that_is_none_is_shown_as_it_stands():
    assert read_value("about 7", Kind.WHOLE) == "about 7"


NOT_VALID = 'Property values were not valid: [{"isValid":false,"error":"INVALID_OPTION","name":"x"}]'


def refusal(**members: object) -> bytes:
    return json.dumps({"status": "error", "message": "no", **members}).encode()


@pytest.mark.proves("R5.3")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (refusal(category="MISSING_SCOPES"), "MISSING_SCOPES"),
        (refusal(category="VALIDATION_ERROR", message=NOT_VALID), "INVALID_OPTION"),
        (refusal(category="VALIDATION_ERROR", errors=[{"code": "PROPERTY_DOESNT_EXIST"}]), "PROPERTY_DOESNT_EXIST"),
        (refusal(category="RATE_LIMITS", errorType="RATE_LIMIT", policyName="DAILY"), "DAILY"),
        (b"<html>", ""),
        (b"[1]", ""),
        (b'{"message":', ""),
        (b"", ""),
    ],
)
def test_the_code_of_an_error_is_that_of_its_first_wrong_value_or_its_category(body, code):
    assert read_error(400, body).code == code


@pytest.mark.parametrize(
    ("one", "other", "newer"),
    [
        ("2026-05-04T12:00:00.123+00:00", "2026-05-04T12:00:00+00:00", True),
        ("2026-05-04T12:00:00+00:00", "2026-05-04T12:00:00+00:00", False),
        ("2026-05-04T12:00:00+00:00", "", True),
        ("nonsense", "2026-05-04T12:00:00+00:00", True),
    ],
)
def test_the_later_time_is_the_newer_state(one, other, newer):
    assert is_newer(one, other) is newer


def passed_over(crm, cursor):
    """The place where the next pass begins."""
    page = crm.changes(cursor)
    while not page.is_last:
        page = crm.changes(page.cursor)
    return page.cursor


def times_of(world):
    """When the company and the contact were last changed there."""
    etag = world.connected().read(own_id(1)).etag
    company, _, contact = etag.partition(" ")
    return [datetime.fromisoformat(company), datetime.fromisoformat(contact.partition("@")[2])]


# --- calls --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("R2.3")
def test_the_lane_keeps_both_of_hubspots_limits():
    lane = FIGURES[LaneName.HUBSPOT]

    assert lane.rate * 11 + lane.burst + lane.slots <= 100
    assert (lane.rate * 2 + lane.burst) / A_SEARCH_COUNTS_FOR <= 5


@pytest.mark.proves("R2.1")
def test_a_search_takes_the_leave_of_several_calls(world):
    gate = CountingGate()

    world.connected(gate=gate).changes("")

    assert gate.passed == A_SEARCH_COUNTS_FOR


@pytest.mark.proves("R2.5")
@pytest.mark.parametrize(("policy", "seconds"), [("TEN_SECONDLY_ROLLING", 10), ("SECONDLY", 1), ("DAILY", 3600)])
def test_a_429_without_a_time_waits_as_its_policy_needs(world, policy, seconds):
    world.fails("create", fault="status", status=429, code=policy)

    with pytest.raises(RateLimited) as refused:
        world.connected().create(own_id(1), sent(world, domain="contoso.com"))

    assert refused.value.retry_after == timedelta(seconds=seconds)


@pytest.mark.proves("R4.7")
def test_a_pass_goes_on_a_little_before_the_newest_change_and_not_further_back_each_time(world):
    crm = world.connected()
    assert passed_over(crm, "since 7000000 8000000") == "since 7000000 8000000"

    made = crm.create(own_id(1), sent(world, domain="contoso.com"))
    crm.change(own_id(1), sent(world, mail="ada@contoso.com"), etag=made.etag)
    first = passed_over(crm, "")
    again = passed_over(crm, first)

    places = [round(moment.timestamp() * 1000) - 300_000 for moment in times_of(world)]
    assert first == again == f"since {places[0]} {places[1]}"


def test_a_place_that_was_kept_before_there_were_contacts_is_gone_on_from(world):
    assert passed_over(world.connected(), "since 7000000") == "since 7000000 0"


def test_what_was_written_a_moment_ago_is_found_by_its_id_though_search_is_behind(world, edit):
    edit("switch", switches={"index_seconds": 3600})
    crm = world.connected()
    crm.create(own_id(1), sent(world, domain="contoso.com", name="Contoso"))

    assert [row.lead_id for row in crm.locate(where("contoso.com", own_id(1)))] == [own_id(1)]
    assert list(crm.locate(where("contoso.com"))) == []


def test_a_write_to_a_company_of_others_gives_it_no_second_name(world):
    crm = world.connected()
    theirs = world.person_creates("contoso.com")
    found = crm.read(theirs)

    row = crm.change(theirs, {KEY: theirs, **sent(world, score=70)}, etag=found.etag)

    assert isinstance(row, CrmRow)
    assert row.lead_id == theirs
    assert [one.lead_id for one in crm.locate(where("contoso.com", theirs))] == [theirs]


# --- properties ---------------------------------------------------------------------------------------------------


def provisioner(other_side) -> HubSpotProvisioner:
    env = other_side.env
    return HubSpotProvisioner(base_url=env["HUBSPOT_URL"], gate=OpenGate(), bearer=env["HUBSPOT_TOKEN"])


@pytest.mark.proves("R4.2")
def test_an_account_that_never_met_hunter_gets_all_that_the_mapping_needs(world, other_side, edit):
    edit("without_hunter")
    makes, wanted = provisioner(other_side), wanted_columns(chosen_mapping())
    made = []
    while missing := makes.inventory(wanted).missing:
        made.append((missing[0].kind, makes.make(missing[0])))

    assert [kind for kind, _ in made[:2]] == [PartKind.OWNER, PartKind.KEY]
    assert len(made) == len(wanted) + 2
    assert held_against(chosen_mapping(), world.connected().describe()).faults == ()


def test_a_part_that_is_there_meanwhile_is_left_as_it_is(world, other_side):
    makes, wanted = provisioner(other_side), wanted_columns(chosen_mapping())
    before = other_side.control.state("hubspot")["properties"]
    edit_out = next(one for one in wanted if one.name == "hnt_segment")
    other_side.control.edit("hubspot", {"act": "drop_property", "property": edit_out.name})
    (part,) = makes.inventory(wanted).missing

    first, again = makes.make(part), makes.make(part)

    assert (first, again) == ("hnt_segment", "")
    assert other_side.control.state("hubspot")["properties"] == before


@pytest.mark.proves("R1.1")
def test_an_id_that_may_stand_in_two_companies_stops_everything(world, other_side):
    other_side.control.edit("hubspot", {"act": "drop_property", "property": KEY})
    body = {
        "name": KEY, "label": "Hunter id", "type": "string", "fieldType": "text", "groupName": "hunter",
    }  # fmt: skip
    provisioner(other_side)._post("/crm/v3/properties/companies", body)

    with pytest.raises(Misconfigured, match="only once"):
        world.connected().describe()
    assert "only once" in provisioner(other_side).inventory(wanted_columns(chosen_mapping())).obstacle
