"""Companies that people merge in HubSpot: which lead went where, and whose domain the one that is left keeps."""

from __future__ import annotations

import pytest

from crm.hubspot.ids import KEY, id_of_number, number_of
from crm.hubspot.merging import NEWEST
from crm.interface import CrmRow, Refused, Standing
from hunter.remote.gate import OpenGate
from tests.crm.contract.world import own_id, sent, where

HERE, ELSEWHERE = "contoso.com", "fabrikam.com"


class CountingGate(OpenGate):
    def __init__(self) -> None:
        self.passed = 0

    def pass_(self, *, deadline: float) -> None:
        self.passed += 1


@pytest.fixture
def crm(world):
    return world.connected()


@pytest.fixture
def two_in_one(world, crm):
    """Hunter's first company, merged into its second; the second as it is then."""
    for number, domain in ((1, HERE), (2, ELSEWHERE)):
        crm.create(own_id(number), sent(world, domain=domain, score=60))
    world.person_merges(own_id(1), into=own_id(2))
    return crm.read(own_id(2))


def merged(rows):
    return {row.lead_id: row.master_id for row in rows if row.standing is Standing.MERGED}


@pytest.mark.fault(21)
def test_a_company_of_hunters_that_was_merged_into_one_of_others_lives_on_there(world, crm):
    crm.create(own_id(1), sent(world, domain=HERE, score=60))
    theirs = world.person_creates("contoso.de", name="Stays")

    world.person_merges(own_id(1), into=theirs)

    row = crm.read(own_id(1))
    assert (row.standing, row.values["name"], row.values["hnt_finalscore"]) == (Standing.OPEN, "Stays", 60)
    assert (crm.read(theirs).standing, crm.read(theirs).master_id) == (Standing.MERGED, own_id(1))


@pytest.mark.fault(21)
def test_companies_of_others_go_on_under_the_number_of_the_new_one(world, crm, other_side):
    first, other = (world.person_creates(HERE, name=name) for name in ("First", "Other"))

    world.person_merges(other, into=first)

    (held,) = other_side.control.state("hubspot")["companies"]
    new = id_of_number(held["id"])
    rows = crm.locate(where("contoso.de", first))
    assert new not in {first, other}
    assert merged(rows) == {first: new}
    assert merged(crm.changes("").rows) == {first: new, other: new}
    assert [row.lead_id for row in crm.locate(where(HERE)) if row.standing is Standing.OPEN] == [new]


def test_an_old_number_leads_to_the_new_company_though_search_is_behind(world, crm, edit):
    edit("switch", switches={"index_seconds": 3600})
    theirs = world.person_creates(HERE)
    world.person_merges(theirs, into=world.person_creates("contoso.de"))

    read = crm.read(theirs)

    assert read.standing is Standing.MERGED
    assert merged(crm.locate(where(HERE, theirs))) == {theirs: read.master_id}


def test_an_id_that_a_company_holds_now_is_not_told_as_merged_because_another_held_it_before(world, crm, edit):
    crm.create(own_id(1), sent(world, domain=HERE))
    theirs = world.person_creates(ELSEWHERE)
    world.person_merges(own_id(1), into=theirs)
    taken_back = world.person_creates(HERE)
    for company, held in ((ELSEWHERE, ""), (number_of(taken_back), own_id(1))):
        edit("change", company=company, properties={KEY: held})

    rows = crm.changes("").rows

    assert own_id(1) not in merged(rows)
    assert [row.standing for row in rows if row.lead_id == own_id(1)] == [Standing.OPEN]


@pytest.mark.usefixtures("two_in_one")
@pytest.mark.parametrize("left", [{"domain": ELSEWHERE}, {"domain": "", "website": f"https://{HERE}"}], ids=str)
def test_a_lead_that_was_merged_has_neither_the_domain_nor_the_website_of_the_one_that_is_left(crm, edit, left):
    edit("change", company=own_id(2), properties=left)

    merged = crm.read(own_id(1))

    assert (merged.standing, merged.domain, merged.site) == (Standing.MERGED, "", "")


@pytest.mark.proves("R3.3")
def test_a_company_that_two_of_hunters_became_keeps_the_domain_that_it_has(world, crm, two_in_one, edit):
    other = crm.change(own_id(2), sent(world, domain=HERE, score=70), etag=two_in_one.etag)
    own = crm.change(own_id(2), sent(world, domain=ELSEWHERE.upper(), score=80), etag=two_in_one.etag)
    edit("change", company=own_id(2), properties={"domain": ""})
    emptied = crm.change(own_id(2), sent(world, domain=HERE), etag=crm.read(own_id(2)).etag)

    assert other is Refused.DOMAIN_TAKEN
    assert isinstance(own, CrmRow)
    assert own.values["hnt_finalscore"] == 80
    assert isinstance(emptied, CrmRow)
    assert emptied.domain == HERE


def test_a_company_that_one_of_hunters_and_one_of_others_became_gets_the_domain_of_hunters(world, crm):
    crm.create(own_id(1), sent(world, domain=HERE))
    world.person_merges(own_id(1), into=world.person_creates("contoso.de"))

    row = crm.change(own_id(1), sent(world, domain=HERE), etag=crm.read(own_id(1)).etag)

    assert isinstance(row, CrmRow)
    assert row.domain == HERE


@pytest.mark.usefixtures("two_in_one")
def test_a_merge_that_search_does_not_tell_of_yet_is_told_by_the_next_pass(crm, edit):
    edit("switch", switches={"index_seconds": 3600})
    early = crm.read(own_id(1))
    edit("switch", switches={"index_seconds": 0})

    assert early is None
    assert merged(crm.changes("").rows)[own_id(1)] == own_id(2)


@pytest.mark.proves("R2.1")
def test_nothing_is_asked_about_merges_where_nothing_was_merged_and_nothing_is_lost(world, crm):
    crm.create(own_id(1), sent(world, domain=HERE))
    gate, looked = CountingGate(), []

    counted = world.connected(gate=gate)
    for ask in (
        lambda: counted.changes(""),
        lambda: counted.locate(where(HERE, own_id(1))),
        lambda: counted.locate(where("new.example", own_id(7), look_alikes=True, is_new=True)),
        lambda: counted.locate(where("lost.example", own_id(8))),
    ):
        before = gate.passed
        ask()
        looked.append(gate.passed - before)

    # A page: the search and its contacts. A look: the ids, the search, the contacts of what was found.
    assert looked == [5, 6, 5, 9]


@pytest.mark.proves("R2.1")
def test_a_lead_that_is_lost_costs_a_bounded_number_of_calls_however_much_was_merged(world, edit):
    for number in range(3):
        one = world.person_creates(f"company-{number}.com")
        world.person_merges(world.person_creates(""), into=one)
    gate = CountingGate()

    world.connected(gate=gate).read(own_id(9))

    # the read, the search, what one block of fifty held before, and whose these ids are now
    assert gate.passed == 1 + 4 + 1 + 1
    assert NEWEST == 100


@pytest.mark.fault(21)
def test_of_more_merges_than_are_looked_through_the_newest_are(world, crm):
    for number in range(NEWEST):
        world.person_merges(world.person_creates(""), into=world.person_creates(f"company-{number}.com"))
    for number, domain in ((1, HERE), (2, ELSEWHERE)):
        crm.create(own_id(number), sent(world, domain=domain))
    world.person_merges(own_id(1), into=own_id(2))

    assert merged([crm.read(own_id(1))]) == {own_id(1): own_id(2)}
