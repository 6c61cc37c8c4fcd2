"""What a referral changes at its company, and what it leaves alone (domain document e.2, e.8, c.3, c.4)."""

from __future__ import annotations

import pytest

from leads.models import Company
from referrals.company_facts import EarlierFacts, changes_to, company_facts
from referrals.reading import read_referral
from tests.factories.referrals import partner_center_row


def facts_of(consent: object = None, size: str = "", country: str = "", **changes: object):
    profile = {
        "name": "Lodos Ltd",
        "size": size,
        "address": {"country": country},
        "team": [{"email": "Deniz@lodos.example", "phoneNumber": "+90 1"}],
    }
    row = partner_center_row(customerProfile=profile, consent=consent) | changes
    reading = read_referral(row, consumer_domains=frozenset())
    return company_facts(reading.referral, reading.fields)


def known_size(size: str, origin: str) -> dict[str, str]:
    return {"tenant_size": size, "tenant_size_origin": origin}


def company(**values: object) -> Company:
    return Company(**{"domain": "lodos.example", "name": "Known Ltd", "contact_emails": []} | values)


NOTHING = EarlierFacts()


@pytest.mark.parametrize(
    ("held", "earlier", "name"),
    [
        pytest.param({"name": "lodos.example"}, NOTHING, "Lodos Ltd", id="a name that is only the domain is filled in"),
        pytest.param({"name": "Known Ltd"}, NOTHING, "Known Ltd", id="a name from elsewhere stays"),
        pytest.param(
            {"name": "Old Ltd"}, EarlierFacts(name="Old Ltd"), "Lodos Ltd", id="the source's renaming is followed"
        ),
        pytest.param(
            {"name": "Old Ltd", "name_set_by_person": True},
            EarlierFacts(name="Old Ltd"),
            "Old Ltd",
            id="a person's name stays",
        ),
    ],
)
def test_the_name(held, earlier, name):
    changes = changes_to(company(**held), facts_of(), earlier=earlier)

    assert changes.get("name", held["name"]) == name


def test_contact_data_comes_along_with_consent_or_where_none_is_known():
    changes = changes_to(company(contact_emails=["info@lodos.example"]), facts_of(), earlier=NOTHING)

    assert changes["contact_emails"] == ["info@lodos.example", "deniz@lodos.example"]
    assert changes["phone"] == "+90 1"


def test_contact_data_of_people_who_do_not_want_to_be_contacted_never_gets_there_and_goes_when_it_was():
    refused = facts_of(consent={"consentToContact": False})

    changes = changes_to(
        company(contact_emails=["deniz@lodos.example", "info@lodos.example"]), refused, earlier=NOTHING
    )

    assert changes["contact_emails"] == ["info@lodos.example"]
    assert "phone" not in changes


@pytest.mark.parametrize(
    ("held", "earlier", "provider"),
    [
        pytest.param({"provider": "Google"}, NOTHING, "M365", id="a new tenant id says Microsoft 365 at once"),
        pytest.param(
            {"provider": "Google"}, EarlierFacts(tenant_id="t"), None, id="an old one doesn't overrule a later scan"
        ),
        pytest.param(
            {"provider": "Google", "provider_set_by_person": True}, NOTHING, None, id="a person's choice stays"
        ),
    ],
)
def test_the_provider_by_a_tenant_id(held, earlier, provider):
    changes = changes_to(company(**held), facts_of(azureTenantId="t"), earlier=earlier)

    assert changes.get("provider") == provider


@pytest.mark.parametrize(
    ("held", "size", "tenant_size"),
    [
        pytest.param({}, "1to9employees", "small", id="none known"),
        pytest.param(
            known_size("large", "scan"),
            "51to250employees",
            "medium",
            id="better than a scan's",
        ),
        pytest.param(known_size("large", "person"), "51to250employees", None, id="a person's stays"),
        pytest.param(known_size("large", "scan"), "", None, id="no estimate leaves the old one"),
    ],
)
def test_the_tenant_size(held, size, tenant_size):
    assert changes_to(company(**held), facts_of(size=size), earlier=NOTHING).get("tenant_size") == tenant_size


def test_what_is_told_again_changes_nothing():
    told, known = facts_of(country="TUR", size="1to9employees"), company()
    for column, value in changes_to(known, told, earlier=NOTHING).items():
        setattr(known, column, value)

    assert known.country == "TR"
    assert changes_to(known, told, earlier=NOTHING) == {}
