"""Which company a referral speaks of (domain document e.3)."""

from __future__ import annotations

import pytest

from leads.consumer import shipped_consumer_domains
from referrals.contract import read_contract
from referrals.extraction import contact_domains, find_domain


def team(*emails: object) -> dict[str, object]:
    return {"customerProfile": {"team": [{"email": email} for email in emails]}}


def external(value: object) -> dict[str, object]:
    return {"customerProfile": {"ids": [{"profileType": "External", "id": value}]}}


@pytest.mark.proves("R8.3")
@pytest.mark.parametrize(
    ("row", "domain", "source"),
    [
        pytest.param(
            team("p@gmail.com", "b@company.com"), "company.com", "team", id="a private mail domain is passed over"
        ),
        pytest.param(team("a@one.com", "b@two.com"), "one.com", "team", id="of two members the first"),
        pytest.param(
            team("p@gmail.com") | {"website": "https://www.firm.com.tr/tr"},
            "firm.com.tr",
            "website",
            id="no company mail: the website",
        ),
        pytest.param(
            external("https://example.com"), "example.com", "external_id", id="an external id that is a website"
        ),
        pytest.param(
            external("anna@example.com"), "example.com", "external_id", id="an external id that is a mail address"
        ),
        pytest.param(
            {"customerProfile": {"ids": {"External": "example.com"}}},
            "example.com",
            "external_id",
            id="ids in the object form",
        ),
        pytest.param(
            {"customerProfile": {"ids": [{"profileType": "Duns", "id": "example.com"}]}},
            None,
            None,
            id="an id of another kind is not read",
        ),
        pytest.param(external("CRM-4711"), None, None, id="an external id that is neither"),
        pytest.param({"website": "https://gmail.com"}, None, None, id="a private mail domain as website"),
        pytest.param(
            {"contact": {"email": "c@contact.com"}} | team("t@team.com"),
            "contact.com",
            "contact",
            id="contact before team",
        ),
        pytest.param(
            {"contact": {"email": "c@hotmail.com"}} | team("t@team.com"),
            "team.com",
            "team",
            id="a private contact, then team",
        ),
        pytest.param({"email": "x@top.com", "website": "site.com"}, "site.com", "website", id="website before e-mail"),
        pytest.param({"email": "x@top.com"}, "top.com", "email", id="the e-mail at last"),
        pytest.param(
            {"customerProfile": {"website": "gmail.com"}, "companyWebsite": "late.com"},
            "late.com",
            "website",
            id="websites in order until one names a company",
        ),
        pytest.param({"details": {"website": "deal.com"}}, "deal.com", "website", id="the deal's website"),
        pytest.param(
            {"team": [{"email": "seller@partner.com"}]}, None, None, id="the partner's own people are never read"
        ),
        pytest.param({"customerProfile": {"team": {"email": "a@lone.com"}}}, None, None, id="a team that is no list"),
        pytest.param(
            {"customerProfile": {"team": ["x", None, {"email": ""}, {"email": 5}, {"email": "a@real.com"}]}},
            "real.com",
            "team",
            id="members that are no objects, mails that are no text",
        ),
        pytest.param({"customerProfile": None, "details": None, "contact": None}, None, None, id="nothing anywhere"),
    ],
)
def test_the_domain_of_a_referral(row, domain, source):
    found = find_domain(read_contract(row).referral, consumer_domains=shipped_consumer_domains())

    assert (found and found.domain) == domain
    assert (found and found.source) == source


def test_an_edited_list_of_private_mail_domains_decides():
    row = read_contract(team("a@firm.com", "b@other.com")).referral

    found = find_domain(row, consumer_domains=frozenset({"firm.com"}))

    assert found is not None
    assert found.domain == "other.com"
    assert found.raw == "b@other.com"


@pytest.mark.parametrize(
    ("row", "domains"),
    [
        pytest.param(team("a@one.com", "b@two.com", "c@one.com"), ("one.com", "two.com"), id="each once, in order"),
        pytest.param(team("a@gmail.com", "b@two.com"), ("two.com",), id="private ones don't count"),
        pytest.param(
            {"contact": {"email": "c@zero.com"}} | team("a@one.com"), ("zero.com", "one.com"), id="contact first"
        ),
        pytest.param(external("https://example.com"), (), id="only contacts are asked"),
    ],
)
def test_the_companies_that_the_contacts_name(row, domains):
    assert contact_domains(read_contract(row).referral, consumer_domains=shipped_consumer_domains()) == domains
