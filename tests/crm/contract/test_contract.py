"""What any CRM's adapter must keep, in the words of `crm.interface` alone: the push and the pull rely on it (R8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from crm.interface import Changes, Crm, CrmRow, CursorLost, Refused, Standing
from crm.mapping.merge import same
from crm.mapping.resolving import held_against
from hunter.remote.errors import (
    AuthenticationFailed,
    Deferred,
    Misconfigured,
    PermissionMissing,
    RateLimited,
    RemoteError,
    TransientFailure,
    ValueRefused,
)
from tests.crm.contract.world import ClosedGate, World, own_id, sent, where

DOMAIN = "contoso.com"
CALLS = {
    "describe": lambda crm: crm.describe(),
    "locate": lambda crm: crm.locate(where(DOMAIN)),
    "read": lambda crm: crm.read(own_id(1)),
    "create": lambda crm: crm.create(own_id(1), {}),
    "change": lambda crm: crm.change(own_id(1), {}, etag='W/"1"'),
    "changes": lambda crm: crm.changes(""),
    "check_access": lambda crm: crm.check_access(),
}
READS = ("describe", "locate", "read", "changes", "check_access")


def written(answer: CrmRow | Refused) -> CrmRow:
    assert isinstance(answer, CrmRow), answer
    return answer


def made(crm: Crm, world: World, *, number: int = 1, domain: str = DOMAIN, **words) -> CrmRow:
    return written(crm.create(own_id(number), sent(world, domain=domain, **{"name": "Contoso"} | words)))


def ids(rows) -> set[str]:
    return {row.lead_id for row in rows}


def passed_over(crm: Crm, cursor: str = "", *, between=lambda: None) -> tuple[list[CrmRow], Changes]:
    """All pages of a pass; `between` happens before each further page."""
    page = crm.changes(cursor)
    rows = list(page.rows)
    while not page.is_last:
        between()
        page = crm.changes(page.cursor)
        rows += page.rows
    return rows, page


# --- columns ------------------------------------------------------------------------------------------------------


@pytest.mark.proves("R4.2")
def test_it_describes_every_column_that_the_mapping_needs(crm, world):
    assert held_against(world.mapping, crm.describe()).errors == ()


@pytest.mark.proves("R4.5")
def test_a_column_that_is_gone_is_not_described_any_more(crm, world):
    world.drop_column("score")

    assert world.columns["score"] not in crm.describe().columns


@pytest.mark.proves("R4.5")
def test_a_write_to_a_column_that_is_gone_says_that_the_mapping_does_not_fit(crm, world):
    world.drop_column("score")

    with pytest.raises(Misconfigured) as refused:
        made(crm, world, score=60)

    assert not refused.value.outcome_unknown
    assert world.held(DOMAIN) == []


# --- create -------------------------------------------------------------------------------------------------------


def test_create_gives_the_lead_as_it_is_after_the_write(crm, world):
    row = made(crm, world, name="Çağrı AŞ", score=60)

    again = crm.read(own_id(1))

    assert row.lead_id == own_id(1)
    assert (row.values[world.columns["name"]], row.values[world.columns["score"]]) == ("Çağrı AŞ", 60)
    assert (again.etag, again.lead_id, again.standing) == (row.etag, row.lead_id, Standing.OPEN)
    assert all(same(again.values[column], row.values.get(column)) for column in again.values)


@pytest.mark.proves("R1.1")
def test_create_writes_only_where_the_id_is_free(crm, world):
    first = made(crm, world)

    second = crm.create(own_id(1), sent(world, domain=DOMAIN, name="Another"))

    assert second in {Refused.ID_TAKEN, Refused.DOMAIN_TAKEN}
    assert crm.read(own_id(1)).etag == first.etag
    assert [one["name"] for one in world.held(DOMAIN)] == ["Contoso"]


@pytest.mark.proves("R1.1")
def test_of_many_creates_at_once_one_is_done(crm, world):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: crm.create(own_id(1), sent(world, domain=DOMAIN)), range(8)))

    assert [isinstance(answer, CrmRow) for answer in answers].count(True) == 1
    assert len(world.held(DOMAIN)) == 1


# --- find ---------------------------------------------------------------------------------------------------------


def test_a_lead_that_nobody_made_is_none(crm):
    assert crm.read(own_id(7)) is None


def test_it_finds_a_lead_by_its_id_and_by_its_domain_once(crm, world):
    made(crm, world)

    for asked in (where(DOMAIN, own_id(1)), where("other.example", own_id(1)), where(DOMAIN)):
        assert [row.lead_id for row in crm.locate(asked)] == [own_id(1)]


def test_it_finds_the_leads_that_people_made(crm, world):
    made(crm, world)
    theirs = world.person_creates("fabrikam.com", name="Theirs", phone="+49 30 1")

    (row,) = crm.locate(where("fabrikam.com"))

    assert row.lead_id == theirs
    assert row.values[world.columns["phone"]] == "+49 30 1"
    assert crm.read(theirs).etag == row.etag


def test_it_finds_no_lead_where_there_is_none(crm, world):
    made(crm, world)

    assert list(crm.locate(where("fabrikam.com"))) == []


def test_looks_of_many_threads_each_find_their_own(crm, world):
    for number in range(12):
        made(crm, world, number=number, domain=f"company-{number}.com")

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda number: ids(crm.locate(where(f"company-{number}.com"))), range(12)))

    assert found == [{own_id(number)} for number in range(12)]


def test_a_closed_lead_is_found_as_closed(crm, world):
    lead_id = world.person_creates(DOMAIN)
    if not world.person_closes(lead_id):
        pytest.skip("this CRM closes no leads")

    assert [row.standing for row in crm.locate(where(DOMAIN))] == [Standing.CLOSED]


# --- look-alikes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "website",
    [
        "https://contoso.com", "http://contoso.com/", "https://www.contoso.com", "http://www.contoso.com/",
        "contoso.com", "www.contoso.com", "HTTPS://WWW.Contoso.com/",
    ],
)  # fmt: skip
def test_a_lead_without_a_domain_is_found_by_the_companys_website_where_look_alikes_are_asked_for(website, crm, world):
    theirs = world.person_creates("", name="Contoso GmbH", website=website)

    (row,) = crm.locate(where(DOMAIN, look_alikes=True))

    assert (row.lead_id, row.domain, row.site, row.name) == (theirs, "", DOMAIN, "Contoso GmbH")
    assert row.is_look_alike
    assert list(crm.locate(where(DOMAIN))) == []


@pytest.mark.parametrize(
    "website",
    ["https://shop.contoso.com", "https://contoso.com.tr", "https://notcontoso.com", "mailto:ada@contoso.com", ""],
)
def test_another_website_makes_no_look_alike(website, crm, world):
    world.person_creates("", name="Contoso", website=website)

    assert list(crm.locate(where(DOMAIN, look_alikes=True))) == []


def test_a_lead_with_a_domain_of_its_own_is_no_look_alike(crm, world):
    world.person_creates("fabrikam.com", website="https://contoso.com")

    assert list(crm.locate(where(DOMAIN, look_alikes=True))) == []


def test_a_closed_lead_is_no_look_alike(crm, world):
    if not world.person_closes(world.person_creates("", website="https://contoso.com")):
        pytest.skip("this CRM closes no leads")

    assert list(crm.locate(where(DOMAIN, look_alikes=True))) == []


def test_a_companys_own_leads_are_found_beside_its_look_alikes(crm, world):
    made(crm, world)
    theirs = world.person_creates("", website="https://www.contoso.com")

    assert ids(crm.locate(where(DOMAIN, own_id(1), look_alikes=True))) == {own_id(1), theirs}


def test_a_website_in_letters_of_its_own_is_found_in_both_spellings(crm, world):
    theirs = {
        world.person_creates("", website=f"https://{host}") for host in ("müşteri.com.tr", "xn--mteri-kva70e.com.tr")
    }

    assert ids(crm.locate(where("xn--mteri-kva70e.com.tr", look_alikes=True))) == theirs


def test_looks_of_many_threads_each_find_their_own_look_alikes(crm, world):
    """Names as long as they get: no query is too long, none has too many conditions."""
    domains = [f"{'a-long-name-' * 5}{number}.{'and-more-' * 6}x.example.com" for number in range(60)]
    theirs = {domain: world.person_creates("", website=f"https://{domain}/") for domain in domains}

    world.fails("locate", fault="slow", seconds=1)  # the others gather meanwhile

    with ThreadPoolExecutor(60) as pool:
        found = list(pool.map(lambda domain: ids(crm.locate(where(domain, look_alikes=True))), domains))

    assert found == [{theirs[domain]} for domain in domains]


@pytest.mark.proves("R4.7")
def test_a_look_alike_among_the_changes_is_told_as_one(crm, world):
    theirs = world.person_creates("", website="https://www.contoso.com/about")

    rows, _ = passed_over(crm)

    assert [(row.lead_id, row.site, row.is_look_alike) for row in rows] == [(theirs, DOMAIN, True)]


# --- change -------------------------------------------------------------------------------------------------------


def test_change_writes_what_it_is_given_and_leaves_the_rest(crm, world):
    first = made(crm, world, phone="+49 30 1", score=60)

    row = written(crm.change(own_id(1), sent(world, score=70), etag=first.etag))

    assert row.values[world.columns["score"]] == 70
    assert row.values[world.columns["phone"]] == "+49 30 1"
    assert crm.read(own_id(1)).etag == row.etag
    assert [(one["score"], one["phone"]) for one in world.held(DOMAIN)] == [(70, "+49 30 1")]


def test_each_write_makes_a_newer_state(crm, world):
    first = made(crm, world, score=60)
    second = written(crm.change(own_id(1), sent(world, score=70), etag=first.etag))

    assert world.is_newer(second.etag, first.etag)
    assert not world.is_newer(first.etag, second.etag)
    assert not world.is_newer(first.etag, first.etag)


def test_nothing_at_all_clears_a_column(crm, world):
    first = made(crm, world, phone="+49 30 1")

    row = written(crm.change(own_id(1), sent(world, phone=None), etag=first.etag))

    assert same(row.values.get(world.columns["phone"]), None)
    assert same(crm.read(own_id(1)).values.get(world.columns["phone"]), None)


@pytest.mark.proves("R3.3")
def test_a_lead_that_a_person_changed_meanwhile_is_not_written_to(crm, world):
    first = made(crm, world, score=60)
    world.person_changes(own_id(1), phone="+49 30 2")

    answer = crm.change(own_id(1), sent(world, score=70), etag=first.etag)

    assert answer is Refused.STALE
    assert [(one["score"], one["phone"]) for one in world.held(DOMAIN)] == [(60, "+49 30 2")]


def test_a_lead_that_was_deleted_is_missing_and_not_made_again(crm, world):
    first = made(crm, world)
    world.person_deletes(own_id(1))

    assert crm.change(own_id(1), sent(world, score=70), etag=first.etag) is Refused.MISSING
    assert crm.read(own_id(1)) is None
    assert world.held(DOMAIN) == []


def test_a_lead_that_a_person_made_is_changed_by_its_own_id(crm, world):
    theirs = world.person_creates(DOMAIN, name="Theirs")
    (found,) = crm.locate(where(DOMAIN))

    row = written(crm.change(theirs, sent(world, score=70), etag=found.etag))

    assert row.lead_id == theirs
    assert [(one["name"], one["score"]) for one in world.held(DOMAIN)] == [("Theirs", 70)]


@pytest.mark.proves("R3.3")
def test_of_many_changes_with_one_etag_one_is_done_where_the_crm_has_a_fence(crm, world):
    first = made(crm, world, score=0)
    if not crm.describe().fenced:
        pytest.skip("this CRM has no fence, and its adapter says so")

    with ThreadPoolExecutor(8) as pool:
        scores = range(1, 9)
        answers = list(pool.map(lambda score: crm.change(own_id(1), sent(world, score=score), etag=first.etag), scores))

    (done,) = [row for row in answers if isinstance(row, CrmRow)]
    assert answers.count(Refused.STALE) == 7
    assert [one["score"] for one in world.held(DOMAIN)] == [done.values[world.columns["score"]]]


# --- merged -------------------------------------------------------------------------------------------------------


@pytest.fixture(
    params=[
        pytest.param(lambda crm, world: made(crm, world).lead_id, id="one of Hunter's"),
        pytest.param(lambda crm, world: world.person_creates(DOMAIN, name="Theirs"), id="one that a person made"),
    ]
)
def merged_away(request, crm, world) -> str:
    """A lead that a person merged into Hunter's second one."""
    lead_id: str = request.param(crm, world)
    made(crm, world, number=2, domain="fabrikam.com")
    world.person_merges(lead_id, into=own_id(2))
    return lead_id


