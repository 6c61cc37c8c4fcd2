"""Which waiting referrals a person can decide on: looked for anew in turn, at no cost to the referral itself (e.5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from referrals.models import Referral, ReferralHint
from referrals.services.hints import AGAIN_AFTER, due_for_a_look, look_for_candidates
from tests.factories.leads import CompanyFactory
from tests.factories.referrals import ReferralFactory, partner_center_row

pytestmark = pytest.mark.django_db


def test_a_referral_without_a_domain_needs_a_person_once_a_company_looks_like_it():
    CompanyFactory.create(domain="lodos.com", name="Lodos Lojistik")
    alike = ReferralFactory.create(company_name="Lodos Lojistik A.Ş.", raw_data=partner_center_row())
    unknown = ReferralFactory.create(company_name="Poyraz Tekstil", raw_data={"id": "r-2"})
    assert set(Referral.objects.without_clue()) == {alike, unknown}

    look_for_candidates(timezone.now())

    assert list(Referral.objects.to_review()) == [alike]
    assert list(Referral.objects.without_clue()) == [unknown]
    assert (alike.hint.best_domain, alike.hint.found) == ("lodos.com", 1)


@pytest.mark.proves("R3.2")
def test_a_look_raises_no_version():
    referral = ReferralFactory.create(raw_data=partner_center_row())

    look_for_candidates(timezone.now())

    assert Referral.objects.get().version == referral.version
    assert ReferralHint.objects.count() == 1


def test_it_is_looked_at_again_when_it_changed_or_after_a_while():
    CompanyFactory.create()
    referral = ReferralFactory.create(raw_data=partner_center_row())
    now = timezone.now() + timedelta(seconds=1)
    look_for_candidates(now)
    assert not due_for_a_look(now).exists()

    assert due_for_a_look(now + AGAIN_AFTER + timedelta(seconds=1)).get() == referral
    ReferralHint.objects.update(looked_at=referral.updated_at - timedelta(seconds=1))
    assert due_for_a_look(now).get() == referral


def test_what_has_a_company_vanished_or_was_left_without_one_by_a_person_is_not_looked_at():
    ReferralFactory.create(company=CompanyFactory.create())
    ReferralFactory.create(link_origin="person", link_status="unlinked")
    ReferralFactory.create(link_status="multi_candidate", candidates=["a.com", "b.com"])
    ReferralFactory.create(vanished_at=timezone.now())

    assert look_for_candidates(timezone.now()) == 0


def test_a_page_is_the_longest_unseen_first():
    seen, never = (ReferralFactory.create(raw_data=partner_center_row()) for _ in range(2))
    ReferralHint.objects.create(referral=seen, looked_at=seen.updated_at - timedelta(hours=1))

    assert look_for_candidates(timezone.now(), most=1) == 1

    assert ReferralHint.objects.filter(referral=never).exists()
