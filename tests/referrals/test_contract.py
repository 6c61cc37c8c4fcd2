"""What Partner Center sends, and what is made of values that have no business there (contract section 3)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.contract import PartnerCenterReferral, UnreadableReferral, read_contract
from referrals.reading import ReferralReading, read_referral

MEMBERS = sorted(field.alias or name for name, field in PartnerCenterReferral.model_fields.items())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(MEMBERS) | st.text(), inner, max_size=6)
    ),
    max_leaves=25,
)
ROWS = st.dictionaries(st.sampled_from([*MEMBERS, "consent", "customerProfile", "details"]), JSON)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-05-04T07:08:09.1234567Z", datetime(2026, 5, 4, 7, 8, 9, 123456, UTC), id="seven decimals"),
        pytest.param("2026-05-04T07:08:09.123456Z", datetime(2026, 5, 4, 7, 8, 9, 123456, UTC), id="six decimals"),
        pytest.param("2026-05-04T07:08:09Z", datetime(2026, 5, 4, 7, 8, 9, 0, UTC), id="none"),
        pytest.param("2026-05-04T10:08:09+03:00", datetime(2026, 5, 4, 7, 8, 9, 0, UTC), id="an offset"),
        pytest.param("2026-05-04T07:08:09", datetime(2026, 5, 4, 7, 8, 9, 0, UTC), id="no offset is UTC"),
        pytest.param(None, None, id="null"),
        pytest.param("", None, id="empty"),
    ],
)
def test_a_time(text, moment):
    reading = read_contract({"updatedDateTime": text})

    assert reading.referral.updated_date_time == moment
    assert reading.warnings == ()


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00", 5, []]
)
def test_an_unreadable_time_is_none_and_a_warning(text):
    reading = read_contract({"updatedDateTime": text})

    assert reading.referral.updated_date_time is None
    assert "updatedDateTime" in reading.warnings[0]


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        pytest.param(24000.0, Decimal(24000), id="a number"),
        pytest.param("10000", Decimal(10000), id="a number as text"),
        pytest.param(0.1, Decimal("0.1"), id="no binary dust"),
        pytest.param(None, None, id="null"),
    ],
)
def test_an_amount(value, amount):
    assert read_contract({"details": {"dealValue": value}}).referral.details.deal_value == amount


@pytest.mark.parametrize("value", ["1.234,56", True, [], float("nan"), "Infinity"])
def test_an_unreadable_amount_is_none_and_a_warning(value):
    reading = read_contract({"details": {"dealValue": value, "currency": "EUR"}})

    assert reading.referral.details.deal_value is None
    assert reading.referral.details.currency == "EUR"
    assert "details.dealValue" in reading.warnings[0]


def test_a_value_of_a_wrong_type_costs_itself_only():
    reading = read_contract(
        {
            "name": ["x"],
            "status": "New",
            "customerProfile": {"address": "Izmir", "team": [{"email": 5}, {"email": [], "title": "CTO"}]},
        }
    )

    assert reading.referral.status == "New"
    assert reading.referral.customer_profile.team[0].email == "5"
    assert reading.referral.customer_profile.team[1].title == "CTO"
    assert reading.warnings == (
        "name: a list where a text is due",
        "customerProfile.address: a text where an object is due",
        "customerProfile.team.1.email: a list where a text is due",
    )


def test_a_lone_person_in_place_of_the_team_is_a_contact():
    reading = read_contract({"customerProfile": {"team": {"firstName": "Deniz"}}})

    assert reading.referral.customer_profile.team[0].first_name == "Deniz"


@pytest.mark.parametrize("row", [None, [], "text", 5, True])
def test_what_is_no_object_is_no_referral(row):
    with pytest.raises(UnreadableReferral):
        read_contract(row)


@given(row=ROWS)
@pytest.mark.proves("R6.4")
def test_no_json_object_makes_the_reading_fail(row):
    try:
        reading = read_referral(row, consumer_domains=frozenset())
    except UnreadableReferral:
        return

    assert isinstance(reading, ReferralReading)
    assert len(reading.fields.name) <= 255
    assert (reading.fields.domain is None) == (reading.fields.domain_source == "")
