"""Which of several fields names a company (domain document, g.2)."""

from __future__ import annotations

import pytest

from leads.company_wish import ChosenDomain, CompanyWish, NoDomain, chosen_domain
from leads.consumer import shipped_consumer_domains


def chosen(**fields):
    return chosen_domain(CompanyWish(**fields), consumer_domains=shipped_consumer_domains())


@pytest.mark.parametrize(
    ("fields", "domain", "field"),
    [
        pytest.param({"domain": "firm.com"}, "firm.com", "domain", id="a domain alone"),
        pytest.param({"website": "https://www.site.com/x", "email": "a@mail.com.tr", "domain": "firm.com"}, "site.com", "website",
                     id="the website decides over both"),
        pytest.param({"email": "Ali <ali@mail.com.tr>", "domain": "firm.com"}, "mail.com.tr", "email",
                     id="the e-mail over the domain"),
        pytest.param({"website": "n/a", "email": "a@mail.com.tr", "domain": "firm.com"}, "mail.com.tr", "email",
                     id="a website that is none gives way"),
        pytest.param({"website": "https://gmail.com", "email": "a@hotmail.com", "domain": "firm.com"}, "firm.com", "domain",
                     id="consumer domains give way, whichever field they are in"),
        pytest.param({"website": "  ", "email": "", "domain": "firm.com"}, "firm.com", "domain", id="white space is nothing"),
        pytest.param({"domain": "https://www.firm.com/"}, "firm.com", "domain", id="a web address in the domain field"),
    ],
)  # fmt: skip
def test_the_domain_that_counts(fields, domain, field):
    assert chosen(**fields) == ChosenDomain(domain, field, is_consumer=False)


def test_a_consumer_domain_alone_is_to_be_confirmed():
    assert chosen(email="ali@gmail.com") == ChosenDomain("gmail.com", "email", is_consumer=True)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        pytest.param({"name": "Firm"}, "domain", "Give a domain, a website or an e-mail address", id="a name alone"),
        pytest.param({}, "domain", "Give a domain, a website or an e-mail address", id="nothing"),
        pytest.param({"website": "firm", "domain": "com.tr"}, "website", "The website 'firm' names no company",
                     id="the first that was given"),
        pytest.param({"email": "firm.com"}, "email", "no @", id="no mail address"),
        pytest.param({"domain": "com.tr"}, "domain", "a public ending", id="a public suffix"),
    ],
)  # fmt: skip
def test_a_wish_without_a_domain_says_where_and_why(fields, field, words):
    told = chosen(**fields)

    assert isinstance(told, NoDomain)
    assert told.field == field
    assert words in told.sentence


@pytest.mark.parametrize(
    ("email", "contact"),
    [
        ("ALI@Firm.com ", "ali@firm.com"), ("Ali Veli <ali@firm.com>", "ali@firm.com"), ("firm.com", ""), ("", ""),
        ("ali@", ""), ("ali@localhost", ""),
    ],
)  # fmt: skip
def test_the_contact_that_is_kept(email, contact):
    assert CompanyWish(email=email).contact_email == contact
