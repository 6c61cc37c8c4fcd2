"""Every row of the contract's tables 6.2 and 6.3: the code goes before the status (R5.2, R5.4)."""

from __future__ import annotations

import json

import pytest

from crm.dynamics365.answers import read_error
from crm.dynamics365.statuses import TABLE, normal_code

ROWS = [
    (429, "0x80072322", "rate_limit"), (429, "0x80072321", "rate_limit"), (429, "0x80072326", "rate_limit"),
    (429, "0x8005F103", "rate_limit"), (503, "0x8005F103", "rate_limit"),
    (503, "0x80072324", "transient"), (500, "0x80044151", "transient"), (500, "0x80044150", "transient"),
    (500, "0x80044339", "transient"), (500, "0x80040216", "transient"), (400, "0x80040216", "permanent"),
    (500, "0x80040224", "transient"), (400, "0x80040224", "permanent"), (400, "0x80040265", "validation"),
    (500, "0x80044171", "transient"), (500, "0x80044172", "transient"), (500, "0x80044173", "transient"),
    (400, "0x80081111", "transient"), (503, "0x80081116", "transient"),
    (400, "12345", "permanent"), (500, "12345", "permanent"),
    (401, "0x8005F101", "authentication"), (401, "0x80040204", "authentication"),
    (403, "0x80072560", "configuration"), (403, "0x80040225", "configuration"), (403, "0x8004A112", "configuration"),
    (403, "0x80042F09", "configuration"), (403, "0x80040220", "permission"), (403, "0x80040299", "permission"),
    (403, "0x80048306", "permission"), (403, "0x80048405", "permission"), (403, "0x80040256", "permission"),
    (403, "0x8004A110", "configuration"), (403, "0x80040276", "configuration"),
    (404, "0x80040217", "not_found"), (404, "0x80060891", "not_found"), (404, "0x8006088A", "configuration"),
    (400, "0x80060888", "configuration"), (400, "0x80048D19", "validation"),
    (400, "0x80044331", "validation"), (400, "0x80073001", "validation"), (400, "0x80044330", "validation"),
    (400, "0x8004432F", "validation"), (400, "0x8004431A", "validation"), (400, "0x80040239", "validation"),
    (400, "0x80040203", "validation"), (400, "0x80040200", "validation"), (400, "0x8004203E", "validation"),
    (400, "0x80040278", "validation"), (400, "0x80048408", "validation"), (400, "0x8004022C", "validation"),
    (400, "0x80060890", "configuration"), (400, "0x8006088F", "configuration"), (412, "0x8006089D", "conflict"),
    (412, "0x80060882", "conflict"), (400, "0x80060883", "configuration"), (400, "0x8006088D", "configuration"),
    (412, "0x80040237", "duplicate"), (412, "0x80060892", "duplicate"), (500, "0x80040333", "duplicate"),
    (412, "0x80040333", "duplicate"), (412, "0x80073002", "duplicate"),
    (400, "0x8004022E", "permanent"), (400, "0x80040233", "permanent"), (400, "0x80040519", "conflict"),
    (400, "0x80040518", "conflict"), (400, "0x80081018", "permission"), (405, "0x80040228", "permanent"),
    (413, "0x8004418A", "validation"), (400, "0x80044352", "conflict"), (400, "0x80072491", "configuration"),
    (400, "0x80044183", "configuration"), (501, "0x80040219", "configuration"), (503, "0x8004A104", "configuration"),
    (507, "0x80072325", "configuration"), (429, "0x80071151", "transient"), (500, "0x80071154", "transient"),
    (429, "0x80090412", "transient"), (400, "0x80045304", "permanent"), (400, "0x80045305", "permanent"),
    (400, "0x80045301", "permanent"), (412, "0x80049929", "conflict"),
    # the same codes under the other statuses that the contract names for them
    (500, "0x80072324", "transient"), (503, "0x80044151", "transient"), (503, "0x80044339", "transient"),
    (400, "0x80044171", "transient"), (400, "0x80044172", "transient"), (400, "0x80044173", "transient"),
    (500, "0x80081111", "transient"), (500, "0x80081116", "transient"), (500, "0x8006089D", "conflict"),
    (412, "0x80060883", "configuration"), (400, "0x80073002", "duplicate"), (403, "0x8004022E", "permanent"),
    (403, "0x80081018", "permission"), (400, "0x8004418A", "validation"), (410, "0x80044352", "conflict"),
    (400, "0x80040219", "configuration"), (403, "0x8004A104", "configuration"), (500, "0x80072325", "configuration"),
    (503, "0x80090412", "transient"), (503, "0x80071154", "transient"), (500, "0x80071151", "transient"),
    (400, "0x80049929", "conflict"),
    # metadata writes (16.6): what is there already is no failure, and a lock is no limit
    (400, "0x80047013", "duplicate"), (409, "0x80047013", "duplicate"), (400, "0x80060304", "duplicate"),
    (400, "0x80044363", "duplicate"), (400, "0x80047010", "duplicate"), (400, "0x80044345", "duplicate"),
    (400, "0x80060893", "duplicate"), (400, "0x80060894", "duplicate"), (400, "0x8004F023", "duplicate"),
    (400, "0x80044366", "configuration"), (400, "0x80044364", "configuration"), (400, "0x80044365", "configuration"),
    (400, "0x80044367", "configuration"), (400, "0x80044362", "configuration"), (400, "0x80044361", "configuration"),
    (400, "0x80044320", "configuration"), (400, "0x8004841A", "configuration"), (400, "0x80060895", "configuration"),
    (400, "0x80090110", "configuration"), (400, "0x80090111", "configuration"), (400, "0x80090112", "configuration"),
    (400, "0x80060896", "configuration"), (400, "0x80060897", "conflict"), (503, "0x80071151", "transient"),
    (500, "0x80090412", "transient"), (429, "0x80071154", "transient"), (429, "0x80071155", "transient"),
]  # fmt: skip
BY_STATUS = [
    (400, "validation"), (401, "authentication"), (403, "permission"), (404, "not_found"), (405, "configuration"),
    (501, "configuration"), (408, "transient"), (502, "transient"), (503, "transient"), (504, "transient"),
    (409, "conflict"), (412, "conflict"), (413, "validation"), (415, "configuration"), (429, "rate_limit"),
    (500, "transient"), (302, "configuration"), (418, "permanent"), (599, "transient"),
]  # fmt: skip


