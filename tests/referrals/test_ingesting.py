"""A page of rows into the database (domain document e.5, e.8)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from hunter.work.kinds import Step, kinds_of
from hunter.work.models import ErrorRecord, Item
from leads.models import Company
from referrals.models import Referral
from referrals.reading import read_referral
from referrals.services.ingesting import PageCounts, ingest_page
from referrals.services.storing import upsert_referrals
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.factories.referrals import partner_center_row

pytestmark = pytest.mark.django_db

EARLY, LATE = "2026-05-05T10:00:00Z", "2026-05-06T10:00:00.1234567Z"


def row(referral_id: str, *emails: str, **changes: Any) -> dict[str, Any]:
    profile = {"name": f"Customer {referral_id}", "team": [{"email": email} for email in emails]}
    return partner_center_row(id=referral_id, customerProfile=profile, **changes)


def ingest(*rows: Any) -> PageCounts:
    return ingest_page(rows, consumer_domains=frozenset({"gmail.com"}))[1]


def test_every_row_of_a_page_is_counted_once():
    ingest(row("known", "a@known.com"), row("changed", "a@changed.com"))

    counts = ingest(
        row("new", "a@new.com"),
        row("new", "a@new.com"),
        row("none", "p@gmail.com"),
        row("known", "a@known.com"),
        row("changed", "a@changed.com", status="Closed"),
        row("out", "a@out.com", direction="Outgoing"),
        row("", "a@noid.com"),
        "no row at all",
    )

    assert (counts.fetched, counts.created, counts.updated, counts.unchanged) == (8, 2, 1, 2)
    assert (counts.skipped, counts.failed) == ({"direction": 1}, 2)
    assert (counts.linked, counts.unlinked) == (4, 1)


def test_a_new_company_is_written_once_with_all_that_its_referrals_tell():
    ingest(
        row("first", "a@new.com", azureTenantId="tenant-1"),
        row("second", "b@new.com", azureTenantId="tenant-2"),
    )

    company = Company.objects.get()
    assert (company.name, company.version) == ("Customer first", 1)
    assert (company.contact_emails, company.azure_tenant_id) == (["a@new.com", "b@new.com"], "tenant-2")
    assert (company.sources, company.provider) == (["partnercenter"], "M365")


@pytest.mark.parametrize("stored_at", [EARLY, None])
def test_a_newer_answer_is_taken(stored_at):
    ingest(row("r", "a@one.com", updatedDateTime=stored_at))

    ingest(row("r", "a@one.com", updatedDateTime=LATE, name="newer"))

    assert Referral.objects.get().name == "newer"


@pytest.mark.proves("R3.3")
def test_an_older_answer_than_the_stored_one_is_passed_over():
    ingest(row("r", "a@one.com", updatedDateTime=LATE, name="newer"))

    counts = ingest(row("r", "a@one.com", updatedDateTime=EARLY, name="older"))

    assert counts.unchanged == 1
    assert Referral.objects.get().name == "newer"


def test_of_two_rows_with_one_id_on_a_page_the_newer_is_taken():
    ingest(
        row("r", "a@one.com", updatedDateTime=LATE, name="newer"),
        row("r", "a@one.com", updatedDateTime=EARLY, name="older"),
    )

    assert Referral.objects.get().name == "newer"


def test_values_that_became_null_are_emptied():
    ingest(row("r", "a@one.com", statusReason="lost on price"))

    ingest(row("r", "a@one.com", statusReason=None, details=None))

    referral = Referral.objects.get()
    assert (referral.status_reason, referral.deal_value, referral.currency) == ("", None, "")


@pytest.mark.parametrize(
    ("known", "company", "status"),
    [
        pytest.param([], None, "multi_candidate", id="none known: a person decides, no company is made"),
        pytest.param(["two.com"], "two.com", "auto_linked", id="exactly one known: that one"),
        pytest.param(["one.com", "two.com"], None, "multi_candidate", id="both known: a person decides"),
    ],
)
def test_contacts_of_several_companies(known, company, status):
    for domain in known:
        CompanyFactory.create(domain=domain)

    counts = ingest(row("r", "a@one.com", "b@two.com"))

    referral = Referral.objects.select_related("company").get()
    assert (referral.link_status, referral.company and referral.company.domain) == (status, company)
    assert referral.domain == "one.com"
    assert referral.candidates == ([] if company else ["one.com", "two.com"])
    assert counts.linked == (1 if company else 0)
    assert Company.objects.count() == len(known)


def test_a_changed_referral_asks_for_a_push_of_its_scored_company_and_an_unchanged_one_for_nothing():
    pushes = [kind.name for kind in kinds_of(Step.PUSH)]
    assert pushes
    ScannedCompanyFactory.create(domain="one.com")
    ingest(row("r", "a@one.com"))
    Item.objects.all().delete()

    ingest(row("r", "a@one.com"))
    assert not Item.objects.exists()
    ingest(row("r", "a@one.com", status="Closed"))

    assert list(Item.objects.values_list("kind", "key")) == [(name, "one.com") for name in pushes]


def test_a_tenant_id_outdates_the_score_of_another_provider_so_the_domain_is_scanned_again():
    ScannedCompanyFactory.create(domain="one.com", provider="Google")

    ingest(row("r", "a@one.com", azureTenantId="tenant"))

    company = Company.objects.get()
    assert company.provider == "M365"
    assert company.provider_changes.get().previous == "Google"
    assert Item.objects.filter(kind="scan", key="one.com").exists()


@pytest.mark.proves("R3.5")
def test_a_row_that_was_bad_settles_its_error_when_it_is_good_again():
    long_id = "x" * 256
    ingest(row(long_id, "a@one.com"), row("good", "a@good.com"))
    record = ErrorRecord.objects.get()
    ErrorRecord.objects.filter(pk=record.pk).update(key="mended")

    ingest(row("mended", "a@one.com"))

    record.refresh_from_db()
    assert record.state == ErrorRecord.State.RESOLVED


@pytest.mark.proves("R3.5")
def test_a_row_that_the_database_refuses_costs_itself_only():
    good, bad = (
        read_referral(row(name, f"a@{name}.com"), consumer_domains=frozenset()).fields for name in ("good", "bad")
    )

    written = upsert_referrals([good, dataclasses.replace(bad, name="n" * 256)])

    assert set(written.created) == {"good"}
    assert not written.updated
    assert [fields.referral_id for fields, _ in written.refused] == ["bad"]
    assert Referral.objects.get().referral_id == "good"


@pytest.mark.proves("R7.7")
def test_a_page_costs_the_same_number_of_queries_for_any_number_of_rows(django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        ingest(*(row(f"a{number}", f"a@firm{number}.com") for number in range(5)))
    with django_assert_max_num_queries(30):
        ingest(*(row(f"b{number}", f"a@house{number}.com") for number in range(100)))
    with django_assert_max_num_queries(6):
        ingest(*(row(f"b{number}", f"a@house{number}.com") for number in range(100)))
