"""Hunter's properties in HubSpot: each is made so that it is read back as what the mapping needs (R4.2)."""

from __future__ import annotations

import pytest

from crm.hubspot.answers import PropertyAnswer
from crm.hubspot.ids import KEY
from crm.hubspot.provisioner import SHAPES, property_body
from crm.interface import ColumnType, WantedColumn

pytestmark = pytest.mark.proves("R4.2")
READ_BACK = {ColumnType.WHOLE: ColumnType.NUMBER, ColumnType.DECIMAL: ColumnType.NUMBER}


def body(name="hnt_segment", *, of_type=ColumnType.TEXT, options=()):
    return property_body(WantedColumn(name=name, title="Segment", type=of_type, options=dict.fromkeys(options)))


@pytest.mark.parametrize("of_type", SHAPES)
def test_a_property_is_read_back_as_the_type_that_it_was_made_for(of_type):
    made = PropertyAnswer.model_validate(body(of_type=of_type, options=("skip",)))

    assert made.facts().type is READ_BACK.get(of_type, of_type)


def test_the_options_of_a_choice_are_named_and_ordered_as_they_are_shown():
    options = body(of_type=ColumnType.CHOICE, options=("skip", "high"))["options"]

    assert [(one["value"], one["label"], one["displayOrder"]) for one in options] == [
        ("skip", "skip", 0),
        ("high", "high", 1),
    ]


@pytest.mark.proves("R1.1")
@pytest.mark.parametrize(
    ("name", "is_unique"), [(KEY, True), (f"contact.{KEY}", True), ("hnt_segment", False), ("contact.jobtitle", False)]
)
def test_only_hunters_id_takes_each_value_once_in_both_records(name, is_unique):
    assert body(name)["hasUniqueValue"] is is_unique


def test_what_hunter_writes_stands_in_no_form_that_visitors_fill_in():
    assert body()["formField"] is False
