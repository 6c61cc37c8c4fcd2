"""Which value goes where, and what an empty or over-long one becomes (domain document, section f)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.mapping.payload import Payload, PayloadRefused, PushFacts, bookkeeping, cut, lead_payload, units
from tests.crm.conftest import NOW, columns_of, company


@pytest.mark.parametrize(
    ("known", "column", "value"),
    [
        pytest.param({}, "hnt_domain", "contoso.com", id="the domain is the key"),
        pytest.param({}, "subject", "Hunter: contoso.com", id="the topic names the domain"),
        pytest.param({}, "websiteurl", "https://contoso.com", id="the website is made from it"),
        pytest.param({"name": "Contoso AG"}, "companyname", "Contoso AG", id="the company's name"),
        pytest.param({}, "companyname", "contoso.com", id="no name: the domain in its place"),
        pytest.param({"name": "x" * 120}, "companyname", "x" * 100, id="a long name is cut"),
        pytest.param({"name": "One\nTwo\x00Three"}, "companyname", "One Two Three", id="control characters go"),
        pytest.param({"contact_emails": ["", "a@b.com", "c@d.com"]}, "emailaddress1", "a@b.com", id="first e-mail"),
        pytest.param(
            {"contact_emails": [{"value": "v@b.com"}]}, "emailaddress1", "v@b.com", id="an object's value as e-mail"
        ),
        pytest.param(
            {"contact_emails": [{"value": "v@b.com", "email": "e@b.com"}]},
            "emailaddress1",
            "e@b.com",
            id="an object's email before its value",
        ),
        pytest.param({"email": "e@b.com"}, "emailaddress1", "e@b.com", id="no contacts: the e-mail"),
        pytest.param(
            {"email": "e@b.com", "primary_email": "p@b.com"}, "emailaddress1", "p@b.com", id="primary before e-mail"
        ),
        pytest.param({"phone": "1", "contact": {"phone": "2"}}, "telephone1", "1", id="the company's phone first"),
        pytest.param({"contact": {"phone": "2"}}, "telephone1", "2", id="else the contact's"),
        pytest.param({"contact": {"first_name": "Ada", "title": "CEO"}}, "jobtitle", "CEO", id="the contact's title"),
        pytest.param({"address": {"city": "Bursa"}}, "address1_city", "Bursa", id="the address"),
        pytest.param({"score": 0}, "hnt_finalscore", 0, id="a score of 0 is a value"),
        pytest.param({"priority": 3}, "hnt_priorityscore", 3, id="the priority"),
        pytest.param({"tenant_size": "LARGE"}, "hnt_huntertenantsize", 816940002, id="sizes in any case"),
        pytest.param({"confidence": 2.666}, "hnt_confidence", 2.67, id="two places"),
        pytest.param({"provider": "M365", "score": 70}, "hnt_m365fitscore", 70, id="the fit of M365"),
        pytest.param({"scan_count": 2}, "hnt_isreenriched", True, id="scanned twice"),
        pytest.param({"scan_count": 1}, "hnt_isreenriched", False, id="scanned once"),
        pytest.param({}, "hnt_isreenriched", False, id="scans unknown"),
        pytest.param({}, "hnt_source", 816940001, id="no source: Manual"),
        pytest.param({"sources": ["domain"]}, "hnt_source", 816940001, id="typed in: Manual"),
        pytest.param({"sources": ["csv", "webhook"]}, "hnt_source", 816940002, id="a list goes before a webhook"),
        pytest.param({"sources": ["webhook"]}, "hnt_source", 816940003, id="a webhook: Other"),
        pytest.param({"sources": ["csv"], "referral_id": "r"}, "hnt_source", 816940000, id="a referral goes first"),
    ],
)
def test_the_value_of_a_column(resolved, known, column, value):
    payload = lead_payload(company(**known), resolved)

    assert isinstance(payload, Payload)
    assert payload.columns[column] == value


@pytest.mark.proves("R4.3")
@pytest.mark.parametrize(
    ("known", "column"),
    [
        pytest.param({"name": "x"}, "jobtitle", id="no title"),
        pytest.param({}, "hnt_finalscore", id="no score"),
        pytest.param({"provider": "Google", "score": 70}, "hnt_m365fitscore", id="a fit only for M365"),
        pytest.param({"phone": " "}, "telephone1", id="blanks are empty"),
        pytest.param({"referral_type": "co-sell"}, "hnt_referraltype", id="a number that only metadata can tell"),
        pytest.param({"segment": "Cold"}, "hnt_segment", id="segments are no company sizes"),
        pytest.param({"priority_category": "P1"}, "hnt_prioritycategory", id="off until the CRM has the column"),
    ],
)
def test_what_is_left_out_says_why(resolved, known, column):
    payload = lead_payload(company(**known), resolved)

    assert isinstance(payload, Payload)
    assert column not in payload.columns
    assert payload.left_out[column]


@pytest.mark.proves("R4.6")
@pytest.mark.parametrize(
    ("known", "field", "column"),
    [
        pytest.param({"domain": None}, "domain", "hnt_domain", id="no domain"),
        pytest.param({"domain": f"{'a.' * 50}com"}, "domain", "hnt_domain", id="a domain is never cut"),
        pytest.param({"referral_id": "r" * 101}, "referral_id", "hnt_referralid", id="an id is never cut"),
        pytest.param({"azure_tenant_id": "t" * 101}, "azure_tenant_id", "hnt_tenantid", id="nor a tenant's"),
        pytest.param({"contact_emails": [f"{'m' * 100}@b.com"]}, "contact_emails", "emailaddress1", id="nor a mail"),
        pytest.param({"tenant_size": "huge"}, "tenant_size", "hnt_huntertenantsize", id="an unknown size"),
        pytest.param({"referral_type": "gift"}, "referral_type", "hnt_referraltype", id="an unknown type"),
    ],
)
def test_a_value_that_can_not_be_sent_names_field_and_column(resolved, known, field, column):
    refused = lead_payload(company(**known), resolved)

    assert isinstance(refused, PayloadRefused)
    assert (refused.field, refused.column) == (field, column)


@pytest.mark.proves("R4.3")
def test_a_value_once_sent_and_now_gone_is_cleared_where_the_mapping_says_so(resolved):
    sent = columns_of(company(), resolved, once_sent={"hnt_huntertenantsize", "jobtitle"})

    assert sent["hnt_huntertenantsize"] is None
    assert "jobtitle" not in sent


def test_the_summary_goes_out_at_the_first_push_only(resolved):
    values = company(sales_summary="Uses Google; could move.")

    assert columns_of(values, resolved)["description"] == "Uses Google; could move."
    assert "description" not in columns_of(values, resolved, first_push=False)


def test_columns_14_to_19_tell_of_a_push_that_has_succeeded(resolved):
    told = bookkeeping(resolved, PushFacts(time=NOW, lead_id="5f0c1d2e-3a4b-5c5d-8e6f-700000000001", attempts=0))

    assert told.columns == {
        "hnt_d365leadid": "5f0c1d2e-3a4b-5c5d-8e6f-700000000001",
        "hnt_lastsynctime": "2026-05-04T09:30:15Z",
        "hnt_syncattemptcount": 0,
        "hnt_processingstatus": 816940002,
    }


def test_the_full_record_tells_each_record_of_dns_once(resolved):
    evidence = {"spf": {"lookup": "txt", "record": "v=spf1 -all"}}
    values = company(breakdown={"base_score": 0, "evidence": evidence}, signals={"spf_record": "v=spf1 -all"})

    record = json.loads(columns_of(values, resolved)["hnt_intelligencejson"])

    assert record["breakdown"] == {"base_score": 0}
    assert record["signals"] == {"spf_record": "v=spf1 -all"}


def test_the_full_record_gives_up_its_last_parts_until_it_fits(resolved):
    values = company(score=70, segment="Existing", breakdown={"base_score": 0}, signals={"spf_record": "x" * 1_048_576})

    record = json.loads(columns_of(values, resolved)["hnt_intelligencejson"])

    assert set(record) == {"classes", "referrals", "breakdown"} & set(record)
    assert "signals" not in record
    assert record["classes"] == {"segment": "Existing"}


@pytest.mark.proves("R6.4")
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])), length=st.integers(0, 12))
def test_a_cut_text_fits_and_is_a_beginning(text, length):
    short = cut(text, length)

    assert units(short) <= max(length, 0)
    assert text.startswith(short)
