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
from referrals.reading import read_referral
from referrals.services.ingesting import PageCounts, ingest_page, link_referrals
from referrals.services.linking import relink_referral
from referrals.services.storing import upsert_referrals
from tests.deadlock import WAITING_FOR_ME, count_of
from tests.factories.leads import CompanyFactory
from tests.factories.referrals import ReferralFactory, partner_center_row
from tests.threads import at_once
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

PAGE = 300


def page(email: str) -> list[dict[str, Any]]:
    """Rows with that address; {n} in it goes through thirty firms."""
    return [
        partner_center_row(id=f"r-{n}", customerProfile={"name": "Firm", "team": [{"email": email.format(n=n % 30)}]})
        for n in range(PAGE)
    ]


def in_own_transaction(act: Callable[[], Any]) -> None:
    try:
        with transaction.atomic():
            act()
    finally:
        connection.close()


def ingest(rows: Sequence[Any]) -> PageCounts:
    with transaction.atomic():
        return ingest_page(rows, consumer_domains=frozenset())[1]


@pytest.mark.proves("R3.1", "R3.2", "R3.6")
@pytest.mark.fault(29)
@pytest.mark.parametrize(
    ("email", "companies"),
    [
        pytest.param("a@firm{n}.com", 30, id="with companies to make"),
        pytest.param("", 0, id="without companies, whose locks would keep them in a row"),
    ],
)
def test_two_syncs_that_meet_on_a_page_leave_no_duplicate_and_do_its_work_once(email, companies):
    rows = page(email)

    counts = at_once(lambda: ingest(rows), lambda: ingest(rows[::-1]))

    assert sum(one.created for one in counts) == PAGE
    assert all(one.created + one.updated + one.unchanged == PAGE for one in counts)
    assert Referral.objects.count() == PAGE
    assert Company.objects.count() == companies
    assert RawLead.objects.count() == (PAGE if companies else 0)
    assert set(Referral.objects.values_list("version", flat=True)) == {1}


@pytest.mark.proves("R3.6")
@pytest.mark.fault(29)
def test_rows_are_locked_in_the_order_of_their_ids_whatever_their_order_on_the_page():
    first, second = (read_referral(partner_center_row(id=name), consumer_domains=frozenset()).fields for name in "ab")
    other = threading.Thread(target=in_own_transaction, args=[lambda: upsert_referrals([second, first])])

    with transaction.atomic():
        upsert_referrals([first])
        other.start()
        until(lambda: count_of(WAITING_FOR_ME), what="the other's wait for our lock")
        upsert_referrals([second])
    other.join(timeout=PATIENCE)

    assert Referral.objects.count() == 2


@pytest.mark.proves("R3.1", "R3.2")
def test_a_company_that_somebody_made_meanwhile_hears_what_the_page_tells_of_it():
    (row,) = page("a@firm.com")[:1]
    sync = threading.Thread(target=in_own_transaction, args=[lambda: ingest([row])])

    with transaction.atomic():
        CompanyFactory.create(domain="firm.com", name="Firma", contact_emails=[])
        sync.start()
        until(lambda: count_of(WAITING_FOR_ME), what="the other's wait for our lock")
    sync.join(timeout=PATIENCE)

    company = Company.objects.get()
    assert (company.name, company.contact_emails) == ("Firma", ["a@firm.com"])


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
