"""Two that write the same referrals at once: nothing twice, nothing lost, nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection, transaction

from leads.models import Company, RawLead
from referrals.kinds import LinkOrigin, LinkStatus
from referrals.link_rules import AutomaticLink
from referrals.models import Referral
from referrals.services.ingesting import PageCounts, ingest_page, link_referrals
from referrals.services.linking import relink_referral
from tests.factories.leads import CompanyFactory
from tests.factories.referrals import ReferralFactory, partner_center_row

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ROWS = [
    partner_center_row(id=f"r-{n}", customerProfile={"name": f"Firm {n}", "team": [{"email": f"a@firm{n % 30}.com"}]})
    for n in range(60)
]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads of their own, each with its own connection, all from one start."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=10)
            results[number] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number, act]) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def ingest(rows: Sequence[Any]) -> PageCounts:
    with transaction.atomic():
        return ingest_page(rows, consumer_domains=frozenset())[1]


@pytest.mark.proves("R3.1", "R3.2", "R3.6")
@pytest.mark.fault(29)
def test_two_syncs_that_meet_on_a_page_leave_no_duplicate_and_do_its_work_once():
    counts = at_once(lambda: ingest(ROWS), lambda: ingest(ROWS[::-1]))

    assert sum(one.created for one in counts) == len(ROWS)
    assert all(one.created + one.updated + one.unchanged == len(ROWS) for one in counts)
    assert Referral.objects.count() == RawLead.objects.count() == len(ROWS)
    assert Company.objects.count() == 30
    assert set(Referral.objects.values_list("version", flat=True)) == {2}


@pytest.mark.proves("R3.3")
def test_a_link_decided_by_a_sync_comes_too_late_when_a_person_has_set_one_meanwhile():
    automatic, chosen = CompanyFactory.create(domain="auto.example"), CompanyFactory.create(domain="chosen.example")
    referral = ReferralFactory.create(referral_id="r-1", domain="auto.example")
    relink_referral(referral, to=chosen, by=None)

    with transaction.atomic():
        link_referrals(
            {"r-1": AutomaticLink(LinkStatus.AUTO_LINKED, "auto.example")}, companies={"auto.example": automatic}
        )

    referral.refresh_from_db()
    assert (referral.company, referral.link_origin) == (chosen, LinkOrigin.PERSON)