def told(rows, lead_id: str) -> tuple[Standing, str]:
    (row,) = [row for row in rows if row.lead_id == lead_id]
    return row.standing, row.master_id


@pytest.mark.fault(21)
def test_a_lead_that_was_merged_into_another_is_told_as_merged_with_its_master(merged_away, crm):
    merged = (Standing.MERGED, own_id(2))

    assert told([crm.read(merged_away)], merged_away) == merged
    assert told(crm.locate(where(DOMAIN, merged_away)), merged_away) == merged
    assert told(passed_over(crm)[0], merged_away) == merged
    assert (crm.read(own_id(2)).standing, crm.read(own_id(2)).master_id) == (Standing.OPEN, "")


@pytest.mark.proves("R4.7")
@pytest.mark.fault(21)
def test_that_a_lead_was_merged_is_told_as_a_newer_state(crm, world):
    first = made(crm, world)
    made(crm, world, number=2, domain="fabrikam.com")
    _, last = passed_over(crm)
    world.person_merges(own_id(1), into=own_id(2))

    rows, _ = passed_over(crm, last.cursor)

    (merged,) = [row for row in rows if row.lead_id == own_id(1) and row.standing is Standing.MERGED]
    assert world.is_newer(merged.etag, first.etag)


@pytest.mark.proves("R1.1")
@pytest.mark.fault(21)
def test_a_lead_that_was_merged_into_another_is_not_written_to_and_not_missing(crm, world):
    first = made(crm, world, score=60)
    made(crm, world, number=2, domain="fabrikam.com", score=50)
    world.person_merges(own_id(1), into=own_id(2))

    assert crm.change(own_id(1), sent(world, score=70), etag=first.etag) is Refused.STALE
    assert [one["score"] for one in world.held("fabrikam.com")] == [50]


