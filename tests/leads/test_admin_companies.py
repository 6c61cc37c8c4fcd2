"""Companies in the admin: found by any spelling, told apart from what is not known, scanned by a click (C5, g.7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hunter.ops.holding import hold_lane
from hunter.remote.lanes import LaneName
from hunter.work.models import Item
from leads.models import Company, ConsumerDomain, ScanJob
from leads.services.scoring import score_all
from tests.factories.leads import (
    CompanyFactory,
    ScannedCompanyFactory,
    SignalsFactory,
    behind_a_filter,
    scored_as,
)
from tests.factories.people import administrator
from tests.factories.referrals import ReferralFactory

LIST = "admin:leads_company_changelist"


@pytest.fixture
def page(db) -> Client:
    client = Client()
    client.force_login(administrator("ayse"))
    return client


def listed(page: Client, **query: str) -> list[str]:
    return [company.domain for company in page.get(reverse(LIST), query).context["cl"].result_list]


def shown(page: Client, company: Company) -> str:
    return page.get(reverse("admin:leads_company_change", args=[company.pk])).content.decode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("xn--mteri-kva70e", id="as it is stored"),
        pytest.param("müşteri.com.tr", id="in its own letters"),
        pytest.param("https://www.müşteri.com.tr/iletisim", id="out of a pasted address"),
        pytest.param("info@müşteri.com.tr", id="out of a mail address"),
        pytest.param("acme müh", id="by words of its name"),
    ],
)
def test_a_company_is_found_by(text, page):
    CompanyFactory(domain="xn--mteri-kva70e.com.tr", name="Acme Mühendislik")
    CompanyFactory(domain="other.example.com")

    assert listed(page, q=text) == ["xn--mteri-kva70e.com.tr"]


def test_a_domain_is_shown_in_its_own_letters(page):
    CompanyFactory(domain="xn--mteri-kva70e.com.tr", name="Acme")

    text = page.get(reverse(LIST)).content.decode()

    assert "müşteri.com.tr" in text


def test_the_best_prospects_come_first(page):
    CompanyFactory(domain="unscored.example.com")
    ScannedCompanyFactory(domain="existing.example.com")
    ScannedCompanyFactory(domain="migration.example.com", **scored_as("Google", dmarc_policy="reject"))

    assert listed(page) == ["migration.example.com", "existing.example.com", "unscored.example.com"]


@pytest.mark.parametrize(
    ("query", "domains"),
    [
        pytest.param({"segment__exact": "Existing"}, ["existing.example.com"], id="segment"),
        pytest.param({"least_score": "80"}, ["migration.example.com"], id="least score"),
        pytest.param({"provider__exact": "Google"}, ["migration.example.com"], id="provider"),
        pytest.param({"link_status": "linked"}, ["existing.example.com"], id="link status"),
        pytest.param({"referral_type": "co-sell"}, ["existing.example.com"], id="referral type"),
        pytest.param({"crm_state": "none", "segment__exact": "Migration"}, ["migration.example.com"], id="in the CRM"),
        pytest.param({"priority_category__exact": "P2"}, ["migration.example.com"], id="priority category"),
        pytest.param({"scan_status__exact": "pending"}, ["unscored.example.com"], id="scan status"),
    ],
)
def test_the_list_is_narrowed_by(query, domains, page):
    CompanyFactory(domain="unscored.example.com")
    existing = ScannedCompanyFactory(domain="existing.example.com", scan_status="success")
    ScannedCompanyFactory(
        domain="migration.example.com",
        scan_status="success",
        provider="Google",
        **scored_as("Google", dmarc_policy="reject"),
    )
    ReferralFactory(company=existing, referral_type="co-sell")

    assert listed(page, **query) == domains


def test_a_selection_is_scanned_as_one_job(page):
    companies = [CompanyFactory(domain="a.example.com"), CompanyFactory(domain="b.example.com")]

    page.post(reverse(LIST), {"action": "scan", "_selected_action": [company.pk for company in companies]})

    assert ScanJob.objects.get().asked_by == "ayse"
    assert set(Item.objects.filter(kind="scan").values_list("key", flat=True)) == {"a.example.com", "b.example.com"}


def test_a_scan_that_waits_for_a_held_lane_is_not_said_to_take_a_second(page):
    companies = [CompanyFactory(), CompanyFactory()]
    hold_lane(LaneName.DNS, why="a look at it", by=administrator("berna"))

    told = page.post(
        reverse(LIST), {"action": "scan", "_selected_action": [company.pk for company in companies]}, follow=True
    )

    assert "2 companies will be scanned: once somebody resumes DNS" in told.content.decode()


def test_what_is_stale_is_scanned_by_one_click(page):
    CompanyFactory(domain="stale.example.com")

    page.post(reverse("admin:leads_company_act", args=["scan_stale"]))

    assert Item.objects.get(kind="scan").key == "stale.example.com"


def test_when_nothing_is_stale_no_empty_scan_is_left_behind(page):
    text = page.post(reverse("admin:leads_company_act", args=["scan_stale"]), follow=True).content.decode()

    assert "Nothing is stale" in text
    assert not ScanJob.objects.exists()


def test_what_nobody_answered_is_not_said_to_be_absent(page):
    company = ScannedCompanyFactory(domain="contoso.com")
    company.signals.delete()
    SignalsFactory(
        company=company, spf=False, spf_record="",
        answers={"txt": {"state": "not_known", "reason": "timeout"}, "dmarc": {"state": "absent", "reason": "nodata"}},
    )  # fmt: skip

    text = shown(page, company)

    assert "not known: timeout" in text
    assert "no record" in text


def behind_mimecast(**signals) -> Company:
    """contoso.com, scored as Local 30, with Microsoft 365 behind its mail filter."""
    company = ScannedCompanyFactory(
        domain="contoso.com", provider="Local", gateway=True, signals=None, **scored_as("Local")
    )
    SignalsFactory(company=company, **behind_a_filter() | signals)
    return company


def test_a_conclusion_is_shown_with_each_record_that_it_rests_on(page):
    text = shown(page, behind_mimecast())

    assert "Microsoft 365 behind Mimecast (medium confidence)" in text
    assert (
        "CNAME autodiscover.contoso.com → autodiscover.outlook.com: mail programs are sent to Exchange Online" in text
    )
    assert "TXT contoso.com → MS=ms1" in text


def test_a_score_that_rests_on_something_unknown_says_so_with_its_range(page):
    text = shown(page, behind_mimecast())

    assert "which hides the mailboxes" in text
    assert "Between 30 and 70 (Cold, Existing or Migration): who keeps the mailboxes is not known." in text


def test_the_list_says_where_a_score_may_lie_that_rests_on_something_unknown(page):
    behind_mimecast()

    assert "score 30, may lie between 30 and 70" in page.get(reverse(LIST)).content.decode()


def test_a_company_whose_scan_waits_is_not_said_to_need_a_click(page):
    waiting, forgotten = CompanyFactory(domain="waits.com"), CompanyFactory(domain="firm.com")
    Item.objects.create(kind="scan", key="waits.com", lane="dns", due_at=timezone.now())

    assert "a scan is asked for" in shown(page, waiting)
    assert "Press Scan to look now" in shown(page, forgotten)


def test_a_newer_scan_that_was_not_answered_shows_what_is_missing_and_the_range(page):
    newest = {
        "not_known": ["dmarc"],
        "facts": {"mx_hosts": ["mx.example.com"], "provider": "M365", "spf": True, "spf_record": None, "dkim": True,
                  "dmarc_policy": None},
        "answers": {"dmarc": {"state": "not_known", "reason": "servfail"}},
    }  # fmt: skip
    company = ScannedCompanyFactory(domain="contoso.com", scan_status="dns_timeout", signals=None)
    SignalsFactory(company=company, unanswered=newest, attempted_at=timezone.now() + timedelta(minutes=1))

    text = shown(page, company)

    assert "DNS did not answer DMARC (servfail), so what was known stays" in text
    assert "Between 60 and 90 (Existing): DMARC is not known." in text


def test_policies_are_yes_no_or_not_known(page):
    text = shown(page, behind_mimecast())

    assert "v=STSv1; id=1" in text
    assert "not known: servfail" in text


def test_what_was_not_looked_at_yet_is_not_said_to_be_absent(page):
    text = shown(page, ScannedCompanyFactory(domain="contoso.com"))

    assert text.count("not looked at yet") == 5


def test_an_spf_record_is_shown_with_what_receivers_make_of_it(page):
    check = {
        "verdict": "broken", "lookups": 12, "is_exact": False, "over_limit": True, "void_lookups": 0, "final_all": "-",
        "faults": ["it takes at least 12 lookups, 10 are allowed"], "not_known": [], "unknowable": [],
        "tree": {"how": "record", "name": "contoso.com", "state": "found", "record": "v=spf1 -all", "lookups": 12,
                 "below": [{"how": "include", "name": "gone.com", "state": "absent"}]},
    }  # fmt: skip

    text = shown(page, behind_mimecast(spf_check=check))

    assert "no, receivers refuse the whole record: it takes at least 12 lookups, 10 are allowed" in text
    assert "include gone.com: no SPF record there" in text


def test_the_parts_of_a_score_are_shown_with_their_points(page):
    text = shown(page, ScannedCompanyFactory())

    for part in ("+50", "+10", "SPF", "DKIM"):
        assert part in text


def test_each_part_of_a_score_names_the_record_it_rests_on(page):
    company = ScannedCompanyFactory()
    score_all()

    text = shown(page, company)

    assert "MX: contoso-com.mail.protection.outlook.com" in text
    assert "TXT: v=spf1 include:spf.protection.outlook.com -all" in text
    assert "DKIM: selector1._domainkey" in text


def test_a_score_made_before_records_were_kept_with_it_is_shown_without_them(page):
    company = ScannedCompanyFactory(
        score_breakdown={"base_score": 0, "provider": {"name": "M365", "points": 50}, "signal_points": {"spf": 10}}
    )

    assert "+50" in shown(page, company)


def test_what_would_move_a_company_is_told_by_the_rules_in_force(page):
    company = ScannedCompanyFactory(**{"provider": "Google"} | scored_as("Google", dkim=False))
    company.signals.delete()
    SignalsFactory(company=company, dkim=False, dkim_selector="")

    text = shown(page, company)

    assert "once it publishes a DKIM key: score 70 (+25), Migration instead of Cold, P2 Competitive Takeover" in text


def test_a_score_by_other_rules_is_said_to_be_one(page):
    company = ScannedCompanyFactory(rules_version="0")

    assert "scored before the rules 1 came into force" in shown(page, company)


def test_a_company_is_never_made_or_deleted_by_a_form(page):
    company = CompanyFactory()

    assert page.get(reverse("admin:leads_company_add")).status_code == 403
    assert page.post(reverse("admin:leads_company_delete", args=[company.pk])).status_code == 403


def test_a_consumer_domain_is_kept_as_it_is_compared(page):
    page.post(reverse("admin:leads_consumerdomain_add"), {"domain": "https://Müşteri.com.tr", "note": ""})

    assert ConsumerDomain.objects.filter(domain="xn--mteri-kva70e.com.tr").exists()