@pytest.mark.proves("R5.4")
@pytest.mark.parametrize(("status", "code", "kind"), ROWS, ids=[f"{status} {code}" for status, code, _ in ROWS])
def test_a_known_code_decides(status, code, kind):
    said = read_error(status, json.dumps({"error": {"code": code, "message": "no"}}).encode())

    assert TABLE.error_class(status=status, code=said.code).kind == kind


@pytest.mark.proves("R5.4")
@pytest.mark.parametrize("code", ["", "0x0", "0x80049999"])
@pytest.mark.parametrize(("status", "kind"), BY_STATUS)
def test_without_a_known_code_the_status_decides(status, code, kind):
    assert TABLE.error_class(status=status, code=normal_code(code)).kind == kind


@pytest.mark.proves("R5.3")
@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        pytest.param('{"error": {"code": "0x80040217", "message": "gone"}}', "0x80040217", "gone", id="the envelope"),
        pytest.param('{"error": {"code": "0X80040217", "message": ""}}', "0x80040217", "", id="another letter case"),
        pytest.param('{"error": {"code": "-2147220969", "message": ""}}', "0x80040217", "", id="a signed decimal"),
        pytest.param('{"error": {"code": 0, "message": "x"}}', "", "x", id="the number 0"),
        pytest.param(
            '{"error": {"code": "", "message": "outer", "innererror": {"message": "inner"}}}',
            "",
            "outer inner",
            id="an inner error",
        ),
        pytest.param('{"Message": "no route"}', "", "no route", id="another envelope"),
        pytest.param('{"error": "invalid"}', "", "invalid", id="an error that is a text"),
        pytest.param("<html>Bad Gateway</html>", "", "", id="HTML"),
        pytest.param('{"error": {"code": "0x8', "", "", id="broken JSON"),
        pytest.param("[]", "", "", id="a list"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_an_error_body_of_any_form_is_read(body, code, message):
    said = read_error(502, body.encode())

    assert (said.code, said.message) == (code, message)
