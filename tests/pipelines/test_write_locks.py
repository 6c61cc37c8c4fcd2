"""What the settling of changes at Partner Center locks, and in which order (R3.6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.errors import Call, NotFound
from hunter.work.kinds import Claimed, Outcome
from leads.models import Company
from referrals.models import Referral, WriteBack
from referrals.write_kind import WriteHandler, Written
from tests.deadlock import crossed, deadlocks
from tests.factories.leads import CompanyFactory
from tests.factories.referrals import ReferralFactory, partner_center_row

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.proves("R3.6")]


def outcome(number: int, referral: Referral, *, row: Any = None, error: HunterError | None = None) -> Outcome[Written]:
    """How an act that read the referral has ended."""
    claimed = Claimed(
        item_id=number,
        kind="write_referral",
        key=referral.referral_id,
        lease=uuid4(),
        attempt=1,
        correlation=uuid4(),
        asked_by="",
    )
    now = database_now()
    return Outcome(claimed, None if error else Written(None, row), error, now, now + timedelta(seconds=1))


def settle(*outcomes: Outcome[Written]) -> None:
    with transaction.atomic():
        WriteHandler().settle(outcomes)


def locked(rows: Any) -> Any:
    return rows.select_for_update(no_key=True).get()


def test_companies_are_locked_in_order_whatever_the_order_of_their_referrals():
    lower, higher = CompanyFactory.create(domain="lower.example"), CompanyFactory.create(domain="higher.example")
    first = ReferralFactory.create(referral_id="a", company=higher, domain=higher.domain)
    second = ReferralFactory.create(referral_id="b", company=lower, domain=lower.domain)
    answers = [outcome(number, one, row=news_of(one)) for number, one in enumerate([first, second])]
    before = deadlocks()

    crossed(
        lambda: settle(*answers),
        second=lambda: locked(Company.objects.filter(pk=lower.pk)),
        first=lambda: locked(Company.objects.filter(pk=higher.pk)),
    )

    assert deadlocks() == before
    assert set(Referral.objects.values_list("name", flat=True)) == {"Newer a", "Newer b"}


def news_of(referral: Referral) -> dict[str, Any]:
    """What Partner Center says of it now."""
    team = [{"email": f"p@{referral.domain}"}]
    return partner_center_row(
        id=referral.referral_id, name=f"Newer {referral.referral_id}", customerProfile={"name": "Firm", "team": team}
    )


def test_a_referral_is_locked_before_what_is_written_of_it_as_by_a_person_who_chooses_a_status():
    referral = ReferralFactory.create()
    WriteBack.objects.create(referral=referral)
    gone = NotFound("Not there.", call=Call("partner_center", "get a referral"))
    before = deadlocks()

    crossed(
        lambda: settle(outcome(1, referral, error=gone)),
        second=lambda: locked(Referral.objects.filter(pk=referral.pk)),
        first=lambda: locked(WriteBack.objects.filter(referral=referral)),
    )

    assert deadlocks() == before
    assert WriteBack.objects.get().state == "gone"
