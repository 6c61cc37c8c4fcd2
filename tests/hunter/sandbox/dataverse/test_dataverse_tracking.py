"""Change tracking (D38): all rows and a token, then what changed, then what was deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.hunter.sandbox.dataverse.environment import API, FIRST, SECOND, refusal

THIRD = "2c2d6c1e-5b0e-5d3c-9a44-7b1f7e3c2d12"
TRACK = "odata.track-changes"


def ids(answer):
    return [row.get("leadid") or row["id"] for row in answer.json["value"]]


def follow(dataverse, link, **headers):
    return dataverse.get(link.removeprefix(f"{API}/"), **headers)


@pytest.fixture
def first_pass(dataverse):
    for lead_id in (FIRST, SECOND):
        dataverse.post("leads", {"leadid": lead_id, "subject": lead_id})
    return dataverse.get("leads?$select=subject", Prefer=TRACK)


def test_d38_the_first_call_gives_all_rows_and_a_token(first_pass):
    assert sorted(ids(first_pass)) == [FIRST, SECOND]
    assert "$deltatoken=" in first_pass.json["@odata.deltaLink"]
    assert "odata.track-changes" in first_pass.headers["Preference-Applied"]


def test_d38_only_the_last_page_has_the_token(dataverse, first_pass):
    page = dataverse.get("leads?$select=subject", Prefer=f"{TRACK},odata.maxpagesize=1")
    last = follow(dataverse, page.json["@odata.nextLink"], Prefer=f"{TRACK},odata.maxpagesize=1")

    assert "@odata.deltaLink" not in page.json
    assert "@odata.nextLink" not in last.json
    assert sorted(ids(page) + ids(last)) == [FIRST, SECOND]
    assert "@odata.deltaLink" in last.json


def test_d38_the_token_gives_changes_and_then_deletions(dataverse, first_pass):
    dataverse.delete(f"leads({FIRST})")
    dataverse.patch(f"leads({SECOND})", {"subject": "new"})
    dataverse.post("leads", {"leadid": THIRD, "subject": "third"})

    answer = follow(dataverse, first_pass.json["@odata.deltaLink"])

    assert ids(answer) == [SECOND, THIRD, FIRST]
    assert answer.json["value"][0]["subject"] == "new"
    assert answer.json["value"][2]["reason"] == "deleted"
    assert answer.json["value"][2]["@odata.context"].endswith("#leads/$deletedEntity")


def test_d38_nothing_new_is_an_empty_list_and_a_new_token(dataverse, first_pass):
    answer = follow(dataverse, first_pass.json["@odata.deltaLink"])

    assert answer.json["value"] == []
    assert "$deltatoken=" in answer.json["@odata.deltaLink"]


def test_d38_a_row_that_came_and_went_is_told_as_deleted(dataverse, first_pass):
    dataverse.post("leads", {"leadid": THIRD})
    dataverse.delete(f"leads({THIRD})")

    assert ids(follow(dataverse, first_pass.json["@odata.deltaLink"])) == [THIRD]


def test_d38_pages_of_changes_lose_nothing_among_deletions(dataverse, first_pass):
    for lead_id in (FIRST, SECOND):
        dataverse.delete(f"leads({lead_id})")
    dataverse.post("leads", {"leadid": THIRD})

    told, link = [], first_pass.json["@odata.deltaLink"]
    while link:
        answer = follow(dataverse, link, Prefer="odata.maxpagesize=1")
        told += ids(answer)
        link = answer.json.get("@odata.nextLink")

    assert told == [THIRD, FIRST, SECOND]


def test_d38_a_change_between_two_pages_is_told_by_the_token_at_the_latest(dataverse, first_pass):
    page = dataverse.get("leads?$select=subject", Prefer=f"{TRACK},odata.maxpagesize=1")
    dataverse.patch(f"leads({ids(page)[0]})", {"subject": "late"})
    last = follow(dataverse, page.json["@odata.nextLink"], Prefer="odata.maxpagesize=10")
    after = follow(dataverse, last.json["@odata.deltaLink"])

    assert "late" in {row["subject"] for row in last.json["value"] + after.json["value"]}


@pytest.mark.parametrize("option", ["$filter=subject eq 'a'", "$orderby=subject", "$top=1"])
def test_d38_other_options_are_refused(dataverse, option):
    answer = dataverse.get(f"leads?{option}", Prefer=TRACK)

    assert refusal(answer) == (400, "0x80060888")
    assert "isn't supported when Change Tracking is enabled" in answer.json["error"]["message"]


@pytest.mark.parametrize("status", [400, 410])
def test_d38_a_token_older_than_the_limit_has_expired(dataverse, first_pass, status):
    dataverse.switch(expired_token_status=status)
    dataverse.clock.advance(timedelta(days=8))

    assert refusal(follow(dataverse, first_pass.json["@odata.deltaLink"])) == (status, "0x80044352")


def test_d38_it_needs_the_right_to_read_every_lead(dataverse):
    dataverse.switch(reads_whole_organization=False)

    assert refusal(dataverse.get("leads", Prefer=TRACK))[0] == 403


def test_d38_a_table_without_it_refuses(dataverse):
    dataverse.switch(change_tracking=False)

    assert refusal(dataverse.get("leads", Prefer=TRACK)) == (400, "0x80060888")
