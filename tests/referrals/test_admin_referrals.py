"""A person links, creates, unlinks and reviews referrals in the admin (C5, R3.3, e.5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.work.models import Item
from leads.models import Company
from referrals.kinds import LinkOrigin, LinkStatus
from referrals.models import Referral, SyncRun
from tests.factories.leads import CompanyFactory
from tests.factories.people import administrator, staff
from tests.factories.referrals import ReferralFactory, partner_center_row
from tests.factories.work import ErrorFactory, ItemFactory


@pytest.fixture
def ayse(db):
    return administrator("ayse")


@pytest.fixture
def page(ayse) -> Client:
    client = Client()
    client.force_login(ayse)
    return client


def act(name: str) -> str:
    return reverse("admin:referrals_referral_act", args=[name])


def decision(referral: Referral, **more: str) -> dict[str, str]:
    return {"id": str(referral.pk), "confirmed": "1", "version": str(referral.version)} | more


@pytest.mark.proves("C5")
def test_a_person_links_a_referral_to_a_company(page, ayse):
    company, referral = CompanyFactory(domain="contoso.com").pk, ReferralFactory()

    text = page.post(act("link"), decision(referral, domain="contoso.com"), follow=True).content.decode()

    referral.refresh_from_db()
    assert (referral.company_id, referral.link_status, referral.linked_by) == (company, LinkStatus.LINKED, ayse)
    assert AuditEntry.objects.get(act="relink").by == ayse
    assert "is linked to contoso.com" in text


def test_a_domain_that_is_no_company_is_refused_with_the_offer_to_create_it(page):
    referral = ReferralFactory()

    text = page.post(act("link"), decision(referral, domain="contoso.com")).content.decode()

    assert "contoso.com is no company yet" in text
    assert 'value="contoso.com"' in text
    assert Referral.objects.get().company is None


@pytest.mark.proves("C5")
def test_a_person_makes_the_company_of_a_referral(page):
    referral = ReferralFactory(company_name="Lodos Ltd", raw_data=partner_center_row())

    page.post(act("create_company"), decision(referral, domain="https://www.lodos.example/"))

    assert Company.objects.get().name == "Lodos Ltd"
    assert Referral.objects.get().company == Company.objects.get()


@pytest.mark.proves("C5")
def test_a_person_takes_a_link_away(page):
    referral = ReferralFactory(company=CompanyFactory())

    page.post(act("unlink"), decision(referral, why="A namesake"))

    referral.refresh_from_db()
    assert (referral.company, referral.link_origin) == (None, LinkOrigin.PERSON)
    assert AuditEntry.objects.get(act="unlink").why == "A namesake"


@pytest.mark.proves("R3.3")
def test_a_link_chosen_on_an_old_page_is_refused(page):
    CompanyFactory(domain="contoso.com")
    referral = ReferralFactory()
    stale = decision(referral, domain="contoso.com")
    Referral.objects.filter(pk=referral.pk).update(notes="changed by a sync")

    text = page.post(act("link"), stale, follow=True).content.decode()

    assert "was changed by someone else" in text
    assert Referral.objects.get().company is None


def test_the_page_offers_candidates_and_finds_companies(page):
    CompanyFactory(domain="fabrikam.com", name="Fabrikam Gıda")
    CompanyFactory(domain="fabgroup.com", name="Fabrikam Group")
    referral = ReferralFactory(domain="fabrikam.com", raw_data=partner_center_row(), company_name="Fabrikam Gıda A.Ş.")

    plain = page.get(act("link"), {"id": referral.pk}).content.decode()
    searched = page.get(act("link"), {"id": referral.pk, "q": "fabrikam gr"}).content.decode()

    assert "the domain the referral names; name" in plain
    assert "fabgroup.com" not in plain
    assert "fabgroup.com" in searched


def test_after_a_choice_the_next_one_to_review_opens(page):
    CompanyFactory(domain="contoso.com")
    clear, first = (
        ReferralFactory(),
        ReferralFactory(link_status=LinkStatus.MULTI_CANDIDATE, candidates=["a.com", "b.com"]),
    )

    opened = page.get(act("link"), {"review": "1"})
    response = page.post(act("link"), decision(first, domain="contoso.com", review="1"))

    assert f"id={first.pk}&" in opened.url
    assert f"id={clear.pk}&" in response.url


def test_when_nothing_is_left_to_review_the_list_opens(page):
    CompanyFactory(domain="contoso.com")
    last = ReferralFactory()

    response = page.post(act("link"), decision(last, domain="contoso.com", review="1"), follow=True)

    assert response.request["PATH_INFO"] == reverse("admin:referrals_referral_changelist")


def test_what_a_person_left_without_a_company_is_not_asked_for_again(page):
    ReferralFactory(link_origin=LinkOrigin.PERSON, link_status=LinkStatus.UNLINKED)
    waiting = ReferralFactory()

    shown = page.get(reverse("admin:referrals_referral_changelist"), {"review": "1"}).context["cl"].result_list

    assert [row.pk for row in shown] == [waiting.pk]


def test_who_may_only_look_is_not_let_to_link(client, db):
    client.force_login(staff("referrals.view_referral"))
    referral = ReferralFactory()

    assert client.post(act("link"), decision(referral, domain="contoso.com")).status_code == 403
    assert "formaction" not in client.get(reverse("admin:referrals_referral_changelist")).content.decode()


def test_the_time_line_says_where_the_lead_stands(page):
    referral = ReferralFactory(company=CompanyFactory())

    text = page.get(reverse("admin:referrals_referral_change", args=[referral.pk])).content.decode()

    assert text.count("(stands here)") == 1
    assert text.index("Scanned and scored") < text.index("(stands here)") < text.index("Pushed to")


@pytest.mark.proves("C4")
def test_sync_now_asks_for_a_sync(page, settings):
    settings.PARTNER_CENTER_ENABLED = True

    page.post(reverse("admin:referrals_syncrun_act", args=["sync_now"]))

    assert SyncRun.objects.get().asked_by == "ayse"
    assert Item.objects.get(kind="sync_referrals").asked_by == "ayse"


def test_a_service_that_is_off_says_how_it_is_switched_on(page, settings):
    settings.PARTNER_CENTER_ENABLED = False

    text = page.post(reverse("admin:referrals_syncrun_act", args=["sync_now"]), follow=True).content.decode()

    assert "Set PARTNER_CENTER_ENABLED" in text


def test_a_sync_that_waits_for_its_next_try_says_when_and_why(page):
    run = SyncRun.objects.create(account="tenant-1", mode="full")
    ItemFactory(
        kind="sync_referrals", key="tenant-1", lane="partner_center", dead_at=None,
        due_at=timezone.now() + timedelta(minutes=3),
    )  # fmt: skip
    ErrorFactory(
        kind="sync_referrals", key="tenant-1", service="partner_center", gave_up=False,
        message="Partner Center answered 503 to list referrals.",
    )  # fmt: skip

    listed = page.get(reverse("admin:referrals_syncrun_changelist")).content.decode()
    opened = page.get(reverse("admin:referrals_syncrun_change", args=[run.pk])).content.decode()

    assert ">waiting<" in listed
    assert "next try" in listed
    assert "Partner Center answered 503 to list referrals." in opened
