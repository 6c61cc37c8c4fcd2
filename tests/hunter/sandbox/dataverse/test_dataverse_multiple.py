"""CreateMultiple, UpdateMultiple and UpsertMultiple (D37, D48): one transaction, and little said of it."""

from __future__ import annotations

import pytest

from tests.hunter.sandbox.dataverse.environment import FIRST, SECOND, refusal

CRM = "Microsoft.Dynamics.CRM."


def send(dataverse, message, *targets):
    typed = [{"@odata.type": f"{CRM}lead"} | target for target in targets]
    return dataverse.post(f"leads/{CRM}{message}", {"Targets": typed})


def test_d37_created_ids_come_in_the_order_of_the_targets(dataverse):
    answer = send(dataverse, "CreateMultiple", {"leadid": SECOND, "subject": "B"}, {"leadid": FIRST, "subject": "A"})

    assert answer.status_code == 200
    assert answer.json["Ids"] == [SECOND, FIRST]
    assert {lead["subject"] for lead in dataverse.leads} == {"A", "B"}


def test_d37_a_target_without_its_type_is_refused(dataverse):
    answer = dataverse.post(f"leads/{CRM}CreateMultiple", {"Targets": [{"subject": "A"}]})

    assert refusal(answer) == (400, "0x80048D19")


@pytest.mark.parametrize("message", ["CreateMultiple", "UpsertMultiple"])
def test_d37_one_bad_target_and_nothing_is_stored(dataverse, message):
    answer = send(dataverse, message, {"leadid": FIRST, "subject": "A"}, {"leadid": SECOND, "subject": "x" * 301})

    assert refusal(answer) == (400, "0x80044331")
    assert dataverse.leads == []


def test_d37_an_update_of_several_has_no_body(dataverse):
    send(dataverse, "CreateMultiple", {"leadid": FIRST}, {"leadid": SECOND, "hnt_domain": "b.example"})

    answer = send(
        dataverse,
        "UpdateMultiple",
        {"leadid": FIRST, "subject": "A"},
        {"@odata.id": "leads(hnt_domain='b.example')", "subject": "B"},
    )

    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert [dataverse.lead(lead_id)["subject"] for lead_id in (FIRST, SECOND)] == ["A", "B"]


def test_d37_an_update_of_a_row_that_is_not_there_changes_none(dataverse):
    send(dataverse, "CreateMultiple", {"leadid": FIRST, "subject": "A"})

    answer = send(dataverse, "UpdateMultiple", {"leadid": FIRST, "subject": "B"}, {"leadid": SECOND, "subject": "B"})

    assert refusal(answer) == (404, "0x80040217")
    assert dataverse.lead()["subject"] == "A"


def test_d37_an_upsert_creates_and_changes_and_tells_nothing_of_it(dataverse):
    send(dataverse, "CreateMultiple", {"leadid": FIRST, "subject": "A"})

    answer = send(
        dataverse,
        "UpsertMultiple",
        {"leadid": FIRST, "subject": "B"},
        {"@odata.id": "leads(hnt_domain='new.example')", "subject": "C"},
    )

    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert {(lead["subject"], lead["hnt_domain"]) for lead in dataverse.leads} == {("B", None), ("C", "new.example")}


def test_d48_a_key_column_that_is_given_twice_fails_where_the_row_must_be_created(dataverse):
    target = {"@odata.id": "leads(hnt_domain='a.example')", "hnt_domain": "a.example", "subject": "A"}

    absent = send(dataverse, "UpsertMultiple", target)
    dataverse.post("leads", {"leadid": FIRST, "hnt_domain": "a.example"})
    present = send(dataverse, "UpsertMultiple", target)

    assert refusal(absent) == (400, "0x80040216")
    assert present.status_code == 204
    assert dataverse.lead()["subject"] == "A"


def test_a_message_that_leads_do_not_have_is_no_segment(dataverse):
    assert refusal(send(dataverse, "DeleteMultiple", {"leadid": FIRST})) == (404, "0x8006088A")


def test_d4_without_the_right_to_create_an_upsert_of_many_is_refused(dataverse):
    dataverse.switch(missing_privileges=["prvCreateLead"])

    assert refusal(send(dataverse, "UpsertMultiple", {"leadid": FIRST})) == (403, "0x80040220")
