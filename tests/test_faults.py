"""Each of the thirty faults has a test that brings it about, and the table of the reliability document says where."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

import pytest

from tests.test_house import ROOT, name_of, specifications

FAULTS = range(1, 31)
MARK = re.compile(r"mark\.fault\(([\d, ]+)\)")
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


@cache
def marked() -> dict[int, set[str]]:
    """The files that have a test with the mark, by the fault's number."""
    found = defaultdict(set)
    for path in specifications():
        for numbers in MARK.findall(path.read_text()):
            for number in re.findall(r"\d+", numbers):
                found[int(number)].add(name_of(path))
    return found


@cache
def table() -> dict[int, tuple[str, str, str, str]]:
    """The document's rows by number: fault, what happens, what a person sees, the tests."""
    rows = ROW.findall((ROOT / "docs" / "reliability.md").read_text())
    return {int(number): (fault, happens, seen, tests) for number, fault, happens, seen, tests in rows}


@pytest.mark.proves("R6.3")
@pytest.mark.parametrize("number", FAULTS)
def test_a_fault_has_a_test_that_brings_it_about(number):
    assert marked()[number]


@pytest.mark.parametrize("number", FAULTS)
def test_a_fault_is_told_with_the_tests_that_hold_it(number):
    files = set(re.findall(r"`([\w/]+\.py)`", table()[number][3]))

    assert files
    assert files - {name.removeprefix("tests/") for name in marked()[number]} == set()


def test_no_other_fault_is_marked_or_told():
    assert set(table()) == set(marked()) == set(FAULTS)
