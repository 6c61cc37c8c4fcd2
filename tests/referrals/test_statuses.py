"""What Partner Center's refusals mean (contract 4.1, 4.2)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunter.remote.session import ErrorBody
from referrals.statuses import TABLE, read_error

NESTED = {
    "code": "generalException",
    "message": "m",
    "innererror": {"code": "odd", "innerError": {"code": "resourceModified"}},
}


@pytest.mark.proves("R5.3")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"error": {"code": "accessDenied", "message": "m"}}, "accessDenied", id="the envelope"),
        pytest.param({"error": NESTED}, "resourceModified", id="the deepest code that is known, both spellings"),
        pytest.param({"error": {"code": "new", "message": "m"}}, "new", id="an unknown code"),
        pytest.param({"error": "invalid_token", "error_description": "d"}, "invalid_token", id="as OAuth says it"),
        pytest.param({"code": 600009, "description": "d"}, "600009", id="the older services' form, a number"),
        pytest.param({"statusCode": 429, "message": "m"}, "", id="the gateway's form"),
        pytest.param([1], "", id="a list"),
        pytest.param({"error": None}, "", id="nothing inside"),
    ],
)
def test_the_code_in_an_error_body(body, code):
    assert read_error(400, json.dumps(body).encode()).code == code


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b'{"error": {"co', b"\xff\xfe", b"null"])
def test_an_unreadable_body_says_nothing(body):
    assert read_error(502, body) == ErrorBody()


@given(
    body=st.binary()
    | st.recursive(st.none() | st.text(), lambda x: st.dictionaries(st.text(), x)).map(lambda x: json.dumps(x).encode())
)
@pytest.mark.proves("R6.4")
def test_no_body_makes_the_reading_fail(body):
    assert isinstance(read_error(500, body), ErrorBody)


@pytest.mark.proves("R5.4")
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalidRequest", "validation"),
        (401, "unauthenticated", "authentication"),
        (403, "accessDenied", "permission"),
        (403, "insufficent_claims", "authentication"),
        (403, "insufficient_claims", "authentication"),
        (404, "itemNotFound", "not_found"),
        (405, "", "configuration"),
        (408, "", "transient"),
        (409, "", "conflict"),
        (409, "alreadyExists", "duplicate"),
        (412, "preconditionFailed", "conflict"),
        (422, "", "validation"),
        (423, "", "transient"),
        (429, "", "rate_limit"),
        (500, "generalException", "transient"),
        (502, "", "transient"),
        (503, "serviceNotAvailable", "transient"),
        (504, "", "transient"),
        (507, "", "permanent"),
        (509, "", "rate_limit"),
        (302, "", "configuration"),
    ],
)
def test_the_class_of_an_answer(status, code, kind):
    assert TABLE.error_class(status=status, code=code).kind == kind
