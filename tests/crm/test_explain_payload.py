"""`explain_payload`: one JSON object a line, without a database (interfaces: commands)."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command


def explained(*values: str) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("explain_payload", *values, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_company_becomes_a_payload_and_what_is_left_out():
    (told,) = explained('{"domain": "contoso.com", "score": 70, "referral_id": "r1", "referral_type": "co-sell"}')

    assert told["input"]["domain"] == "contoso.com"
    assert told["payload"]["hnt_finalscore"] == 70
    assert told["payload"]["hnt_source"] == 816940000
    assert told["payload"]["hnt_processingstatus"] == 816940002
    assert "label" in told["left_out"]["hnt_referraltype"]
    assert set(told["payload"]) & set(told["left_out"]) == set()


@pytest.mark.parametrize(
    ("value", "field", "column"),
    [
        pytest.param('{"domain": ""}', "domain", "hnt_domain", id="no domain"),
        pytest.param('{"domain": "a.com", "score": "70"}', "score", "hnt_finalscore", id="a number as text"),
        pytest.param('{"domain": "a.com", "sources": ["x"]}', "sources", "hnt_source", id="an unknown source"),
    ],
)
def test_what_can_not_be_sent_names_field_and_column(value, field, column):
    (told,) = explained(value)

    assert (told["field"], told["column"]) == (field, column)
    assert told["error"]


@pytest.mark.parametrize("value", ["contoso.com", "[1]", '{"domain":'])
def test_what_is_no_company_is_an_error_and_no_traceback(value):
    (told,) = explained(value)

    assert set(told) == {"input", "error"}
