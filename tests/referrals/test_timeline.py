"""One time line for one referral, from the page it came on to the confirmed lead (admin pages: a referral's page)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hunter.work.models import Item
from referrals.client import Page
from referrals.models import Referral
from referrals.services import runs
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.factories.people import UserFactory
from tests.factories.referrals import ReferralFactory, partner_center_row

pytestmark = pytest.mark.django_db

STEPS = ["Arrived", "Domain read", "Linked", "Scanned", "Scored", "Pushed to Dynamics 365", "Confirmed in the CRM"]


@pytest.fixture
def shown():
    """What the time line of a referral says: each step's title, whether it is reached or stands there, and its words."""
    client = Client()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))

    def of(referral):
        page = client.get(reverse("admin:referrals_referral_change", args=[referral.pk])).content.decode()
        steps = re.findall(r'<li class="(h-reached|h-stands|)">(.*?)</li>', page, flags=re.DOTALL)
        texts = [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for _, text in steps]
        return [(state.removeprefix("h-"), text[2:]) for (state, _), text in zip(steps, texts, strict=True)]

    return of


def titles(steps):
    return [next(title for title in STEPS if text.startswith(title)) for _, text in steps]


def test_it_says_on_which_page_of_which_sync_the_referral_came(shown):
    run = runs.open_run("partner_center", runs.Wish(full=True))
    runs.take_page(run, Page((partner_center_row(id="a"),), "next"), consumer_domains=frozenset())
    runs.take_page(run, Page((partner_center_row(id="b"),), ""), consumer_domains=frozenset())

    for number, name in enumerate("ab", 1):
        (state, text), *_ = shown(Referral.objects.get(referral_id=name))
        assert (state, text.startswith(f"Arrived on page {number} of sync {run.pk}")) == ("reached", True)


def test_a_referral_whose_page_is_kept_no_more_came_from_partner_center(shown):
    assert shown(ReferralFactory.create())[0][1].startswith("Arrived from Partner Center")


def test_all_steps_are_there_from_the_first_day_on_and_one_is_marked(shown):
    steps = shown(ReferralFactory.create())

    assert titles(steps) == STEPS
    assert [state for state, _ in steps] == ["reached", "stands", "", "", "", "", ""]


def test_a_company_that_waits_for_its_scan_says_when_it_is_tried_next(shown):
    company = CompanyFactory.create(domain="contoso.com", scan_status="dns_timeout")
    Item.objects.create(
        kind="scan", key="contoso.com", lane="dns", attempts=2, due_at=timezone.now() + timedelta(hours=1)
    )

    steps = shown(ReferralFactory.create(company=company, domain="contoso.com"))

    (stands,) = [text for state, text in steps if state == "stands"]
    assert stands.startswith("Scanned (stands here) DNS did not answer, 2 tries so far · next try")


def test_a_confirmed_lead_has_reached_every_step(shown):
    company = ScannedCompanyFactory.create(domain="contoso.com")
    CrmRecordFactory.create(company=company, in_step=True, last_result="created", last_result_at=timezone.now())

    steps = shown(ReferralFactory.create(company=company, domain="contoso.com"))

    assert [state for state, _ in steps] == ["reached"] * len(STEPS)
    assert "score" in dict(zip(STEPS, (text for _, text in steps), strict=True))["Scored"]
