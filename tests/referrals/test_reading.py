"""A row of Partner Center and the columns it becomes (domain document e.1, e.2, c.3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from leads.countries import country_code
from referrals.contract import UnreadableReferral
from referrals.customer_size import tenant_size
from referrals.reading import read_referral
from referrals.status import calls_for_push, is_open
from tests.factories.referrals import partner_center_row


def read(**changes: object):
    return read_referral(partner_center_row(**changes), consumer_domains=frozenset({"gmail.com"}))


def test_the_columns_of_a_whole_row():
    fields = read(
        id="r-1",
        name="Lodos &amp; Co\r\nmail migration",
        status="New",
        substatus="Pending",
        type="Shared",
        qualification="SalesQualified",
        azureTenantId="tenant-1",
        consent={"consentToToShareInfoWithOthers": True, "consentToContact": False},
        details={
            "dealValue": "24000.005",
            "currency": "USD",
            "notes": "80 mailboxes",
            "closingDateTime": "2026-07-01T00:00:00Z",
        },
        customerProfile={
            "name": "Lodos Lojistik Ltd",
            "size": "51to250employees",
            "address": {"country": "TR"},
            "team": [{"firstName": "Deniz", "lastName": "Ornek", "email": "Deniz@Lodos.example", "phoneNumber": "+90"}],
        },
    ).fields

    assert fields.referral_id == "r-1"
    assert fields.name == "Lodos & Co mail migration"
    assert (fields.status, fields.substatus, fields.api_type) == ("New", "Pending", "Shared")
    assert fields.company_name == fields.customer_name == "Lodos Lojistik Ltd"
    assert fields.deal_value == Decimal("24000.01")
    assert fields.closing_date == date(2026, 7, 1)
    assert fields.consent["contact"] is False
    assert fields.consent["share"] is True
    assert fields.contacts[0]["email"] == "deniz@lodos.example"
    assert (fields.domain, fields.raw_domain, fields.domain_source) == ("lodos.example", "Deniz@Lodos.example", "team")
    assert fields.azure_tenant_id == "tenant-1"
    assert fields.warnings == []


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        pytest.param({"status": None, "state": "Active"}, "status", "Active", id="state in place of status"),
        pytest.param(
            {"customerProfile": {}, "companyName": "Firm A"}, "company_name", "Firm A", id="company name at the top"
        ),
        pytest.param(
            {"customerProfile": {}, "companyName": None, "company_name": "Firm B"},
            "company_name",
            "Firm B",
            id="company name in its other spelling",
        ),
        pytest.param({"azure_tenant_id": "t-2"}, "azure_tenant_id", "t-2", id="tenant id in its other spelling"),
        pytest.param(
            {"customerProfile": {"ids": [{"profileType": "AzureTenantId", "id": "t-3"}]}},
            "azure_tenant_id",
            "t-3",
            id="tenant id among the ids",
        ),
        pytest.param({"details": {"dealValue": 1e20}}, "deal_value", None, id="an amount that no column holds"),
        pytest.param({"engagementId": "e" * 256}, "engagement_id", "", id="an id is never cut"),
        pytest.param({"name": "n" * 300}, "name", "n" * 255, id="a name is"),
    ],
)
def test_a_column(changes, column, value):
    assert getattr(read(**changes).fields, column) == value


def test_letters_that_no_database_text_holds_are_replaced_with_a_warning():
    reading = read(name="Lodos\x00 \ud800 Ltd", details={"dealValue": float("inf")})

    assert reading.fields.name == "Lodos\ufffd \ufffd Ltd"
    assert reading.fields.raw_data["details"]["dealValue"] is None
    assert len(reading.fields.warnings) == 1


def test_the_hash_changes_with_the_content_and_not_with_the_order_of_members():
    row = partner_center_row(id="r-1")
    turned = dict(reversed(row.items()))

    same = read_referral(turned, consumer_domains=frozenset()).fields.content_hash
    other = read_referral({**row, "status": "Closed"}, consumer_domains=frozenset()).fields.content_hash

    assert read_referral(row, consumer_domains=frozenset()).fields.content_hash == same
    assert same != other


@pytest.mark.parametrize(
    ("changes", "ingested", "reason"),
    [
        pytest.param({}, True, None, id="incoming"),
        pytest.param({"status": "Closed", "substatus": "Expired"}, True, None, id="every status is taken in"),
        pytest.param({"direction": "Outgoing"}, False, "direction", id="outgoing"),
        pytest.param({"direction": None}, False, "direction", id="no direction"),
        pytest.param({"id": None}, False, "no id", id="no id"),
        pytest.param({"id": " "}, False, "no id", id="a blank id"),
    ],
)
def test_which_referrals_are_taken_in(changes, ingested, reason):
    taken = read(**changes).admission

    assert (taken.ingested, taken.reason) == (ingested, reason)


def test_an_id_that_no_column_holds_is_unreadable():
    with pytest.raises(UnreadableReferral, match="256 characters"):
        read(id="x" * 256)


@pytest.mark.parametrize(
    ("size", "tenant"),
    [
        ("1to9employees", "small"),
        ("10to50employees", "small"),
        ("1to50employees", "small"),
        ("51to250employees", "medium"),
        ("51to500employees", "large"),
        ("251to1000employees", "large"),
        ("10001to20000employees", "large"),
        ("Morethan500employees", "large"),
        ("Morethan20000employees", "large"),
        ("", None),
        ("unknown", None),
    ],
)
def test_the_upper_end_of_an_employee_range_counts(size, tenant):
    assert tenant_size(size) == tenant


@pytest.mark.parametrize(
    ("text", "code"), [("TR", "TR"), ("tur", "TR"), (" de ", "DE"), ("Türkiye", ""), ("XX", ""), ("", "")]
)
def test_a_country_code_of_two_or_three_letters_is_stored_as_two(text, code):
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("status", "substatus", "still_open", "calls"),
    [
        ("New", "Pending", True, True),
        ("Active", "Engaged", True, True),
        ("Closed", "Won", False, True),
        ("Closed", "Lost", False, False),
        ("Closed", "Declined", False, False),
        ("Closed", "Expired", False, False),
        ("Closed", "Error", False, False),
    ],
)
def test_what_a_status_means_for_the_company(status, substatus, still_open, calls):
    assert is_open(status) is still_open
    assert calls_for_push(status, substatus=substatus) is calls
