"""Pages cost the same number of queries for five rows as for thirty (R7.7), and say what to do when empty."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hunter.audit.recording import record
from leads.models import AlertDelivery, AlertLine
from referrals.models import SyncRun, SyncState
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import (
    AlertChannelFactory,
    AlertFactory,
    CompanyFactory,
    CompanyImportFactory,
    ScannedCompanyFactory,
)
from tests.factories.referrals import ReferralFactory
from tests.factories.work import ErrorFactory, ItemFactory

FEW, MANY = 5, 30


def companies(count: int) -> None:
    for company in ScannedCompanyFactory.create_batch(count):
        ReferralFactory(company=company)
        CrmRecordFactory(company=company, in_step=True)


def referrals(count: int) -> None:
    for _ in range(count):
        ReferralFactory(company=CompanyFactory())


def errors(count: int) -> None:
    for error in ErrorFactory.create_batch(count):
        ItemFactory(key=error.key)


def syncs(count: int) -> None:
    SyncRun.objects.bulk_create(
        SyncRun(account="a", mode="full", state=SyncState.DONE, finished_at=timezone.now()) for _ in range(count)
    )


def audit_entries(count: int) -> None:
    company = CompanyFactory()
    for _ in range(count):
        record(company, act="scan", by=None)


def crm_records(count: int) -> None:
    CrmRecordFactory.create_batch(count, in_step=True)


def imports(count: int) -> None:
    CompanyImportFactory.create_batch(count)


def alerts(count: int) -> None:
    channel = AlertChannelFactory()
    for alert in AlertFactory.create_batch(count):
        AlertLine.objects.create(
            alert=alert, channel=channel, delivery=AlertDelivery.objects.create(channel=channel, state="failed")
        )


def alert_channels(count: int) -> None:
    for channel in AlertChannelFactory.create_batch(count):
        AlertDelivery.objects.create(channel=channel, begun_at=timezone.now())


LISTS: list[tuple[str, Callable[[int], None]]] = [
    ("leads_company", companies),
    ("referrals_referral", referrals),
    ("work_errorrecord", errors),
    ("referrals_syncrun", syncs),
    ("audit_auditentry", audit_entries),
    ("crm_crmrecord", crm_records),
    ("leads_companyimport", imports),
    ("leads_alert", alerts),
    ("leads_alertchannel", alert_channels),
]


def queries_of(client, address: str) -> int:
    """Of a page that was opened before, with all shared figures to be worked out anew."""
    client.get(address)
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.proves("R7.7")
@pytest.mark.parametrize(("model", "make"), LISTS, ids=[name for name, _ in LISTS])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(model, make, page):
    address = reverse(f"admin:{model}_changelist")

    make(FEW)
    few = queries_of(page, address)
    make(MANY - FEW)

    assert queries_of(page, address) == few


@pytest.mark.proves("R7.7")
def test_the_home_page_takes_as_many_queries_for_much_as_for_little(page):
    address = reverse("admin:index")
    for make in (companies, referrals, errors, syncs, imports, alerts):
        make(FEW)
    few = queries_of(page, address)

    for make in (companies, referrals, errors, syncs, imports, alerts):
        make(MANY - FEW)

    assert queries_of(page, address) == few


def test_many_people_at_the_home_page_cost_one_look(page):
    companies(FEW)
    cache.clear()
    page.get(reverse("admin:index"))

    with CaptureQueriesContext(connection) as captured:
        page.get(reverse("admin:index"))

    assert not [query for query in captured if "leads_company" in query["sql"]]


@pytest.mark.parametrize("model", [name for name, _ in LISTS if name != "audit_auditentry"])
def test_an_empty_list_says_how_it_is_filled(model, page):
    text = page.get(reverse(f"admin:{model}_changelist")).content.decode()

    assert "h-empty" in text
    assert "No results found" not in text


def test_a_search_with_two_letters_is_not_made_and_says_so(page):
    CompanyFactory(domain="ab-tools.com")

    text = page.get(reverse("admin:leads_company_changelist"), {"q": "ab"}).content.decode()

    assert "Type at least 3 letters" in text
    assert "ab-tools.com" not in text


@pytest.mark.parametrize(
    ("model", "make"),
    [
        pytest.param("leads_company", lambda: ScannedCompanyFactory().pk, id="company"),
        pytest.param("referrals_referral", lambda: ReferralFactory(company=ScannedCompanyFactory()).pk, id="referral"),
        pytest.param("referrals_referral", lambda: ReferralFactory().pk, id="referral without a company"),
        pytest.param("work_errorrecord", lambda: ErrorFactory().pk, id="error"),
        pytest.param("leads_alert", lambda: AlertFactory().pk, id="alert"),
        pytest.param("leads_alertchannel", lambda: AlertChannelFactory().pk, id="alert channel"),
        pytest.param("crm_crmrecord", lambda: CrmRecordFactory(in_step=True).pk, id="lead"),
        pytest.param("crm_crmrecord", lambda: CrmRecordFactory().pk, id="lead that was never pushed"),
    ],
)
def test_the_page_of_a_row_opens(model, make, page):
    assert page.get(reverse(f"admin:{model}_change", args=[make()])).status_code == 200


def test_a_number_of_the_funnel_leads_to_exactly_its_rows(page):
    linked, scanned = ReferralFactory(company=CompanyFactory()), ReferralFactory(company=ScannedCompanyFactory())
    ReferralFactory()
    cache.clear()

    stages = {bar.shown.title: bar.shown for bar in page.get(reverse("admin:index")).context["stages"]}

    assert {title: stage.number for title, stage in stages.items()} == {
        "Referrals": 3, "Linked": 2, "Scanned": 1, "Due": 1, "In the CRM": 0,
    }  # fmt: skip
    assert {row.pk for row in page.get(stages["Linked"].url).context["cl"].result_list} == {linked.pk, scanned.pk}
    for stage in stages.values():
        assert page.get(stage.url).context["cl"].result_count == stage.number
        for lost in stage.lost:
            assert page.get(lost.url).context["cl"].result_count == lost.number


def test_with_nothing_set_up_home_is_a_list_of_steps(page):
    cache.clear()

    text = page.get(reverse("admin:index")).content.decode()

    assert "Setting up" in text
    assert "First sync" in text


@pytest.mark.parametrize(
    ("page_name", "words"),
    [
        ("crm_crmrecord", "No leads match"),
        ("referrals_referral", "No referrals match"),
        ("authtoken_tokenproxy", "No API keys match"),
        ("audit_auditentry", "No acts match"),
    ],
)
def test_a_list_calls_its_rows_as_people_do(page_name, words, page):
    text = page.get(reverse(f"admin:{page_name}_changelist"), {"q": "nobody has this name"}).content.decode()

    assert words in text
