"""What is HubSpot's own in the contact of a lead: which one it is, what is written to it, and in which state it is."""

from __future__ import annotations

import pytest

from crm.hubspot.backend import MAPPINGS, chosen_mapping
from crm.hubspot.calls import HubSpotCalls
from crm.hubspot.columns import LeadColumns, can_be_kept
from crm.hubspot.contacts import Contacts
from crm.hubspot.ids import KEY
from crm.hubspot.rows import is_newer
from crm.interface import CrmRow, Refused
from crm.mapping.loading import MappingError, load_mapping, parse_mapping
from crm.mapping.provisioning import wanted_columns
from hunter.remote.errors import Duplicate, ValueRefused
from hunter.remote.gate import OpenGate
from tests.crm.contract.hubspot_world import HubSpotWorld
from tests.crm.contract.world import own_id, sent

V1 = (MAPPINGS / "v1.toml").read_text(encoding="utf-8")
FULL = frozenset({"contact.email", "contact.firstname"})
FIRST_NAME = frozenset({"contact.firstname"})
NONE: frozenset[str] = frozenset()
THEN, LATER = "2026-05-04T12:00:00+00:00", "2026-05-04T12:00:00.123+00:00"


@pytest.fixture
def calls_since(other_side):
    """The operations that HubSpot has seen since the fixture was asked last."""
    seen = 0

    def told() -> list[str]:
        nonlocal seen
        calls = [one["operation"] for one in other_side.control.calls("hubspot")]
        seen, begin = len(calls), seen
        return calls[begin:]

    return told


def made(world: HubSpotWorld, **words) -> CrmRow:
    row = world.connected().create(own_id(1), sent(world, domain="contoso.com", **words))
    assert isinstance(row, CrmRow)
    return row


def changed(world: HubSpotWorld, row: CrmRow, **words) -> CrmRow:
    answer = world.connected().change(own_id(1), sent(world, **words), etag=row.etag)
    assert isinstance(answer, CrmRow), answer
    return answer


def with_contact(world: HubSpotWorld) -> CrmRow:
    changed(world, made(world), mail="ada@contoso.com", first_name="Ada")
    row = world.connected().read(own_id(1))
    assert row is not None
    return row


# --- one write for each call --------------------------------------------------------------------------------------


def test_a_create_makes_the_company_and_owes_the_contact(world, calls_since):
    calls_since()

    row = made(world, mail="ada@contoso.com", first_name="Ada")

    assert calls_since() == ["create"]
    assert row.owed == row.unheld - {f"contact.{KEY}"} == FULL


def test_nothing_is_owed_of_a_person_without_an_address(world):
    row = made(world, first_name="Ada")

    assert (row.owed, row.unheld) == (NONE, FULL)


def test_the_company_goes_first(world, calls_since):
    row = with_contact(world)
    calls_since()

    after = changed(world, row, score=70, first_name="Ada B.")

    assert calls_since() == ["read", "contact_read", "update"]
    assert (after.owed, after.values["contact.firstname"]) == (FIRST_NAME, "Ada")


def test_what_can_go_to_no_contact_keeps_the_company_in_step(world, calls_since):
    row = made(world)
    calls_since()

    after = changed(world, row, first_name="Ada")

    assert calls_since() == ["read", "contact_read", "update"]
    assert (after.owed, after.unheld) == (NONE, FULL)


def test_a_change_of_a_lead_without_a_contact_asks_for_none(world, calls_since):
    row = made(world)
    calls_since()

    changed(world, row, score=70)

    assert calls_since() == ["read", "update"]


def test_a_contact_that_is_made_anew_owes_what_it_was_not_given(world):
    after = changed(world, made(world), mail="ada@contoso.com")

    assert (after.owed, after.unheld) == (FIRST_NAME, NONE)


def test_another_address_lets_the_contact_go_and_owes_a_whole_new_one(world, calls_since):
    row = with_contact(world)
    calls_since()

    after = changed(world, row, mail="bob@contoso.com")

    assert calls_since() == ["read", "contact_read", "contact_update"]
    assert after.owed == after.unheld == FULL


@pytest.mark.parametrize("mail", ["ada@contoso.com", "Ada@Contoso.com"])
def test_the_same_address_is_the_same_person(world, mail):
    row = with_contact(world)

    after = changed(world, row, mail=mail, first_name="Ada B.")

    assert (after.owed, after.values["contact.firstname"]) == (NONE, "Ada B.")


# --- whose contact it is ------------------------------------------------------------------------------------------


@pytest.mark.proves("R1.1")
@pytest.mark.parametrize("mail", ["ada@contoso.com", "bob@contoso.com"])
def test_a_contact_that_the_lead_has_meanwhile_is_seen_as_that(world, other_side, mail):
    company = made(world).values["hs_object_id"]
    env = other_side.env
    calls = HubSpotCalls(base_url=env["HUBSPOT_URL"], gate=OpenGate(), bearer=env["HUBSPOT_TOKEN"])
    contacts = Contacts(calls, LeadColumns.of(world.mapping.column, FULL))
    contacts.create(own_id(1), {"email": "ada@contoso.com"}, company=str(company))

    again = contacts.create(own_id(1), {"email": mail}, company=str(company))

    assert again is Refused.STALE
    assert len(other_side.control.state("hubspot")["contacts"]) == 1