def test_a_lead_that_went_from_one_into_the_next_is_told_with_one_that_leads_to_the_last(crm, world):
    for number, domain in enumerate((DOMAIN, "fabrikam.com", "northwind.com"), start=1):
        made(crm, world, number=number, domain=domain)
    world.person_merges(own_id(1), into=own_id(2))
    world.person_merges(own_id(2), into=own_id(3))

    row = crm.read(own_id(1))
    for _ in range(2):
        row = crm.read(row.master_id) if row.standing is Standing.MERGED else row

    assert (row.lead_id, row.standing) == (own_id(3), Standing.OPEN)


# --- leads in several records -------------------------------------------------------------------------------------


WHOLE: Mapping[str, Any] = {"name": "Contoso", "score": 60, "mail": "ada@contoso.com", "first_name": "Ada"}


def brought_whole(crm: Crm, world: World, row: CrmRow, **words) -> tuple[CrmRow, int]:
    """As a push goes on: what is owed goes with a next change, until nothing is; and how many changes that took."""
    changes = 0
    values = sent(world, **words)
    while owed := {column: value for column, value in values.items() if column in row.owed}:
        changes += 1
        assert changes < len(words), "what is owed becomes no less"
        row = written(crm.change(row.lead_id, owed, etag=row.etag))
    return row, changes


