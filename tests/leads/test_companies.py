"""Companies come to be here once, whoever names them, and the database holds what must be true."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from leads.models import Company, ConsumerDomain, RawLead, Signals
from leads.models.choices import LeadSource
from leads.services.companies import (
    CompanySeed,
    RawLeadSeed,
    add_source,
    consumer_domains,
    ensure_companies,
    keep_raw_leads,
)
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory

pytestmark = pytest.mark.django_db


def seed(domain, **changes):
    return CompanySeed(domain, LeadSource.PARTNER_CENTER, **changes)


@pytest.mark.proves("R3.1")
def test_unknown_domains_become_companies_and_known_ones_stay_as_they_are():
    known = CompanyFactory(domain="known.com", name="Known Ltd")

    companies = ensure_companies([seed("shop.new.com.tr", name=" New ", country="TR"), seed("known.com", name="Other")])

    new = companies["shop.new.com.tr"]
    assert (new.name, new.registrable_domain, new.country, new.sources) == (
        "New",
        "new.com.tr",
        "TR",
        ["partnercenter"],
    )
    assert companies["known.com"] == known
    known.refresh_from_db()
    assert (known.name, known.version) == ("Known Ltd", 1)


def test_a_company_without_a_name_goes_by_its_domain():
    assert ensure_companies([seed("firm.com")])["firm.com"].name == "firm.com"


def test_contact_emails_are_trimmed_lower_case_distinct_and_have_an_at_sign():
    company = ensure_companies([seed("firm.com", contact_emails=(" A@Firm.com", "a@firm.com", "nobody"))])["firm.com"]

    assert company.contact_emails == ["a@firm.com"]


@pytest.mark.proves("R7.7")
def test_the_number_of_queries_does_not_grow_with_the_number_of_domains(django_assert_num_queries):
    with django_assert_num_queries(3):
        ensure_companies([seed(f"firm-{n}.com") for n in range(300)])


@pytest.mark.proves("R3.3")
def test_a_source_is_added_once_and_only_where_it_lacks():
    old, new = (
        CompanyFactory(domain="a.com", sources=["csv"]),
        CompanyFactory(domain="b.com", sources=["partnercenter"]),
    )

    assert add_source(LeadSource.PARTNER_CENTER, domains=["a.com", "b.com"]) == 1

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.sources, old.version) == (["csv", "partnercenter"], 2)
    assert new.version == 1


def test_a_lead_with_a_reference_is_kept_once():
    company = CompanyFactory()
    lead = RawLeadSeed(company, LeadSource.PARTNER_CENTER, {"id": "r1"}, reference="r1")

    keep_raw_leads([lead, lead, RawLeadSeed(company, LeadSource.DOMAIN)])
    keep_raw_leads([lead, RawLeadSeed(company, LeadSource.DOMAIN)])

    assert RawLead.objects.filter(source=LeadSource.PARTNER_CENTER).count() == 1
    assert RawLead.objects.filter(source=LeadSource.DOMAIN).count() == 2


def test_the_consumer_domains_that_hunter_is_delivered_with_are_in_the_table():
    ConsumerDomain.objects.create(domain="mail.example.org")

    assert {"gmail.com", "ttmail.com", "mail.example.org"} <= consumer_domains()
    assert len(consumer_domains()) == 32


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"domain": "Firm.com"}, id="a domain with capitals"),
        pytest.param({"domain": "müşteri.com"}, id="a domain that is not ASCII"),
        pytest.param({"domain": ""}, id="no domain"),
        pytest.param({"score": 101}, id="a score above 100"),
        pytest.param({"priority": 8}, id="a priority beyond 7"),
        pytest.param({"provider": "Fastmail"}, id="a provider that there is not"),
        pytest.param({"tenant_size": "large"}, id="a size without its origin"),
        pytest.param({"tenant_size": "huge", "tenant_size_origin": "scan"}, id="a size that there is not"),
        pytest.param({"scan_status": "done"}, id="a scan status that there is not"),
        pytest.param({"segment": ""}, id="a score without a class"),
        pytest.param({"score": None}, id="classes without a score"),
    ],
)
def test_what_must_hold_for_every_writer_is_held_by_the_database(columns):
    company = ScannedCompanyFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Company.objects.filter(pk=company.pk).update(**columns)


def test_a_domain_is_one_company():
    CompanyFactory(domain="firm.com")

    with pytest.raises(IntegrityError), transaction.atomic():
        CompanyFactory(domain="firm.com")


def test_the_list_order_is_priority_then_score_then_domain():
    ScannedCompanyFactory(domain="b.com", priority=3, score=70)
    ScannedCompanyFactory(domain="a.com", priority=3, score=70)
    ScannedCompanyFactory(domain="c.com", priority=3, score=90)
    ScannedCompanyFactory(domain="d.com", priority=1, score=85)
    CompanyFactory(domain="unscored.com")
    ScannedCompanyFactory(domain="skip.com", priority=7, score=0)

    ordered = [company.domain for company in Company.objects.in_list_order()]

    assert ordered == ["d.com", "c.com", "a.com", "b.com", "skip.com", "unscored.com"]


def test_a_set_of_companies_by_its_name():
    scanned = ScannedCompanyFactory(domain="scanned.com")
    CompanyFactory(domain="new.com")
    CompanyFactory(domain="silent.com", scan_status="dns_timeout")
    CompanyFactory(domain="localhost", scan_status="invalid_domain")
    ScannedCompanyFactory(domain="skip.com", segment="Skip")
    before = timezone.now() - timedelta(days=2)
    Signals.objects.filter(company=scanned).update(scanned_at=before)

    def domains(companies):
        return {company.domain for company in companies}

    assert domains(Company.objects.awaiting_scan()) == {"new.com", "silent.com"}
    assert domains(Company.objects.scanned_before(timezone.now() - timedelta(days=1))) == {
        "scanned.com", "new.com", "silent.com",
    }  # fmt: skip
    assert domains(Company.objects.worth_a_push()) == {"scanned.com"}
    assert domains(Company.objects.scored_by_other_rules("2")) == {"scanned.com", "skip.com"}
