"""Creating, changing and deleting leads: D7 to D14, D22 to D27, D29, D40, D44, D50."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.hunter.sandbox.dataverse.environment import API, FIRST, SECOND, refusal

REPRESENTATION = "return=representation"
LEAD = f"leads({FIRST})"
ANY = "*"


def test_d7_a_post_without_an_id_makes_a_lead_and_answers_its_address_only(dataverse):
    answer = dataverse.post("leads", {"subject": "Muster"})

    (lead,) = dataverse.leads
    assert answer.status_code == 204
    assert answer.headers["OData-EntityId"] == f"{API}/leads({lead['leadid']})"
    assert answer.headers["Location"] == answer.headers["OData-EntityId"]


def test_d7_a_post_that_asks_for_the_representation_gets_it(dataverse):
    answer = dataverse.post("leads?$select=subject", {"subject": "Muster"}, Prefer=REPRESENTATION)

    assert answer.status_code == 201
    assert answer.headers["Preference-Applied"] == REPRESENTATION
    assert set(answer.json) == {"@odata.context", "@odata.etag", "subject", "leadid"}
    assert answer.headers["ETag"] == answer.json["@odata.etag"]


def test_d8_a_post_with_an_unused_id_gets_it_and_with_a_used_one_changes_nothing(dataverse):
    dataverse.post("leads", {"leadid": FIRST.upper(), "subject": "Muster"})

    again = dataverse.post("leads", {"leadid": FIRST, "subject": "Other"})

    assert refusal(again) == (412, "0x80040237")
    assert [(lead["leadid"], lead["subject"]) for lead in dataverse.leads] == [(FIRST, "Muster")]


def test_d9_a_bare_patch_of_an_unknown_id_creates_and_its_repeat_is_a_new_version_of_the_same_row(dataverse):
    first = dataverse.patch(LEAD, {"subject": "Muster"})
    before = dataverse.lead()

    again = dataverse.patch(LEAD, {"subject": "Muster"})

    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["OData-EntityId"] == f"{API}/leads({FIRST})"
    assert len(dataverse.leads) == 1
    assert dataverse.lead()["versionnumber"] > before["versionnumber"]
    assert dataverse.lead()["_etag"] != before["_etag"]
    assert dataverse.lead()["_writes"] == 2


def test_d10_the_representation_tells_created_from_updated(dataverse):
    statuses = [dataverse.patch(LEAD, {"subject": "Muster"}, Prefer=REPRESENTATION).status_code for _ in range(2)]

    assert statuses == [201, 200]


def test_d11_update_only_creates_nothing(dataverse):
    unknown = dataverse.patch(LEAD, {"subject": "Muster"}, If_Match=ANY)
    nothing = list(dataverse.leads)
    dataverse.patch(LEAD, {"subject": "Muster"})
    known = dataverse.patch(LEAD, {"subject": "New"}, If_Match=ANY)

    assert refusal(unknown) == (404, "0x80040217")
    assert unknown.json["error"]["message"] == f"Entity 'lead' With Id = {FIRST} Does Not Exist"
    assert nothing == []
    assert (known.status_code, dataverse.lead()["subject"]) == (204, "New")


def test_d12_create_only_changes_nothing_that_is_there(dataverse):
    created = dataverse.patch(LEAD, {"subject": "Muster"}, If_None_Match=ANY)
    before = dataverse.lead()

    refused = dataverse.patch(LEAD, {"subject": "New"}, If_None_Match=ANY)

    assert created.status_code == 204
    assert refusal(refused) == (412, "0x80040237")
    assert dataverse.lead() == before


def test_d12_the_word_null_is_no_condition(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster"})

    assert dataverse.patch(LEAD, {"subject": "New"}, If_None_Match="null").status_code == 204


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_d13_a_stale_version_is_refused_and_the_current_one_goes_through(dataverse, method):
    dataverse.patch(LEAD, {"subject": "Muster"})
    stale = dataverse.lead()["_etag"]
    dataverse.patch(LEAD, {"subject": "Muster"})
    current = dataverse.lead()["_etag"]
    body = {"json": {"subject": "New"}} if method == "patch" else {}

    refused = dataverse.call(method.upper(), LEAD, headers={"If-Match": stale}, **body)
    accepted = dataverse.call(method.upper(), LEAD, headers={"If-Match": current}, **body)

    assert refusal(refused) == (412, "0x80060882")
    assert accepted.status_code == 204
    if method == "patch":
        assert dataverse.lead()["_etag"] not in (stale, current)


@pytest.mark.parametrize("etag", ['"5216701"', "5216701", 'W/"abc"', "W/5216701"])
def test_d13_an_etag_of_another_form_is_a_bad_request(dataverse, etag):
    dataverse.patch(LEAD, {"subject": "Muster"})

    assert dataverse.patch(LEAD, {"subject": "New"}, If_Match=etag).status_code == 400


def test_d14_a_conditional_read_says_unchanged(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster"})
    etag = dataverse.lead()["_etag"]

    unchanged = dataverse.get(LEAD, If_None_Match=etag)
    annotated = dataverse.get(LEAD, If_None_Match=etag, Prefer='odata.include-annotations="*"')
    dataverse.patch(LEAD, {"subject": "New"})

    assert (unchanged.status_code, unchanged.get_data()) == (304, b"")
    assert annotated.status_code == 200
    assert dataverse.get(LEAD, If_None_Match=etag).status_code == 200


def test_d22_an_empty_text_is_null_and_blanks_are_kept(dataverse):
    dataverse.patch(LEAD, {"subject": "", "companyname": " Muster "})

    answer = dataverse.get(f"{LEAD}?$select=subject,companyname")

    assert answer.json["subject"] is None
    assert answer.json["companyname"] == " Muster "


def test_d23_another_id_in_the_body_is_refused_the_same_one_is_not(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster"})

    other = dataverse.patch(LEAD, {"leadid": SECOND, "subject": "New"})
    same = dataverse.patch(LEAD, {"leadid": FIRST.upper(), "companyname": "Muster"})

    assert other.status_code == 400
    assert same.status_code == 204
    assert (dataverse.lead()["subject"], len(dataverse.leads)) == ("Muster", 1)


def test_d23_columns_that_are_not_writable_are_passed_over(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster"})
    before = dataverse.lead()

    answer = dataverse.patch(
        LEAD, {"createdon": "1999-01-01T00:00:00Z", "fullname": "Nobody", "versionnumber": 1, "subject": "New"}
    )

    assert answer.status_code == 204
    assert dataverse.lead()["createdon"] == before["createdon"]
    assert dataverse.lead()["fullname"] is None
    assert dataverse.lead()["versionnumber"] > before["versionnumber"]


def test_d24_a_new_lead_is_open_whatever_the_body_says(dataverse):
    ignored = dataverse.patch(LEAD, {"statecode": 2})
    refused = dataverse.post("leads", {"leadid": SECOND, "statecode": 2, "statuscode": 4})

    assert ignored.status_code == 204
    assert (dataverse.lead()["statecode"], dataverse.lead()["statuscode"]) == (0, 1)
    assert refusal(refused) == (400, "0x80048408")
    assert "4 is not a valid status code for state code LeadState.Open" in refused.json["error"]["message"]
    assert len(dataverse.leads) == 1


@pytest.mark.parametrize(("state", "status"), [(0, 1), (1, 3), (2, 4)])
def test_d24_a_state_alone_takes_its_default_status(dataverse, state, status):
    dataverse.patch(LEAD, {"subject": "Muster", "statuscode": 2})

    dataverse.patch(LEAD, {"statecode": state})

    assert (dataverse.lead()["statecode"], dataverse.lead()["statuscode"]) == (state, status)


def test_d24_a_status_of_another_state_is_refused(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster"})

    assert refusal(dataverse.patch(LEAD, {"statecode": 2, "statuscode": 1})) == (400, "0x80048408")
    assert refusal(dataverse.patch(LEAD, {"statuscode": 4})) == (400, "0x80048408")


def test_d25_what_forms_require_the_api_does_not(dataverse):
    assert dataverse.patch(LEAD, {}).status_code == 204


@pytest.mark.parametrize("body", [{"ownerid@odata.bind": None}, {"ownerid": None}])
def test_d25_a_lead_without_an_owner_is_refused(dataverse, body):
    assert dataverse.patch(LEAD, body).status_code == 400
    assert dataverse.leads == []


def test_d25_a_team_that_can_not_read_leads_can_not_own_one(dataverse):
    dataverse.edit("add_team", id=SECOND, reads_leads=False)

    refused = dataverse.patch(LEAD, {"ownerid@odata.bind": f"/teams({SECOND})"})
    dataverse.edit("add_team", id=SECOND)
    accepted = dataverse.patch(LEAD, {"ownerid@odata.bind": f"teams({SECOND})"})

    assert refusal(refused) == (403, "0x80040299")
    assert accepted.status_code == 204
    assert dataverse.lead()["_ownerid_value"] == SECOND


def test_d26_a_lookup_to_a_row_that_is_not_there_names_that_table(dataverse):
    answer = dataverse.patch(LEAD, {"parentaccountid@odata.bind": f"/accounts({SECOND})"})

    assert refusal(answer) == (404, "0x80040217")
    assert answer.json["error"]["message"] == f"Entity 'account' With Id = {SECOND} Does Not Exist"
    assert dataverse.leads == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"parentaccountid": SECOND}, id="D26 a lookup by its plain name"),
        pytest.param({"_parentaccountid_value": SECOND}, id="D27 a lookup by the name it is read with"),
        pytest.param(
            {"ParentAccountId@odata.bind": f"/accounts({SECOND})"}, id="a navigation property in other letters"
        ),
    ],
)
def test_d26_d27_lookups_are_written_by_their_navigation_property_only(dataverse, body):
    assert refusal(dataverse.patch(LEAD, body)) == (400, "0x80048D19")


def test_d29_the_server_sets_names_times_and_people(dataverse):
    user = dataverse.get("WhoAmI").json["UserId"]
    dataverse.patch(LEAD, {"firstname": "Ayşe", "lastname": "Yılmaz"})
    dataverse.clock.advance(timedelta(minutes=1, milliseconds=900))
    dataverse.patch(LEAD, {"lastname": "Demir"})

    lead = dataverse.lead()

    assert lead["fullname"] == "Ayşe Demir"
    assert lead["createdon"] == "2026-05-04T12:00:00Z"
    assert lead["modifiedon"] == "2026-05-04T12:01:00Z"
    assert lead["_createdby_value"] == lead["_modifiedby_value"] == lead["_ownerid_value"] == user


def test_d40_a_deleted_lead_is_gone_and_an_upsert_brings_a_new_one(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster"})

    statuses = [dataverse.delete(LEAD).status_code for _ in range(2)]
    dataverse.clock.advance(timedelta(hours=1))
    dataverse.patch(LEAD, {"companyname": "Muster"})

    assert statuses == [204, 404]
    assert (dataverse.lead()["subject"], dataverse.lead()["createdon"]) == (None, "2026-05-04T13:00:00Z")
    assert [lead["subject"] for lead in dataverse.service.state()["deleted"]] == ["Muster"]


def test_d44_many_creators_of_one_id_make_one_lead(dataverse):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: dataverse.patch(LEAD, {"hnt_finalscore": n}).status_code, range(40)))
        guarded = list(
            threads.map(
                lambda n: dataverse.patch(f"leads({SECOND})", {"subject": "x"}, If_None_Match=ANY).status_code,
                range(40),
            )
        )

    assert answers == [204] * 40
    assert sorted(guarded) == [204] + [412] * 39
    assert len(dataverse.leads) == 2


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"companyname": "New", "hnt_finalscore": 101}, id="a value out of range"),
        pytest.param({"companyname": "New", "hnt_nothing": 1}, id="a column that is not there"),
        pytest.param(
            {"companyname": "New", "ownerid@odata.bind": f"/teams({SECOND})"}, id="an owner that is not there"
        ),
        pytest.param({"companyname": "New", "hnt_domain": "taken.example"}, id="a key value that is taken"),
        pytest.param({"companyname": "New", "statecode": 1, "statuscode": 1}, id="a status of another state"),
    ],
)
def test_d50_a_write_that_fails_leaves_nothing_changed(dataverse, body):
    dataverse.patch(LEAD, {"companyname": "Muster"})
    dataverse.patch(f"leads({SECOND.replace('1c', '2c')})", {"hnt_domain": "taken.example"})
    before = dataverse.leads

    answer = dataverse.patch(LEAD, body)

    assert answer.status_code >= 400
    assert dataverse.leads == before


def test_one_property_can_be_read_put_and_cleared_by_its_own_address(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster", "description": "Long"})

    put = dataverse.call("PUT", f"{LEAD}/subject", json={"value": "New"})
    cleared = dataverse.delete(f"{LEAD}/description")

    assert (put.status_code, cleared.status_code) == (204, 204)
    assert dataverse.get(f"{LEAD}/subject").json["value"] == "New"
    assert dataverse.lead()["description"] is None


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        pytest.param(b'{"subject": "x"}', "text/plain", (415, "0x80060888"), id="another content type"),
        pytest.param(b'{"subject": ', "application/json", (400, "0x80048D19"), id="broken JSON"),
        pytest.param(b"[1]", "application/json", (400, "0x80048D19"), id="no object"),
        pytest.param(b'{"hnt_confidence": NaN}', "application/json", (400, "0x80048D19"), id="NaN, which is no JSON"),
        pytest.param(b"\xff\xfe", "application/json; charset=utf-8", (400, "0x80048D19"), id="another charset"),
    ],
)
def test_a_body_that_can_not_be_read_is_refused(dataverse, body, content_type, expected):
    assert refusal(dataverse.call("PATCH", LEAD, data=body, content_type=content_type)) == expected


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        pytest.param("PUT", LEAD, (405, "0x80060888"), id="PUT of a row"),
        pytest.param("PATCH", "leads", (405, "0x80060888"), id="PATCH of the collection"),
        pytest.param("GET", "leads(abc)", (400, "0x80060888"), id="no GUID"),
        pytest.param("GET", f"leads({{{FIRST}}})", (400, "0x80060888"), id="a GUID in braces"),
        pytest.param("GET", "leads('a')", (400, "0x80060888"), id="a text for a GUID"),
        pytest.param("POST", "$batch", (415, "0x80060888"), id="a batch that is no multipart"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(dataverse, method, path, expected):
    assert refusal(dataverse.call(method, path, json={})) == expected