def test_a_contact_of_others_is_linked_and_the_lead_has_none(world, edit, calls_since):
    edit("create_contact", properties={"email": "ada@contoso.com", "firstname": "A."})
    row = made(world)
    calls_since()

    after = changed(world, row, mail="ada@contoso.com", first_name="Ada")

    assert calls_since() == ["read", "contact_read", "contact_create", "contact_read", "associate"]
    assert (after.owed, after.unheld) == (NONE, FULL)


def test_an_address_that_is_taken_by_nobody_who_is_named_is_a_duplicate(world):
    row = made(world)
    world.fails("create contact", fault="status", status=409, code="CONFLICT")

    with pytest.raises(Duplicate):
        changed(world, row, mail="ada@contoso.com")


def test_an_address_that_is_none_is_a_value_refused(world):
    with pytest.raises(ValueRefused, match="invalid"):
        changed(world, made(world), mail="ada")


@pytest.mark.fault(21)
def test_a_contact_that_was_deleted_makes_the_state_stale_and_is_held_by_no_record(world, edit):
    row = with_contact(world)
    edit("delete_contact", contact="ada@contoso.com")

    answer = world.connected().change(own_id(1), sent(world, score=70), etag=row.etag)

    assert answer is Refused.STALE
    assert world.connected().read(own_id(1)).unheld == FULL


# --- states -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "newer"),
    [
        pytest.param(f"{LATER} 7@{THEN}", f"{THEN} 7@{THEN}", True, id="the company was changed"),
        pytest.param(f"{THEN} 7@{LATER}", f"{THEN} 7@{THEN}", True, id="the contact was changed"),
        pytest.param(f"{THEN} 7@{THEN}", f"{THEN} 7@{THEN}", False, id="nothing was"),
        pytest.param(f"{LATER} 7@{THEN}", f"{THEN} 7@{LATER}", False, id="read when one of them was older"),
        pytest.param(THEN, f"{THEN} 7@{THEN}", False, id="read before the contact was made"),
        pytest.param(f"{THEN} 7@{THEN}", THEN, False, id="a contact alone is no later state"),
        pytest.param(LATER, f"{THEN} 7@{THEN}", True, id="read after the contact was deleted"),
        pytest.param(f"{LATER} 8@{THEN}", f"{THEN} 7@{LATER}", True, id="another contact"),
        pytest.param(f"{THEN} 7@nonsense", f"{THEN} 7@{THEN}", True, id="what can't be read"),
    ],
)
def test_a_state_is_newer_where_one_record_is_and_none_is_older(one, other, newer):
    assert is_newer(one, other) is newer


# --- the mapping --------------------------------------------------------------------------------------------------


def without(*names: str) -> str:
    """The mapping without these columns."""
    head, *columns = V1.split("[[column]]\n")
    return "[[column]]\n".join(
        [head, *(one for one in columns if not one.startswith(tuple(f'name = "{n}"' for n in names)))]
    )


MARKED = 'name = "contact.hnt_lead_id"\ntitle = "Hunter id"\nvalue = "push.lead_id"'
FOREIGN = MARKED.replace("push.lead_id", "push.status")
PERSON = [column.name for column in chosen_mapping().column if column.name.startswith("contact.")]


@pytest.mark.proves("R4.1")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            V1.replace("contact.jobtitle", "person.jobtitle"),
            r"column person\.jobtitle, key name: .*one of the contact with",
        ),
        (
            without("contact.hnt_lead_id"),
            r"column contact\.email: contact\.hnt_lead_id must be .* can't tell its contacts",
        ),
        (without("contact.email"), r"column contact\.firstname: contact\.email must be .* by its address"),
        (V1.replace(MARKED, FOREIGN), r"column contact\.hnt_lead_id, key value: it holds whose contact it is"),
    ],
)
def test_a_mapping_that_can_keep_no_contact_is_refused_with_line_and_column(tmp_path, text, said):
    path = tmp_path / "v9.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(MappingError, match=rf"v9\.toml, line \d+, {said}"):
        load_mapping(path, crm="hubspot", rules=can_be_kept)


def test_a_mapping_without_a_contact_leaves_contacts_alone(world, other_side, calls_since):
    mapping = parse_mapping(without(*PERSON), name="v9.toml")
    assert can_be_kept(mapping) is None
    columns = LeadColumns.of(mapping.column, [column.name for column in mapping.column])
    crm = world.connected(columns=columns)
    calls_since()

    row = crm.create(own_id(1), sent(world, domain="contoso.com"))
    crm.change(own_id(1), sent(world, score=70), etag=row.etag)
    page = crm.changes("")
    described = crm.describe().columns

    assert calls_since() == ["create", "read", "update", "query", "properties"]
    assert page.is_last
    assert not [name for name in described if name.startswith("contact.")]
    assert not [one.name for one in wanted_columns(mapping) if one.name.startswith("contact.")]


def test_the_scopes_of_contacts_are_needed_with_them(world, edit):
    edit("switch", switches={"scopes": ["crm.objects.companies.read", "crm.objects.companies.write"]})

    problems = " ".join(world.connected().check_access().problems)

    assert "crm.objects.contacts.write" in problems
    assert "crm.schemas.contacts.read" in problems
