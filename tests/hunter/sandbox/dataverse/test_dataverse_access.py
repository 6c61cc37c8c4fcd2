"""Who gets in, and what every answer carries: D3 to D6, D34, D46, D47."""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread

import pytest

from tests.hunter.sandbox.dataverse.environment import API, FIRST, ORG, refusal
from tests.waiting import PATIENCE


@pytest.mark.parametrize("token", ["", "expired", "foreign"])
def test_d3_without_a_good_token_nothing_happens_and_the_body_is_empty(dataverse, token):
    answer = dataverse.call("POST", "leads", app=token, json={"subject": "Muster"})

    assert (answer.status_code, answer.get_data()) == (401, b"")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
    assert f"resource_id={ORG}/" in answer.headers["WWW-Authenticate"]
    assert dataverse.leads == []


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        pytest.param({"application_users": ["another"]}, (403, "0x80072560"), id="no application user"),
        pytest.param({"is_user_enabled": False}, (403, "0x80040225"), id="a disabled user"),
        pytest.param({"has_roles": False}, (403, "0x80042F09"), id="a user without roles"),
        pytest.param({"missing_privileges": ["prvCreateLead"]}, (403, "0x80040220"), id="no create privilege"),
    ],
)
def test_d4_an_app_without_its_rights_creates_nothing(dataverse, switches, expected):
    dataverse.switch(**switches)

    answer = dataverse.post("leads", {"subject": "Muster"})

    assert refusal(answer) == expected
    assert dataverse.leads == []


def test_d4_reads_still_work_without_the_create_privilege_which_the_text_names(dataverse):
    dataverse.switch(missing_privileges=["prvCreateLead"])

    refused = dataverse.patch(f"leads({FIRST})", {"subject": "Muster"})

    assert "prvCreateLead" in refused.json["error"]["message"]
    assert dataverse.get("leads").status_code == 200


@pytest.mark.parametrize("path", ["leads", "WhoAmI", "Leads", f"leads({FIRST})"])
def test_d5_every_answer_carries_the_headers_of_the_platform(dataverse, path):
    answer = dataverse.get(path)

    assert answer.headers["OData-Version"] == "4.0"
    assert answer.headers["x-ms-service-request-id"] == answer.headers["REQ_ID"]
    assert answer.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] == "5999"
    assert answer.headers["x-ms-ratelimit-time-remaining-xrm-requests"] == "1,200.00"
    assert answer.headers["x-ms-dop-hint"] == "52"


def test_d5_an_answer_without_content_has_no_body(dataverse):
    answer = dataverse.patch(f"leads({FIRST})", {"subject": "Muster"})

    assert (answer.status_code, answer.get_data()) == (204, b"")


def test_d6_names_of_entity_sets_are_case_sensitive(dataverse):
    answer = dataverse.get("Leads")

    assert refusal(answer) == (404, "0x8006088A")
    assert answer.json["error"]["message"] == "Resource not found for the segment 'Leads'."


def test_d34_more_requests_than_the_window_allows_are_refused_and_never_executed(dataverse):
    dataverse.edit("limit", limits={"requests": 2, "window_seconds": 60})
    dataverse.get("WhoAmI")
    dataverse.get("WhoAmI")

    answer = dataverse.post("leads", {"subject": "Muster"})

    assert refusal(answer) == (429, "0x80072322")
    assert answer.headers["Retry-After"] == "60"
    assert "limit of 2 over time window of 60 seconds" in answer.json["error"]["message"]
    assert dataverse.leads == []


def test_d34_asking_during_the_wait_prolongs_it(dataverse):
    dataverse.edit("limit", limits={"requests": 1, "window_seconds": 60, "prolonged_by_seconds": 5})
    dataverse.get("WhoAmI")
    dataverse.clock.advance(timedelta(seconds=30))
    waits = [int(dataverse.get("WhoAmI").headers["Retry-After"]) for _ in range(3)]

    dataverse.clock.advance(timedelta(seconds=39))
    early = dataverse.get("WhoAmI")
    dataverse.clock.advance(timedelta(seconds=int(early.headers["Retry-After"])))

    assert waits == [30, 35, 40]
    assert early.status_code == 429
    assert dataverse.get("WhoAmI").status_code == 200


def test_d34_limits_are_for_each_user(dataverse):
    dataverse.edit("limit", limits={"requests": 1})
    dataverse.get("WhoAmI")

    assert dataverse.get("WhoAmI").status_code == 429
    assert dataverse.call("GET", "WhoAmI", app="another").status_code == 200


def test_d34_more_calls_at_once_than_allowed_are_refused_at_once(dataverse):
    dataverse.edit("limit", limits={"at_once": 1})
    inside, let_go = Event(), Event()

    def hold() -> None:
        with dataverse.service.protection.admitted("hunter"):
            inside.set()
            let_go.wait(PATIENCE)

    holder = Thread(target=hold)
    holder.start()
    inside.wait(PATIENCE)
    refused = dataverse.get("WhoAmI")
    let_go.set()
    holder.join()

    assert refusal(refused) == (429, "0x80072326")
    assert refused.headers["Retry-After"] == "1"
    assert dataverse.get("WhoAmI").status_code == 200


def test_d34_execution_time_has_a_budget(dataverse):
    dataverse.edit("limit", limits={"execution_seconds": 10})
    with dataverse.service.protection.admitted("hunter"):
        dataverse.clock.advance(timedelta(seconds=11))

    answer = dataverse.get("WhoAmI")

    assert refusal(answer) == (429, "0x80072321")
    assert "10,000 milliseconds" in answer.json["error"]["message"]


@pytest.mark.parametrize("header", ["MSCRM.BypassBusinessLogicExecution", "MSCRM.BypassCustomPluginExecution"])
def test_d46_going_past_plug_ins_needs_a_privilege_of_its_own(dataverse, header):
    answer = dataverse.call("POST", "leads", json={"subject": "Muster"}, headers={header: "true"})

    assert refusal(answer) == (403, "0x80040220")
    assert dataverse.leads == []


def test_d47_who_am_i_names_user_unit_and_organisation(dataverse):
    answer = dataverse.get("WhoAmI")

    assert set(answer.json) == {"@odata.context", "BusinessUnitId", "UserId", "OrganizationId"}
    assert answer.json["@odata.context"] == f"{API}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"
    assert answer.json["UserId"] == dataverse.get("WhoAmI()").json["UserId"]


def test_d47_posting_it_finds_no_resource_and_has_an_empty_code(dataverse):
    assert refusal(dataverse.post("WhoAmI", {})) == (404, "")


@pytest.mark.parametrize(
    ("method", "path", "headers", "operation"),
    [
        ("GET", "leads?$top=1", {}, "query"),
        ("GET", f"leads({FIRST})", {}, "read"),
        ("POST", "leads", {}, "create"),
        ("PATCH", f"leads({FIRST})", {"If-None-Match": "*"}, "create"),
        ("PATCH", f"leads({FIRST})", {"If-Match": 'W/"1"'}, "update"),
        ("DELETE", f"leads({FIRST})", {}, "delete"),
        ("GET", "EntityDefinitions(LogicalName='lead')/Keys", {}, "metadata"),
        ("GET", "WhoAmI", {}, "whoami"),
        ("POST", "$batch", {}, "batch"),
    ],
)
def test_faults_can_be_bound_to_an_operation(dataverse, method, path, headers, operation):
    request = dataverse.request(method, path, headers=headers)

    assert dataverse.service.operation(request, request.path) == operation
