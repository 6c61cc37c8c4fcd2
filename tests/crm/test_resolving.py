"""The mapping against the CRM's own columns (R4.2, R4.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crm.interface import ColumnFacts, ColumnType, TableFacts
from crm.mapping.columns import Kind
from crm.mapping.payload import PayloadRefused, lead_payload
from crm.mapping.resolving import TYPES, Gravity, held_against
from tests.crm.conftest import columns_of, company


@pytest.fixture
def table(mapping) -> TableFacts:
    """A CRM that has every column as the mapping wants it, and the optional ones not."""
    columns = {}
    for column in mapping.column:
        if column.when_present:
            continue
        words = column.numbers or {}
        labels = {816940000 + place: label for place, label in enumerate((column.labels or {}).values())}
        column_type = ColumnType.LINES if column.kind in {Kind.LINES, Kind.JSON} else min(TYPES[column.kind])
        if column.kind in {Kind.TEXT, Kind.IDENTIFIER}:
            column_type = ColumnType.TEXT
        columns[column.name] = ColumnFacts(
            column.name,
            column_type,
            length=column.length,
            options={number: word for word, number in words.items()} | labels,
        )
    return TableFacts(columns)


def changed(table: TableFacts, name: str, **facts: Any) -> TableFacts:
    return TableFacts({**table.columns, name: replace(table.columns[name], **facts)})


def test_a_crm_that_fits_has_no_faults(mapping, table):
    assert held_against(mapping, table).faults == ()


def test_a_choice_by_label_gets_its_number_from_the_crm(mapping, table):
    resolved = held_against(mapping, table)

    assert columns_of(company(referral_type="marketplace"), resolved)["hnt_referraltype"] == 816940001


@pytest.mark.proves("R4.5")
@pytest.mark.fault(19)
def test_a_column_that_has_disappeared_stops_pushes_with_one_clear_error(mapping, table):
    without = TableFacts({name: facts for name, facts in table.columns.items() if name != "hnt_provider"})

    errors = held_against(mapping, without).errors

    assert [error.column for error in errors] == ["hnt_provider"]
    assert "check_crm" in errors[0].way_out


@pytest.mark.proves("R4.2")
@pytest.mark.fault(20)
@pytest.mark.parametrize(
    ("column", "facts", "gravity"),
    [
        pytest.param("hnt_finalscore", {"type": ColumnType.TEXT}, Gravity.ERROR, id="another type"),
        pytest.param("hnt_provider", {"writable": False}, Gravity.ERROR, id="nobody may write it"),
        pytest.param("companyname", {"length": 40}, Gravity.WARNING, id="a shorter length"),
        pytest.param("hnt_finalscore", {"most": 50}, Gravity.WARNING, id="a narrower range"),
        pytest.param("hnt_source", {"options": {816940001: "Manual"}}, Gravity.WARNING, id="options are missing"),
        pytest.param("hnt_pushstatus", {"options": {}}, Gravity.WARNING, id="no option has the label"),
    ],
)
def test_a_column_that_differs_is_a_fault(mapping, table, column, facts, gravity):
    faults = held_against(mapping, changed(table, column, **facts)).faults

    assert [(fault.column, fault.gravity) for fault in faults] == [(column, gravity)]


def test_the_live_length_cuts_and_refuses(mapping, table):
    short = held_against(mapping, changed(table, "companyname", length=4))
    narrow = held_against(mapping, changed(table, "hnt_referralid", length=4))

    assert columns_of(company(name="Contoso"), short)["companyname"] == "Cont"
    assert isinstance(lead_payload(company(referral_id="12345"), narrow), PayloadRefused)


def test_the_live_number_of_an_option_decides(mapping, table):
    moved = held_against(mapping, changed(table, "hnt_source", options={5: "manual", 6: "Partner Center"}))

    assert columns_of(company(), moved)["hnt_source"] == 5


def test_an_optional_column_is_sent_once_the_crm_has_it(mapping, table):
    grown = TableFacts(
        {**table.columns, "hnt_prioritylabel": ColumnFacts("hnt_prioritylabel", ColumnType.TEXT, length=100)}
    )

    sent = columns_of(company(priority_label="Renewal Pressure"), held_against(mapping, grown))

    assert sent["hnt_prioritylabel"] == "Renewal Pressure"