def test_what_a_create_leaves_is_brought_by_changes_and_then_nothing_is_owed(crm, world):
    row, _ = brought_whole(crm, world, made(crm, world, **WHOLE), **WHOLE)

    read = crm.read(own_id(1))
    assert (row.owed, read.owed, read.unheld) == (frozenset(), frozenset(), frozenset())
    assert all(same(read.values[column], value) for column, value in sent(world, **WHOLE).items())
    assert [{word: one[word] for word in WHOLE} for one in world.held(DOMAIN)] == [WHOLE]


def test_what_a_change_leaves_is_as_it_was_until_a_next_one_brings_it(crm, world):
    brought_whole(crm, world, made(crm, world, **WHOLE), **WHOLE)
    news = {"score": 70, "first_name": "Ada B."}

    row = written(crm.change(own_id(1), sent(world, **news), etag=crm.read(own_id(1)).etag))
    left = [word for word in news if world.columns[word] in row.owed]
    so_far = {word: row.values[world.columns[word]] for word in news}
    brought_whole(crm, world, row, **news)

    assert so_far == news | {word: WHOLE[word] for word in left}
    assert [{word: one[word] for word in WHOLE} for one in world.held(DOMAIN)] == [{**WHOLE, **news}]


@pytest.mark.proves("R1.1")
@pytest.mark.fault(4)
def test_each_write_may_be_repeated_and_nothing_is_there_twice(crm, world):
    row = made(crm, world, **WHOLE)
    brought_whole(crm, world, row, **WHOLE)

    for _ in range(2):
        answer = crm.change(own_id(1), sent(world, **WHOLE), etag=row.etag)
        row = answer if isinstance(answer, CrmRow) else crm.read(own_id(1))
        row, _ = brought_whole(crm, world, row, **WHOLE)

    assert [{word: one[word] for word in WHOLE} for one in world.held(DOMAIN)] == [WHOLE]


