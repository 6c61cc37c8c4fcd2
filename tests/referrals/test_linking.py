"""Links that a person sets, makes or takes away (domain document e.5)."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.versioning import StaleVersion
from hunter.work.models import Item
from leads.models import Company, RawLead
from referrals.aggregates import referral_figures
from referrals.kinds import LinkOrigin
from referrals.models import Referral
from referrals.services.candidates import candidates
from referrals.services.linking import (
    company_of,
    create_company_from_referral,
    relink_referral,
    unlink_referral,
)
from tests.factories.leads import CompanyFactory
from tests.factories.referrals import ReferralFactory, partner_center_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def ayse():
    return get_user_model().objects.create_user("ayse")


def referral_of(email: str, **values: object):
    row = partner_center_row(
        customerProfile={"name": "Contoso Ltd", "team": [{"email": email}]}, azureTenantId="tenant-1"
    )
    domain = email.partition("@")[2]
    return ReferralFactory.create(
        domain=domain, company_name="Contoso Ltd", azure_tenant_id="tenant-1", raw_data=row, **values
    )


@pytest.mark.proves("C5")
def test_a_person_links_a_referral_and_what_it_knows_goes_along(ayse):
    old, new = CompanyFactory.create(domain="contoso.example"), CompanyFactory.create(domain="fabrikam.example")
    referral = referral_of("anna@contoso.example", company=old)

    result = relink_referral(referral, to=new, by=ayse, why="same group")

    referral.refresh_from_db()
    assert (result.domain, result.change) == ("fabrikam.example", "linked")
    assert (referral.company, referral.link_status, referral.link_origin) == (new, "linked", "person")
    assert referral.linked_by == ayse
    new.refresh_from_db()
    assert (new.name, new.provider, new.azure_tenant_id) == ("Contoso Ltd", "M365", "tenant-1")
    assert new.contact_emails == ["anna@contoso.example"]
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.by, entry.before, entry.after, entry.why) == (
        "relink", ayse, "contoso.example", "fabrikam.example", "same group",
    )  # fmt: skip
    assert Item.objects.filter(kind="scan", key="fabrikam.example").exists()


@pytest.mark.proves("R3.3")
def test_a_link_on_a_version_that_is_no_longer_the_newest_is_refused(ayse):
    company = CompanyFactory.create()
    referral = referral_of("anna@contoso.example")
    Referral.objects.filter(pk=referral.pk).update(name="changed by a sync")

    with pytest.raises(StaleVersion):
        relink_referral(referral, to=company, by=ayse)

    referral.refresh_from_db()
    assert (referral.company, referral.link_origin) == (None, LinkOrigin.AUTOMATIC)
    assert not AuditEntry.objects.exists()


def test_the_same_link_again_changes_nothing(ayse):
    company = CompanyFactory.create()
    referral = referral_of("anna@contoso.example")
    relink_referral(referral, to=company, by=ayse)
    version = referral.version

    again = relink_referral(referral, to=company, by=ayse)

    assert again.change == "unchanged"
    assert referral.version == version
    assert AuditEntry.objects.count() == 1


def test_a_person_takes_a_link_away_and_it_is_his_decision_then(ayse):
    referral = referral_of("anna@contoso.example", company=CompanyFactory.create(domain="contoso.example"))

    result = unlink_referral(referral, by=ayse)

    referral.refresh_from_db()
    assert (result.domain, result.change) == (None, "unlinked")
    assert (referral.company, referral.link_status, referral.link_origin) == (None, "unlinked", "person")


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        pytest.param("", "", ("contoso.example", "Contoso Ltd"), id="the referral's own domain and name"),
        pytest.param(
            "https://www.other.example/x", "", ("other.example", "Contoso Ltd"), id="a domain as a person writes it"
        ),
        pytest.param("", "My name", ("contoso.example", "My name"), id="a name given by a person"),
    ],
)
def test_a_company_is_made_from_a_referral(ayse, given, name, expected):
    referral = referral_of("anna@contoso.example")

    result = create_company_from_referral(referral, domain=given, name=name, by=ayse)

    company = Company.objects.get()
    assert (company.domain, company.name) == expected
    assert company.name_set_by_person is bool(name)
    assert result.change == "created"
    assert company.sources == ["partner_center_referral"]
    assert RawLead.objects.get().source == "partner_center_referral"


def test_a_mail_domain_of_private_persons_is_taken_with_a_warning(ayse):
    referral = referral_of("anna@contoso.example", company=None)

    told = create_company_from_referral(referral, domain="gmail.com", by=ayse).sentence()

    assert "Mind that gmail.com is a mail domain of private persons" in told
    assert "Mind" not in create_company_from_referral(referral, domain="contoso.example", by=ayse).sentence()


def test_a_domain_that_is_no_company_is_refused_with_the_offer_to_create_it():
    with pytest.raises(HunterError, match="Create it from the referral"):
        company_of("nobody.example")


@pytest.mark.parametrize("text", ["", "localhost", "no domain"])
def test_what_is_no_domain_is_refused(text):
    with pytest.raises(HunterError, match="is no domain"):
        company_of(text)


def test_the_candidates_are_what_the_contacts_name_and_the_registrable_domains():
    known = CompanyFactory.create(domain="contoso.com")
    row = partner_center_row(customerProfile={"team": [{"email": "a@mail.contoso.com"}, {"email": "b@two.com"}]})
    referral = ReferralFactory.create(domain="mail.contoso.com", raw_data=row)

    found = candidates(referral)

    assert [one.domain for one in found] == ["mail.contoso.com", "two.com", "contoso.com"]
    assert found[2].company == known
    assert found[1].reason == "another contact's mail domain"


@pytest.mark.proves("R7.7")
def test_the_figures_of_any_number_of_companies_are_one_query(django_assert_num_queries):
    companies = CompanyFactory.create_batch(5)
    for company in companies[:3]:
        ReferralFactory.create(company=company, domain=company.domain)
    waiting = ReferralFactory.create(domain=companies[0].domain)

    with django_assert_num_queries(1):
        figures = referral_figures(companies)

    assert [figures[company.pk].referral_count for company in companies] == [2, 1, 1, 0, 0]
    assert figures[companies[0].pk].link_status == "mixed"
    assert waiting.referral_id in figures[companies[0].pk].referral_ids
