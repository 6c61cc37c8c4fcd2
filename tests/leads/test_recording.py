"""What scans found becomes rows: in bulk, in a constant number of queries, and nothing twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hunter.work.models import Item
from leads.answers import NotKnown, answered
from leads.assessment import Unanswered
from leads.models import Company, ProviderChange, ScanJobEntry, SignalChange, Signals
from leads.rules import load_rules
from leads.scan_answer import Registration
from leads.services.recording import record_invalid, record_scans
from leads.services.scoring import score_all, score_outdated
from tests.factories.leads import CompanyFactory, ScanJobEntryFactory, ScannedCompanyFactory
from tests.leads.answers import scan_answer

pytestmark = pytest.mark.django_db
RULES = load_rules()


def record(*answers):
    return record_scans(answers, rules=RULES)


def test_a_first_scan_writes_signals_and_classes():
    company = CompanyFactory(domain="firm.com")

    record(scan_answer("firm.com"))

    company.refresh_from_db()
    assert (company.scan_status, company.provider, company.score, company.segment) == (
        "success",
        "M365",
        70,
        "Existing",
    )
    assert (company.tenant_size, company.tenant_size_origin, company.confidence) == ("large", "scan", Decimal("3.00"))
    assert company.score_breakdown["total_score"] == 70
    signals = company.signals
    assert (signals.scan_count, signals.spf, signals.dkim_selector, signals.dmarc_policy) == (1, True, "selector1", "")
    assert signals.scanned_at is not None
    assert not SignalChange.objects.exists()


@pytest.mark.proves("R3.3")
def test_a_rescan_that_finds_nothing_new_leaves_the_version_alone():
    CompanyFactory(domain="firm.com")
    record(scan_answer("firm.com"))
    record(scan_answer("firm.com"))  # the confidence rises: what was found did not change since
    before = Company.objects.get(domain="firm.com").version

    record(scan_answer("firm.com"))

    company = Company.objects.get(domain="firm.com")
    assert company.version == before
    assert company.signals.scan_count == 3


def test_a_timeout_overwrites_nothing():
    company = ScannedCompanyFactory(domain="firm.com", provider="Google")
    seen = company.signals.scanned_at

    results = record(scan_answer("firm.com", mx=NotKnown("timeout"), txt=answered([])))

    company.refresh_from_db()
    assert isinstance(results["firm.com"], Unanswered)
    assert (company.scan_status, company.provider, company.score) == ("dns_timeout", "Google", 70)
    assert (company.signals.spf, company.signals.scanned_at, company.signals.scan_count) == (True, seen, 1)
    assert company.signals.attempted_at > seen


def test_a_timeout_at_the_first_scan_leaves_a_company_without_a_score():
    company = CompanyFactory(domain="firm.com")

    record(scan_answer("firm.com", mx=NotKnown("timeout")))

    company.refresh_from_db()
    assert (company.scan_status, company.score, company.signals.scan_count) == ("dns_timeout", None, 0)
    record(scan_answer("firm.com"))
    assert not SignalChange.objects.exists()  # that was the first scan that had an answer


def test_a_rescan_writes_the_differences_and_the_move_of_provider():
    company = ScannedCompanyFactory(domain="firm.com")

    record(scan_answer("firm.com", mx=answered(["mx.yandex.net"])))

    changes = {change.what: (change.previous, change.current) for change in company.signal_changes.all()}
    assert changes == {"mx": ("outlook.com", "yandex.net"), "score": (70, 50), "segment": ("Existing", "Cold")}
    move = ProviderChange.objects.get(company=company)
    assert (move.previous, move.current) == ("M365", "Yandex")


def test_a_change_that_a_person_made_meanwhile_is_kept():
    company = CompanyFactory(domain="firm.com")
    Company.objects.filter(pk=company.pk).update(name="Firm Ltd", name_set_by_person=True, phone="+90 212 000 00 00")

    record(scan_answer("firm.com"))

    company.refresh_from_db()
    assert (company.name, company.name_set_by_person, company.phone) == ("Firm Ltd", True, "+90 212 000 00 00")


def test_a_company_that_is_gone_is_passed_over():
    assert record(scan_answer("gone.com")) == {}
    assert not Company.objects.exists()


@pytest.mark.proves("R7.7")
def test_a_block_of_any_size_is_the_same_number_of_queries(django_assert_max_num_queries):
    domains = [f"firm-{n:03}.com" for n in range(500)]
    Company.objects.bulk_create(CompanyFactory.build(domain=domain) for domain in domains)

    with django_assert_max_num_queries(9):
        record(*(scan_answer(domain) for domain in domains))

    assert Company.objects.filter(score=70).count() == Signals.objects.count() == 500


@pytest.mark.proves("R1.9")
def test_every_job_that_waits_for_a_domain_hears_of_it():
    CompanyFactory(domain="good.com")
    CompanyFactory(domain="silent.com")
    good, silent = ScanJobEntryFactory(domain="good.com"), ScanJobEntryFactory(domain="silent.com")
    other = ScanJobEntryFactory(domain="other.com", job=good.job)

    record(scan_answer("good.com"), scan_answer("silent.com", mx=NotKnown("servfail")))

    for entry in (good, silent, other):
        entry.refresh_from_db()
    assert (good.state, silent.state, other.state) == ("scanned", "failed", "pending")
    assert silent.reason.startswith("DNS did not answer")
    counts = good.job.counts()
    assert (counts.pending, counts.scanned, counts.failed, counts.total) == (1, 1, 0, 2)


def test_a_later_success_counts_for_a_job_in_which_the_domain_had_failed():
    CompanyFactory(domain="firm.com")
    entry = ScanJobEntryFactory(domain="firm.com")
    record(scan_answer("firm.com", mx=NotKnown("servfail")))

    record(scan_answer("firm.com"))

    entry.refresh_from_db()
    assert (entry.state, entry.reason) == (ScanJobEntry.State.SCANNED, "")


def test_an_invalid_domain_is_scored_zero_and_fails_its_entry():
    company, entry = CompanyFactory(domain="localhost"), ScanJobEntryFactory(domain="localhost")

    record_invalid(["localhost"], rules=RULES)

    company.refresh_from_db()
    entry.refresh_from_db()
    assert (company.scan_status, company.score, company.segment) == ("invalid_domain", 0, "Skip")
    assert entry.state == "failed"


def test_registration_data_is_kept_with_the_signals():
    CompanyFactory(domain="firm.com")

    record(scan_answer("firm.com", registration=Registration("R" * 300, None, ())))

    assert Signals.objects.get().registrar == "R" * 255


@pytest.mark.proves("R1.13")
def test_a_changed_company_that_is_worth_a_push_is_asked_for_and_no_other(other_crm):
    for domain in ("changed.com", "skip.com", "same.com"):
        CompanyFactory(domain=domain)
    for _ in range(2):
        record(scan_answer("same.com"))
    Item.objects.all().delete()

    record(scan_answer("changed.com"), scan_answer("skip.com", mx=answered([])), scan_answer("same.com"))

    assert set(Item.objects.filter(kind=other_crm).values_list("key", flat=True)) == {"changed.com"}


def test_scores_made_by_other_rules_are_made_anew():
    ScannedCompanyFactory(domain="old.com", rules_version="0", score=1)
    ScannedCompanyFactory(domain="today.com", score=2)
    CompanyFactory(domain="new.com")

    result = score_outdated()

    assert result.as_dict() == {"scored": 1, "changed": 1}
    assert Company.objects.get(domain="old.com").score == 70
    assert Company.objects.get(domain="today.com").score == 2


def test_all_scores_are_made_anew_when_asked_for():
    ScannedCompanyFactory(domain="old.com", rules_version="0")
    ScannedCompanyFactory(domain="wrong.com", score=2)
    ScannedCompanyFactory(domain="right.com")

    assert score_all().as_dict() == {"scored": 3, "changed": 2}
    assert score_all().as_dict() == {"scored": 3, "changed": 0}

    assert set(Company.objects.values_list("score", flat=True)) == {70}
