"""What people and plug-ins over there do: D33, D40 to D42, D45, and the leads that were there before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hunter.sandbox.service import EditRefused
from tests.hunter.sandbox.dataverse.environment import FIRST, SECOND, Dataverse, refusal

LEAD = f"leads({FIRST})"
OTHER = f"leads({SECOND})"
SUPPRESS = "MSCRM.SuppressDuplicateDetection"


def test_leads_that_were_there_before_keep_their_state_and_times():
    dataverse = Dataverse(
        existing_leads=[
            {"leadid": FIRST, "subject": "Old", "statecode": 2, "statuscode": 5, "createdon": "2020-01-01T00:00:00Z"},
        ]
    )

    lead = dataverse.lead()

    assert (lead["statecode"], lead["statuscode"], lead["createdon"]) == (2, 5, "2020-01-01T00:00:00Z")
    assert (lead["_writes"], lead["_edits"], lead["_created_by_api"]) == (0, 0, False)
    assert lead["subject"] == "Old"


def test_a_person_s_change_is_a_new_version_and_is_signed_by_the_person(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster", "hnt_domain": "muster.example"})
    etag = dataverse.lead()["_etag"]
    dataverse.clock.advance(timedelta(hours=1))

    dataverse.edit("change", lead="MUSTER.example", columns={"jobtitle": "Head of IT"})

    lead = dataverse.lead()
    assert refusal(dataverse.patch(LEAD, {"subject": "New"}, If_Match=etag)) == (412, "0x80060882")
    assert (lead["jobtitle"], lead["modifiedon"]) == ("Head of IT", "2026-05-04T13:00:00Z")
    assert lead["_modifiedby_value"] != lead["_createdby_value"]
    assert (lead["_writes"], lead["_edits"], lead["_created_by_api"]) == (1, 1, True)


def test_a_person_creates_and_deletes(dataverse):
    made = dataverse.edit("create", columns={"subject": "By hand", "hnt_domain": "muster.example"})
    seen = dataverse.get(f"leads({made['leadid']})").status_code
    dataverse.edit("delete", lead="muster.example")

    assert seen == 200
    assert dataverse.get(f"leads({made['leadid']})").status_code == 404


def test_d33_without_the_header_the_duplicate_is_made_and_with_it_refused(dataverse):
    dataverse.switch(duplicate_columns=["emailaddress1"])
    body = {"emailaddress1": "anna@muster.example"}

    silent = [dataverse.post("leads", body).status_code for _ in range(2)]
    refused = dataverse.call("POST", "leads", json=body, headers={SUPPRESS: "false"})
    dataverse.switch(duplicate_status=412)
    otherwise = dataverse.call("POST", "leads", json=body, headers={SUPPRESS: "false"})

    assert silent == [204, 204]
    assert refusal(refused) == (500, "0x80040333")
    assert refusal(otherwise) == (412, "0x80040333")
    assert len(dataverse.leads) == 2


@pytest.mark.parametrize(
    ("again", "reason"),
    [
        pytest.param({"path": LEAD, "body": {}}, "DuplicateExceptionRestoreRecycleBin", id="by its id"),
        pytest.param({"path": OTHER, "body": {"hnt_domain": "muster.example"}}, "0x80049929", id="by its key value"),
    ],
)
def test_d40_what_was_made_again_is_in_the_way_of_a_restore(dataverse, again, reason):
    dataverse.switch(recycle_bin=True)
    dataverse.patch(LEAD, {"hnt_domain": "muster.example"})
    dataverse.delete(LEAD)
    dataverse.patch(again["path"], again["body"])

    with pytest.raises(EditRefused, match=reason):
        dataverse.edit("restore", lead=FIRST)


def test_d40_a_deleted_lead_comes_back_from_the_bin(dataverse):
    dataverse.switch(recycle_bin=True)
    dataverse.patch(LEAD, {"subject": "Muster"})
    dataverse.delete(LEAD)

    dataverse.edit("restore", lead=FIRST)

    assert dataverse.lead()["subject"] == "Muster"


def test_d41_a_merge_closes_the_losing_lead_which_still_takes_writes(dataverse):
    dataverse.patch(LEAD, {"subject": "Winner"})
    dataverse.patch(OTHER, {"subject": "Loser", "jobtitle": "Head of IT", "hnt_domain": "muster.example"})

    dataverse.edit("merge", lead=FIRST, subordinate="muster.example")

    losing = dataverse.lead(SECOND)
    assert (losing["merged"], losing["_masterid_value"], losing["statecode"]) == (True, FIRST, 2)
    assert (dataverse.lead()["subject"], dataverse.lead()["jobtitle"]) == ("Winner", "Head of IT")
    assert dataverse.lead()["hnt_domain"] is None
    assert dataverse.patch(OTHER, {"subject": "Late"}).status_code == 204
    assert (dataverse.lead(SECOND)["subject"], dataverse.lead()["subject"]) == ("Late", "Winner")


def test_d41_a_merge_needs_two_open_leads(dataverse):
    dataverse.patch(LEAD, {})
    dataverse.patch(OTHER, {})
    dataverse.edit("disqualify", lead=SECOND)

    with pytest.raises(EditRefused, match="0x80045305"):
        dataverse.edit("merge", lead=FIRST, subordinate=FIRST)
    with pytest.raises(EditRefused, match="0x80045304"):
        dataverse.edit("merge", lead=FIRST, subordinate=SECOND)


def test_d42_a_qualified_lead_is_closed_and_points_to_what_came_of_it(dataverse):
    dataverse.patch(LEAD, {"companyname": "Muster"})

    dataverse.edit("qualify", lead=FIRST)

    lead = dataverse.lead()
    assert (lead["statecode"], lead["statuscode"]) == (1, 3)
    assert None not in (
        lead["_parentaccountid_value"],
        lead["_parentcontactid_value"],
        lead["_qualifyingopportunityid_value"],
    )
    with pytest.raises(EditRefused, match="0x80040519"):
        dataverse.edit("qualify", lead=FIRST)


def test_d42_closed_leads_take_writes_unless_the_environment_forbids_it(dataverse):
    dataverse.patch(LEAD, {"subject": "Muster"})
    dataverse.edit("disqualify", lead=FIRST, status=5)

    allowed = dataverse.patch(LEAD, {"subject": "New"})
    dataverse.switch(closed_leads_readonly=True)
    refused = dataverse.patch(LEAD, {"subject": "Newer"})
    reopened = dataverse.patch(LEAD, {"statecode": 0, "statuscode": 1})

    assert (allowed.status_code, reopened.status_code) == (204, 204)
    assert refusal(refused) == (400, "0x80040233")
    assert (dataverse.lead()["subject"], dataverse.lead()["statecode"]) == ("New", 0)


def test_d45_a_plug_in_refuses_with_a_text_of_its_own(dataverse):
    dataverse.switch(
        reject_rules=[{"column": "companyname", "pattern": "(?i)test", "message": "No test companies, please."}]
    )

    answer = dataverse.patch(LEAD, {"companyname": "Test AG"})

    assert refusal(answer) == (400, "0x80040265")
    assert answer.json["error"]["message"] == "No test companies, please."
    assert dataverse.leads == []


def test_d45_a_plug_in_changes_what_was_written(dataverse):
    dataverse.switch(rewrite_rules=[{"column": "telephone1", "pattern": r"[^\d+]", "replacement": ""}])

    dataverse.patch(LEAD, {"telephone1": "+49 (30) 12-34"})

    assert dataverse.get(LEAD).json["telephone1"] == "+49301234"
