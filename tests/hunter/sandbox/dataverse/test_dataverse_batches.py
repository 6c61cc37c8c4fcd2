"""`$batch` as the contract has it (D36): parts in order, change sets whole or not at all, CRLF and nothing else."""

from __future__ import annotations

import json
import re

import pytest

from tests.hunter.sandbox.dataverse.environment import FIRST, ORG, SECOND, refusal

PATH = "/api/data/v9.2"
THIRD = "2c2d6c1e-5b0e-5d3c-9a44-7b1f7e3c2d12"
CONTINUE = {"Prefer": "odata.continue-on-error"}


def operation(method, path, body=None, *, content_id="", **headers):
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {content_id}"] if content_id else []
    lines += ["", f"{method} {path} HTTP/1.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += ["Content-Type: application/json; type=entry"] if body is not None else []
    return "\r\n".join([*lines, "", json.dumps(body) if body is not None else ""])


def change_set(*operations):
    inner = "".join(f"--changeset_9\r\n{one}\r\n" for one in operations)
    return f"Content-Type: multipart/mixed; boundary=changeset_9\r\n\r\n{inner}--changeset_9--\r\n"


def sent(dataverse, *parts, headers=None, text=None):
    body = text if text is not None else "".join(f"--batch_7\r\n{part}\r\n" for part in parts) + "--batch_7--\r\n"
    kind = 'multipart/mixed; boundary="batch_7"'
    return dataverse.call("POST", "$batch", data=body.encode(), headers={"Content-Type": kind, **(headers or {})})


def statuses(answer):
    return [int(status) for status in re.findall(r"HTTP/1\.1 (\d+)", answer.get_data(as_text=True))]


def create(lead_id, **columns):
    return operation("POST", f"{PATH}/leads", {"leadid": lead_id, "subject": "A", **columns})


def test_d36_operations_run_in_their_order_and_are_answered_in_it(dataverse):
    answer = sent(
        dataverse,
        create(FIRST),
        operation("PATCH", f"{PATH}/leads({FIRST})", {"subject": "B"}, If_Match="*"),
        operation("GET", f"{ORG}{PATH}/leads({FIRST})?$select=subject", Accept="application/json"),
    )

    assert answer.status_code == 200
    assert statuses(answer) == [204, 204, 200]
    assert '"subject":"B"' in answer.get_data(as_text=True)


def test_d36_without_continue_on_error_the_first_failure_ends_it_with_its_own_status(dataverse):
    answer = sent(dataverse, create(FIRST), create(FIRST), create(SECOND))

    assert answer.status_code == 412
    assert answer.mimetype == "multipart/mixed"
    assert statuses(answer) == [204, 412]
    assert [lead["leadid"] for lead in dataverse.leads] == [FIRST]


def test_d36_with_continue_on_error_all_are_tried_and_the_batch_is_200(dataverse):
    answer = sent(dataverse, create(FIRST), create(FIRST), create(SECOND), headers=CONTINUE)

    assert answer.status_code == 200
    assert statuses(answer) == [204, 412, 204]
    assert len(dataverse.leads) == 2


def test_d36_a_change_set_is_undone_whole_and_gives_one_error_part(dataverse):
    first = operation("POST", f"{PATH}/leads", {"leadid": FIRST}, content_id="1")
    bad = operation("POST", f"{PATH}/leads", {"leadid": SECOND, "subject": "x" * 301}, content_id="2")

    answer = sent(dataverse, change_set(first, bad), create(THIRD), headers=CONTINUE)

    assert statuses(answer) == [400, 204]
    assert [lead["leadid"] for lead in dataverse.leads] == [THIRD]


def test_d36_what_a_change_set_undid_frees_its_key_value(dataverse):
    taken = operation("POST", f"{PATH}/leads", {"leadid": FIRST, "hnt_domain": "a.example"}, content_id="1")
    bad = operation("PATCH", f"{PATH}/leads({SECOND})", {"subject": "x"}, content_id="2", If_Match="*")

    answer = sent(dataverse, change_set(taken, bad), create(SECOND, hnt_domain="a.example"), headers=CONTINUE)

    assert statuses(answer) == [404, 204]


def test_d36_a_change_set_answers_each_operation_under_its_content_id(dataverse):
    make = operation("POST", f"{PATH}/leads", {"leadid": FIRST, "subject": "A"}, content_id="1")
    change = operation("PATCH", "$1", {"subject": "B"}, content_id="2")

    answer = sent(dataverse, change_set(make, change))

    assert statuses(answer) == [204, 204]
    assert re.findall(r"Content-ID: (\d)", answer.get_data(as_text=True)) == ["1", "2"]
    assert dataverse.lead()["subject"] == "B"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(operation("GET", f"{PATH}/leads", content_id="1"), id="a GET"),
        pytest.param(operation("POST", f"{PATH}/leads", {}), id="no Content-ID"),
    ],
)
def test_d36_a_change_set_that_is_not_allowed_executes_nothing(dataverse, bad):
    answer = sent(dataverse, create(FIRST), change_set(bad))

    assert refusal(answer) == (400, "0x80060888")
    assert dataverse.leads == []


def test_d36_a_reference_to_what_was_not_created_is_named(dataverse):
    answer = sent(dataverse, change_set(operation("PATCH", "$2", {"subject": "B"}, content_id="1")))

    assert answer.status_code == 400
    assert "Content-ID Reference: '$2' does not exist in the batch context." in answer.get_data(as_text=True)


def test_d36_more_than_1000_operations_are_refused_unexecuted(dataverse):
    answer = sent(dataverse, *[operation("POST", f"{PATH}/leads", {"subject": "A"})] * 1001)

    assert refusal(answer) == (400, "0x80060888")
    assert dataverse.leads == []


def test_d36_lines_must_end_with_carriage_return_and_line_feed(dataverse):
    text = f"--batch_7\r\n{create(FIRST)}\r\n--batch_7--\r\n".replace("\r\n", "\n")

    answer = sent(dataverse, text=text)

    assert refusal(answer) == (400, "0x80048D19")
    assert "Stream was not readable" in answer.json["error"]["message"]
    assert dataverse.leads == []


def test_d36_the_closing_boundary_must_end_its_line(dataverse):
    assert refusal(sent(dataverse, text=f"--batch_7\r\n{create(FIRST)}\r\n--batch_7--"))[0] == 400


def test_d36_an_inner_request_does_not_inherit_the_outer_preferences(dataverse):
    answer = sent(dataverse, create(FIRST), headers={"Prefer": "return=representation"})

    assert statuses(answer) == [204]


def test_d36_a_batch_in_a_batch_is_refused(dataverse):
    assert sent(dataverse, operation("POST", f"{PATH}/$batch", {})).status_code == 400
