"""What a list may change of a company (g.1): a table of what is held, what is told, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.listed import ListedCompany
from leads.list_merging import FIELDS, FROM_LISTS, Held, changes_to, told_by

EMPTY: dict[str, Any] = {
    "name": "acme.com", "phone": "", "address_line1": "", "address_city": "", "address_country": "", "country": "",
    "contact_emails": [], "sources": ["csv"],
}  # fmt: skip


def listed(**values: Any) -> ListedCompany:
    return ListedCompany(row=values.pop("row", 2), domain="acme.com", **values)


def changes(held: dict[str, Any], row: ListedCompany, *, by_person: bool = False, before: Any = None) -> dict[str, Any]:
    known = Held(1, "acme.com", by_person, EMPTY | held)
    return changes_to(known, told_by([row]), source="csv", listed=before or {})


@pytest.mark.parametrize(
    ("held", "row", "changed"),
    [
        pytest.param({}, listed(name="Acme"), {"name": "Acme"}, id="a name replaces one that was only the domain"),
        pytest.param({"name": ""}, listed(name="Acme"), {"name": "Acme"}, id="or none"),
        pytest.param({"name": "Contoso"}, listed(name="Acme"), {}, id="and no other name"),
        pytest.param({}, listed(name="acme.com"), {}, id="the domain again is no name"),
        pytest.param({}, listed(phone="1"), {"phone": "1"}, id="an empty value is filled"),
        pytest.param({"phone": "2"}, listed(phone="1"), {}, id="a value that is there stays"),
        pytest.param({"phone": "2"}, listed(), {}, id="an empty cell takes nothing away"),
        pytest.param(
            {}, listed(city="Bursa", address="Cad. 1"), {"address_line1": "Cad. 1", "address_city": "Bursa"}, id="where it is"
        ),
        pytest.param(
            {}, listed(country_text="Türkiye", country="TR"), {"address_country": "Türkiye", "country": "TR"},
            id="its country",
        ),
        pytest.param(
            {"contact_emails": ["A@acme.com"]}, listed(emails=("a@acme.com", "b@acme.com")),
            {"contact_emails": ["A@acme.com", "b@acme.com"]}, id="e-mails are added, each once",
        ),
        pytest.param({"sources": ["domain"]}, listed(), {"sources": ["domain", "csv"]}, id="it is noted that a list knows it"),
    ],
)  # fmt: skip
def test_a_list_changes(held, row, changed):
    assert changes(held, row) == changed


def test_a_name_that_a_person_has_set_stays_even_where_it_is_the_domain():
    assert changes({}, listed(name="Acme"), by_person=True) == {}


def test_what_an_earlier_list_has_told_is_replaced_by_a_later_one():
    assert changes({"phone": "2"}, listed(phone="1"), before={"phone": {"2"}}) == {"phone": "1"}
    assert changes({"phone": "3"}, listed(phone="1"), before={"phone": {"2"}}) == {}


def test_of_several_rows_the_first_that_tells_a_value_counts():
    told = told_by([listed(phone="", city="Bursa"), listed(phone="1", city="Izmir"), listed(phone="2")])

    assert told.values == {"phone": "1", "city": "Bursa"}


ROWS = st.lists(
    st.builds(
        listed, name=st.sampled_from(["", "A", "B"]), phone=st.sampled_from(["", "1", "2"]),
        city=st.sampled_from(["", "X", "Y"]), emails=st.sampled_from([(), ("a@x.com",), ("b@x.com",)]),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def told_in(rows: list[ListedCompany]) -> dict[str, set[str]]:
    """By column every value that the rows hold."""
    columns = (("phone", "phone"), ("city", "address_city"))
    return {column: {value for row in rows if (value := getattr(row, name))} for name, column in columns}


def after(rows: list[ListedCompany], *, cuts: list[int]) -> dict[str, Any]:
    """The company after the rows, taken in pieces that end at the cuts."""
    values: dict[str, Any] = dict(EMPTY)
    told_before = told_in(rows)  # as raw leads of earlier chunks would be
    given_so_far, start = 0, 0
    for end in [*sorted(cuts), len(rows)]:
        if piece := rows[start:end]:
            told = told_by(piece, given=given_so_far)
            given_so_far = told.given
            values |= changes_to(Held(1, "acme.com", False, values), told, source="csv", listed=told_before)
        start = max(start, end)
    return values


@given(ROWS, st.lists(st.integers(0, 6), max_size=3))
def test_it_does_not_matter_where_the_chunks_are_cut(rows, cuts):
    assert after(rows, cuts=cuts) == after(rows, cuts=[])


@given(ROWS)
def test_the_same_rows_again_change_nothing(rows):
    values = after(rows, cuts=[])
    again = changes_to(Held(1, "acme.com", False, values), told_by(rows), source="csv", listed=told_in(rows))

    assert again == {}


def test_every_field_has_a_column_and_its_place_is_kept():
    assert FIELDS == ("name", "phone", "address", "city", "country_text", "country")
    assert len(FROM_LISTS) == len(EMPTY)
