"""HubSpot's error table row by row: the code of the first wrong value, the category, then the status (R5.4)."""

from __future__ import annotations

import json

import pytest

from crm.hubspot.answers import read_error
from crm.hubspot.statuses import CODES, TABLE

pytestmark = pytest.mark.proves("R5.4")

BY_CODE = [
    (401, "INVALID_AUTHENTICATION", "authentication"), (401, "EXPIRED_AUTHENTICATION", "authentication"),
    (403, "MISSING_SCOPES", "permission"), (403, "USER_DOES_NOT_HAVE_PERMISSIONS", "permission"),
    (403, "BANNED", "permission"), (429, "RATE_LIMITS", "rate_limit"), (429, "RATE_LIMIT", "rate_limit"),
    (429, "TEN_SECONDLY_ROLLING", "rate_limit"), (429, "SECONDLY", "rate_limit"), (429, "DAILY", "rate_limit"),
    (404, "OBJECT_NOT_FOUND", "not_found"), (400, "CONFLICTING_UNIQUE_VALUE", "duplicate"),
    (409, "OBJECT_ALREADY_EXISTS", "duplicate"), (409, "CONFLICT", "duplicate"),
    (400, "PROPERTY_DOESNT_EXIST", "configuration"), (400, "READ_ONLY_VALUE", "configuration"),
    (400, "VALIDATION_ERROR", "validation"), (400, "INVALID_OPTION", "validation"),
    (400, "INVALID_DOUBLE", "validation"), (400, "INVALID_LONG", "validation"),
    (400, "INVALID_STRING_LENGTH", "validation"), (400, "INVALID_EMAIL", "validation"),
]  # fmt: skip
BY_STATUS = [
    (207, "transient"), (400, "validation"), (401, "authentication"), (403, "permission"), (404, "not_found"),
    (409, "conflict"), (423, "transient"), (429, "rate_limit"), (477, "transient"), (500, "transient"),
    (502, "transient"), (503, "transient"), (504, "transient"), (521, "transient"), (523, "transient"),
    (524, "transient"),
]  # fmt: skip


def class_of(status: int, code: str) -> str:
    said = read_error(status, json.dumps({"status": "error", "message": "no", "category": code}).encode())
    return TABLE.error_class(status=status, code=said.code).kind


@pytest.mark.parametrize(("status", "code", "kind"), BY_CODE)
def test_a_known_code_decides(status, code, kind):
    assert class_of(status, code) == kind


@pytest.mark.parametrize(("code", "kind"), [(code, kind) for _, code, kind in BY_CODE])
def test_a_known_code_decides_under_a_status_that_says_nothing(code, kind):
    assert class_of(418, code) == kind


def test_every_code_of_the_table_has_its_row():
    assert {code.lower() for _, code, _ in BY_CODE} == set(CODES)


@pytest.mark.parametrize("code", ["", "SOMETHING_NEW"])
@pytest.mark.parametrize(("status", "kind"), BY_STATUS)
def test_without_a_known_code_the_status_decides(status, code, kind):
    assert class_of(status, code) == kind


@pytest.mark.parametrize(("status", "kind"), [(401, "authentication"), (429, "rate_limit")])
def test_whose_token_it_is_and_how_often_one_calls_is_told_by_the_status_alone(status, kind):
    assert class_of(status, "VALIDATION_ERROR") == kind