@pytest.mark.proves("R4.7")
def test_what_people_change_in_any_of_its_records_is_told_and_makes_a_newer_state(crm, world):
    row, _ = brought_whole(crm, world, made(crm, world, **WHOLE), **WHOLE)
    _, last = passed_over(crm)
    world.person_changes(own_id(1), first_name="Ada B.")

    rows, _ = passed_over(crm, last.cursor)

    told = [one for one in rows if one.values.get(world.columns["first_name"]) == "Ada B."]
    assert told
    assert all(world.is_newer(one.etag, row.etag) for one in told)
    assert crm.change(own_id(1), sent(world, score=70), etag=row.etag) is Refused.STALE


# --- changes ------------------------------------------------------------------------------------------------------


@pytest.mark.proves("R4.7")
def test_a_pass_over_everything_tells_of_our_leads_and_of_theirs(crm, world):
    made(crm, world)
    theirs = world.person_creates("fabrikam.com")

    rows, _ = passed_over(crm)

    assert ids(rows) == {own_id(1), theirs}


@pytest.mark.proves("R4.7")
def test_behind_a_cursor_is_what_changed_since(crm, world):
    made(crm, world)
    made(crm, world, number=2, domain="fabrikam.com")
    _, last = passed_over(crm)

    world.person_changes(own_id(1), phone="+49 30 2")
    made(crm, world, number=3, domain="wingtip.com")
    rows, _ = passed_over(crm, last.cursor)

    told = {row.lead_id: row.values.get(world.columns["phone"]) for row in rows}
    assert {own_id(1), own_id(3)} <= set(told)
    assert told[own_id(1)] == "+49 30 2"


@pytest.mark.proves("R4.7")
def test_a_row_of_changes_is_the_row_that_is_read(crm, world):
    made(crm, world, score=60)

    (row,) = passed_over(crm)[0]
    read = crm.read(own_id(1))

    assert (row.etag, row.lead_id, row.values) == (read.etag, read.lead_id, read.values)
    assert row.changed_at is not None


@pytest.mark.proves("R4.7")
def test_what_changes_while_pages_are_read_is_told_by_this_pass_or_the_next(crm, world):
    everybody = {world.person_creates(f"company-{number}.com") for number in range(world.page_size + 10)}
    one = min(everybody)

    rows, last = passed_over(crm, between=lambda: world.person_changes(one, phone="+49 30 2"))
    later, _ = passed_over(crm, last.cursor)

    told = [row.values.get(world.columns["phone"]) for row in [*rows, *later] if row.lead_id == one]
    assert ids(rows) == everybody
    assert "+49 30 2" in told


