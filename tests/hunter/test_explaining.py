from __future__ import annotations

import json
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from hunter.errors import HunterError
from hunter.explaining import ExplainCommand


class Half(BaseModel):
    number: int


class ExplainHalf(ExplainCommand):
    """Half of a number, and the ways to fail."""

    def configure(self, parser) -> None:
        parser.add_argument("--unit", default="")

    def explain(self, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        if value == "odd":
            raise HunterError("That is odd.", field="number")
        if isinstance(value, str):
            raise ValueError(f"{value!r} has no half.")
        return {"half": Half.model_validate(value).number / 2, "unit": options["unit"]}


def told(*arguments: str) -> list[dict[str, Any]]:
    """The lines that were printed, each read as JSON as the standard has it."""
    out = StringIO()
    call_command(ExplainHalf(), *arguments, stdout=out)
    return [json.loads(line, parse_constant=pytest.fail) for line in out.getvalue().splitlines()]


@pytest.mark.proves("C6")
def test_each_value_gives_one_object_in_order_with_its_input():
    assert told('{"number": 4}', '{"number": 6}', "--unit", "kg") == [
        {"input": {"number": 4}, "half": 2.0, "unit": "kg"},
        {"input": {"number": 6}, "half": 3.0, "unit": "kg"},
    ]


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        pytest.param("odd", {"input": "odd", "error": "That is odd.", "field": "number"}, id="an error with a field"),
        pytest.param("two", {"input": "two", "error": "'two' has no half."}, id="a text that means nothing"),
        pytest.param('"two"', {"input": "two", "error": "'two' has no half."}, id="a text as JSON"),
        pytest.param("[1,", {"input": "[1,", "error": "This is not JSON (Expecting value at character 4)."}, id="broken JSON"),
        pytest.param("[NaN]", {"input": "[NaN]", "error": "NaN is no number that JSON has."}, id="not a number"),
        pytest.param("[1e999]", {"input": "[1e999]", "error": "1e999 is no number that JSON has."}, id="a number beyond all"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read_gives_an_error_and_never_a_traceback(value, answer):
    assert told(value) == [answer]


def test_a_value_of_the_wrong_shape_names_the_field():
    assert told('{"number": "x"}')[0]["error"].startswith("number: Input should be a valid integer")


def test_a_bottomless_value_is_an_error_like_others():
    assert "error" in told("[" * 100_000)[0]


def test_a_file_gives_one_object_a_line_and_blank_lines_are_passed_over(tmp_path):
    file = tmp_path / "values.jsonl"
    file.write_text('\ufeff{"number": 2}\n\n"odd"\r\n{"number": 8}', encoding="utf-8")

    assert [line.get("half", line.get("error")) for line in told("--file", str(file))] == [1.0, "That is odd.", 4.0]


def test_standard_input_is_a_file_too(monkeypatch):
    monkeypatch.setitem(sys.__dict__, "stdin", StringIO('{"number": 2}\n'))

    assert told("--file", "-")[0]["half"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], "Give values as arguments", id="no value"),
        pytest.param(["--file", "/nowhere/at/all"], "/nowhere/at/all can't be read", id="no file"),
    ],
)
def test_what_cannot_start_is_exit_status_2(arguments, words):
    err = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command(ExplainHalf(), *arguments, stdout=StringIO(), stderr=err)

    assert ended.value.code == 2
    assert err.getvalue().startswith(words)


@pytest.mark.proves("R6.4")
@given(st.text(st.characters(exclude_categories=[]), min_size=1).filter(lambda text: not text.startswith("-")))
def test_whatever_text_is_given_one_line_of_json_comes_back(text):
    out = StringIO()

    call_command(ExplainHalf(), "--", text, stdout=out)

    assert out.getvalue().count("\n") == 1
    assert out.getvalue().encode()
    assert json.loads(out.getvalue())["input"] is not ...
