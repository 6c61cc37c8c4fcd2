"""Queries: D30 to D32, D49, D51."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from hunter.sandbox.dataverse.filters import parse_filter
from hunter.sandbox.dataverse.matching import pinned_values
from tests.hunter.sandbox.dataverse.environment import ORG, Dataverse, refusal

ROWS: list[dict[str, Any]] = [
    {"subject": "Alpha", "hnt_domain": "alpha.example", "hnt_finalscore": 10, "createdon": "2026-01-01T08:00:00Z"},
    {"subject": "beta", "hnt_domain": "beta.example", "hnt_finalscore": 30, "createdon": "2026-01-02T08:00:00Z"},
    {"subject": "O'Neil & Sons", "hnt_finalscore": 30, "hnt_isreenriched": True, "createdon": "2026-01-03T08:00:00Z"},
    {"subject": "delta+co", "hnt_domain": "delta.example", "createdon": "2026-01-04T08:00:00Z"},
    {"subject": "50% off", "statecode": 2, "statuscode": 4, "createdon": "2026-01-05T08:00:00Z"},
]
ID = "00000000-0000-4000-8000-00000000000{}"


@pytest.fixture
def dataverse() -> Dataverse:
    leads = [
        {"leadid": ID.format(number), "statecode": 0, "statuscode": 1, **row} for number, row in enumerate(ROWS, 1)
    ]
    return Dataverse(existing_leads=leads)


def found(dataverse, query):
    answer = dataverse.get(f"leads?{query}")
    assert answer.status_code == 200, answer.json
    return [int(lead["leadid"][-1]) for lead in answer.json["value"]]


def test_d30_each_row_has_its_etag_its_id_and_what_was_selected(dataverse):
    answer = dataverse.get("leads?$select=subject,hnt_domain&$filter=hnt_domain eq 'alpha.example'")

    (lead,) = answer.json["value"]
    assert set(lead) == {"@odata.etag", "subject", "hnt_domain", "leadid"}
    assert answer.json["@odata.context"] == f"{ORG}/api/data/v9.2/$metadata#leads(subject,hnt_domain)"


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        pytest.param("subject eq 'ALPHA'", [1], id="texts compare without regard to case"),
        pytest.param("subject eq 'O''Neil %26 Sons'", [3], id="doubled quotes are one"),
        pytest.param("hnt_finalscore eq 30", [2, 3], id="numbers"),
        pytest.param("30 eq hnt_finalscore", [2, 3], id="the literal may come first"),
        pytest.param("10 lt hnt_finalscore", [2, 3], id="a comparison turned round"),
        pytest.param("hnt_finalscore gt 10 and hnt_finalscore le 30", [2, 3], id="and"),
        pytest.param("hnt_finalscore eq 10 or statecode eq 2", [1, 5], id="or"),
        pytest.param(
            "hnt_finalscore eq 10 or statecode eq 0 and hnt_finalscore eq 30", [1, 2, 3], id="and binds closer"
        ),
        pytest.param("(hnt_finalscore eq 10 or statecode eq 0) and hnt_finalscore eq 30", [2, 3], id="brackets"),
        pytest.param("hnt_domain eq 'ALPHA.example' or hnt_domain eq 'delta.example '", [1, 4], id="several texts"),
        pytest.param("hnt_domain eq 'beta.example' or hnt_finalscore eq 30", [2, 3], id="a text or something else"),
        pytest.param(
            "(hnt_domain eq 'alpha.example' or hnt_domain eq 'beta.example') and hnt_finalscore gt 10",
            [2],
            id="several texts and something else",
        ),
        pytest.param("hnt_domain eq 'beta.example' or subject eq 'Alpha'", [1, 2], id="texts of two columns"),
        pytest.param("not (hnt_domain eq 'beta.example')", [1, 3, 4, 5], id="not a text"),
        pytest.param("not (hnt_finalscore eq 30)", [1, 4, 5], id="not"),
        pytest.param("hnt_finalscore ne 30", [1, 4, 5], id="not equal takes rows without a value"),
        pytest.param("hnt_domain eq null", [3, 5], id="no value"),
        pytest.param("hnt_domain ne null", [1, 2, 4], id="any value"),
        pytest.param("hnt_isreenriched eq true", [3], id="yes and no"),
        pytest.param("createdon ge 2026-01-04T08:00:00Z", [4, 5], id="moments"),
        pytest.param(
            "createdon gt 2026-01-04T09:00:00.5%2B01:00", [5], id="moments with an offset and parts of a second"
        ),
        pytest.param("createdon lt 2026-01-02", [1], id="a day for a moment"),
        pytest.param(f"leadid eq {ID.format(2)}", [2], id="GUIDs without quotes"),
        pytest.param("contains(subject,'ET')", [2], id="contains"),
        pytest.param("startswith(subject,'al') or endswith(subject,'CO')", [1, 4], id="startswith and endswith"),
        pytest.param("contains(subject,'e%25a')", [2, 4], id="a percent sign is a wildcard"),
        pytest.param("startswith(subject,'_eta')", [2], id="an underscore is a wildcard"),
        pytest.param("startswith(subject,'[ab]')", [1, 2], id="brackets are a set of characters"),
        pytest.param("contains(subject,'[%25]')", [5], id="a wildcard in brackets is itself"),
        pytest.param(
            "Microsoft.Dynamics.CRM.In(PropertyName='hnt_domain',PropertyValues=['BETA.example',\"alpha.example\"])",
            [1, 2],
            id="In",
        ),
    ],
)
def test_d30_a_filter_finds_its_rows(dataverse, condition, numbers):
    assert found(dataverse, f"$filter={condition}") == numbers


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("$filter=subject eq", id="half a comparison"),
        pytest.param("$filter=subject eq Alpha", id="a text without quotes"),
        pytest.param("$filter=subject eq 'Alpha' subject", id="something left over"),
        pytest.param("$filter=subject eq 'it's'", id="a quote that is not doubled"),
        pytest.param("$filter=hnt_finalscore eq '30'", id="a text for a number"),
        pytest.param("$filter=subject eq 30", id="a number for a text"),
        pytest.param(f"$filter=leadid eq '{ID.format(1)}'", id="a GUID in quotes"),
        pytest.param(f"$filter=leadid eq guid'{ID.format(1)}'", id="a GUID in the manner of OData 2"),
        pytest.param("$filter=contains(hnt_finalscore,'3')", id="a text function on a number"),
        pytest.param("$filter=length(subject) eq 5", id="a function that is not there"),
        pytest.param("$filter=ownerid eq null", id="a lookup by its plain name"),
        pytest.param("$skip=1", id="D30 $skip"),
        pytest.param("$search=alpha", id="$search"),
        pytest.param("$format=json", id="$format"),
        pytest.param("$Filter=subject eq 'x'", id="options are case-sensitive"),
        pytest.param("$top=x", id="$top is a number"),
        pytest.param("$count=yes", id="$count is true or false"),
        pytest.param("$orderby=subject sideways", id="a direction that is none"),
        pytest.param(f"$filter={'(' * 200}subject eq 'x'{')' * 200}", id="brackets without end"),
    ],
)
def test_d30_a_query_that_can_not_be_read_is_a_bad_request(dataverse, query):
    assert refusal(dataverse.get(f"leads?{query}")) == (400, "0x80060888")


def test_d30_rows_come_in_the_order_asked_for_with_missing_values_first(dataverse):
    assert found(dataverse, "$orderby=hnt_finalscore asc,createdon desc") == [5, 4, 1, 3, 2]
    assert found(dataverse, "$orderby=subject") == [5, 1, 2, 4, 3]
    assert found(dataverse, "$orderby=createdon desc&$top=2") == [5, 4]


def test_d30_the_count_is_of_all_rows_that_match(dataverse):
    answer = dataverse.get("leads?$filter=hnt_finalscore eq 30&$count=true", Prefer="odata.maxpagesize=1")

    assert (answer.json["@odata.count"], len(answer.json["value"])) == (2, 1)
    assert dataverse.get("leads/$count?$filter=hnt_finalscore eq 30").get_data() == b"2"


def test_d30_counts_end_at_5000():
    crowded = Dataverse(existing_leads=[{"subject": str(number)} for number in range(5001)])

    answer: Any = crowded.get("leads?$select=leadid&$count=true", Prefer='odata.include-annotations="*"')

    assert (answer.json["@odata.count"], len(answer.json["value"])) == (5000, 5000)
    assert answer.json["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] is True
    assert "@odata.nextLink" in answer.json


@pytest.mark.parametrize(
    ("condition", "pinned"),
    [
        ("hnt_domain eq 'a' or hnt_domain eq 'b'", {("hnt_domain", "a"), ("hnt_domain", "b")}),
        ("(hnt_domain eq 'a' or hnt_domain eq 'b') and statecode eq 0", {("hnt_domain", "a"), ("hnt_domain", "b")}),
        (f"leadid eq {ID.format(1)} or hnt_domain eq 'a'", {("leadid", ID.format(1)), ("hnt_domain", "a")}),
        ("hnt_domain eq 'a' or subject eq 'b'", {("hnt_domain", "a"), ("subject", "b")}),
        ("hnt_domain eq 'a' or statecode eq 0", None),
        ("hnt_domain ne 'a'", None),
        ("not (hnt_domain eq 'a')", None),
        ("hnt_domain eq null", None),
    ],
)
def test_what_ties_rows_to_a_few_ids_and_texts_is_looked_up_without_reading_the_table(condition, pinned):
    assert pinned_values(parse_filter(condition)) == pinned


def test_d30_no_match_is_an_empty_list(dataverse):
    assert dataverse.get("leads?$filter=subject eq 'nobody'").json["value"] == []


def follow(dataverse, link, **headers):
    return dataverse.get(
        unquote(link.removeprefix(f"{ORG}/api/data/v9.2/").replace("%25", "%2525").replace("%26", "%2526")), **headers
    )


def test_d31_five_rows_in_pages_of_two_are_three_pages(dataverse):
    pages, answer = (
        [],
        dataverse.get("leads?$select=subject&$orderby=createdon desc,leadid asc", Prefer="odata.maxpagesize=2"),
    )
    while True:
        pages.append([int(lead["leadid"][-1]) for lead in answer.json["value"]])
        link = answer.json.get("@odata.nextLink")
        if link is None:
            break
        assert link.startswith(f"{ORG}/api/data/v9.2/leads?$select=subject&")
        answer = follow(dataverse, link, Prefer="odata.maxpagesize=2")

    assert pages == [[5, 4], [3, 2], [1]]


@pytest.mark.parametrize("gone", [1, 2])
@pytest.mark.parametrize(
    ("order", "rest"), [("createdon", [3, 4]), ("hnt_finalscore", [1, 2]), ("hnt_finalscore desc", [1, 4])]
)
def test_d31_a_page_goes_on_where_the_last_one_ended_also_when_its_rows_have_gone(dataverse, order, gone, rest):
    answer = dataverse.get(f"leads?$select=subject&$orderby={order}", Prefer="odata.maxpagesize=2")
    dataverse.delete(f"leads({answer.json['value'][gone - 1]['leadid']})")

    following = follow(dataverse, answer.json["@odata.nextLink"], Prefer="odata.maxpagesize=2")

    assert [int(lead["leadid"][-1]) for lead in following.json["value"]] == rest


@pytest.mark.parametrize(
    "tamper", [("pagenumber", "pagenumbr"), ("$select=subject", "$select=leadid"), ("skiptoken=", "skiptoken=x")]
)
def test_d31_a_link_that_was_tampered_with_is_a_bad_request(dataverse, tamper):
    link = dataverse.get("leads?$select=subject", Prefer="odata.maxpagesize=2").json["@odata.nextLink"]

    assert refusal(follow(dataverse, link.replace(*tamper), Prefer="odata.maxpagesize=2"))[0] == 400


def test_d32_the_page_size_wins_over_top(dataverse):
    answer = dataverse.get("leads?$select=subject&$top=1", Prefer="odata.maxpagesize=2")

    assert len(answer.json["value"]) == 2
    assert "@odata.nextLink" in answer.json
    assert "@odata.nextLink" not in dataverse.get("leads?$top=1").json


def test_d32_an_address_of_more_than_32_kb_is_refused(dataverse):
    assert dataverse.get(f"leads?$filter=subject eq '{'x' * 32_768}'").status_code == 414


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("odata.maxpagesize=2", "odata.maxpagesize=2"),
        ("odata.maxpagesize=9999", "odata.maxpagesize=5000"),
        ('odata.include-annotations="*"', 'odata.include-annotations="*"'),
        (
            'odata.maxpagesize=2, odata.include-annotations="a.b,c.*"',
            'odata.maxpagesize=2,odata.include-annotations="a.b,c.*"',
        ),
        ("respond-async", None),
    ],
)
def test_d49_the_answer_says_which_preferences_it_honoured(dataverse, prefer, applied):
    assert dataverse.get("leads", Prefer=prefer).headers.get("Preference-Applied") == applied


@pytest.mark.parametrize(
    "prefer", ["odata.maxpagesize=none", "odata.maxpagesize=0", 'odata.include-annotations="*', "=x"]
)
def test_d49_a_malformed_preference_is_a_bad_request(dataverse, prefer):
    assert dataverse.get("leads", Prefer=prefer).status_code == 400


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        pytest.param("subject+eq+'delta%2Bco'", [4], id="plus is a blank, %2B a plus"),
        pytest.param("subject%20eq%20'delta+co'", [], id="a bare plus is never a plus"),
        pytest.param("subject%20eq%20%27O%27%27Neil%20%26%20Sons%27", [3], id="quotes may be encoded"),
    ],
)
def test_d51_a_query_string_is_decoded_as_the_platform_does(dataverse, condition, numbers):
    assert found(dataverse, f"$filter={condition}") == numbers