@pytest.mark.fault(21)
def test_a_deletion_is_told_or_else_not_met_by_a_pass_over_everything(crm, world):
    made(crm, world)
    _, last = passed_over(crm)
    world.person_deletes(own_id(1))

    rows, page = passed_over(crm, last.cursor)

    if page.tells_deletions:
        assert page.deleted == (own_id(1),)
    assert passed_over(crm)[0] == []
    assert own_id(1) not in ids(rows)


@pytest.mark.fault(24)
def test_a_place_that_the_crm_does_not_know_is_lost(crm):
    with pytest.raises(CursorLost):
        crm.changes("tracked?$deltatoken=1!19990101T000000Z")


# --- who we are ---------------------------------------------------------------------------------------------------


def test_it_says_who_hunter_is_there(crm):
    report = crm.check_access()

    assert report.user
    assert report.organisation


@pytest.mark.parametrize("operation", CALLS)
def test_a_token_that_is_no_good_is_told_as_that(operation, world):
    with pytest.raises(AuthenticationFailed):
        CALLS[operation](world.connected(bearer="no good"))


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.proves("R1.1")
@pytest.mark.fault(4, 10)
@pytest.mark.parametrize("fault", ["drop_after", "broken_json"])
def test_a_create_whose_answer_is_lost_is_in_doubt_and_a_repeat_makes_no_second_one(fault, crm, world):
    world.fails("create", fault=fault)

    with pytest.raises(RemoteError) as lost:
        made(crm, world)
    again = crm.create(own_id(1), sent(world, domain=DOMAIN, name="Another"))

    assert lost.value.outcome_unknown
    assert again in {Refused.ID_TAKEN, Refused.DOMAIN_TAKEN}
    assert [one["name"] for one in world.held(DOMAIN)] == ["Contoso"]


@pytest.mark.proves("R1.1")
@pytest.mark.fault(4, 10)
@pytest.mark.parametrize("fault", ["drop_after", "broken_json"])
def test_a_change_whose_answer_is_lost_is_in_doubt(fault, crm, world):
    first = made(crm, world, score=60)
    world.fails("change", fault=fault)

    with pytest.raises(RemoteError) as lost:
        crm.change(own_id(1), sent(world, score=70), etag=first.etag)

    assert lost.value.outcome_unknown
    assert [one["score"] for one in world.held(DOMAIN)] == [70]
    assert world.is_newer(crm.read(own_id(1)).etag, first.etag)


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("fault", ["drop_before", "broken_json", "html"])
def test_a_read_whose_answer_is_lost_leaves_no_doubt_about_a_write(operation, fault, crm, world):
    made(crm, world)
    world.fails(operation, fault=fault)

    with pytest.raises(TransientFailure) as lost:
        CALLS[operation](crm)

    assert not lost.value.outcome_unknown


@pytest.mark.proves("R5.4")
@pytest.mark.parametrize(
    ("status", "means"),
    [
        (400, ValueRefused),
        (401, AuthenticationFailed),
        (403, PermissionMissing),
        (429, RateLimited),
        (503, TransientFailure),
    ],
)
@pytest.mark.parametrize("operation", ["create", "read", "locate", "changes", "describe"])
def test_a_refusal_has_its_class_and_leaves_no_doubt(operation, status, means, crm, world):
    world.fails(operation, fault="status", status=status)

    with pytest.raises(means) as refused:
        CALLS[operation](crm)

    assert not refused.value.outcome_unknown
    assert world.held(DOMAIN) == []


@pytest.mark.proves("R2.5")
def test_a_429_says_how_long_to_wait(crm, world):
    world.fails("create", fault="status", status=429, retry_after="7")

    with pytest.raises(RateLimited) as refused:
        made(crm, world)

    assert refused.value.retry_after == timedelta(seconds=7)


@pytest.mark.proves("R2.1")
@pytest.mark.parametrize("operation", CALLS)
def test_no_call_goes_out_past_the_gate(operation, world):
    before = world.calls()

    with pytest.raises(Deferred):
        CALLS[operation](world.connected(gate=ClosedGate()))

    assert world.calls() == before
