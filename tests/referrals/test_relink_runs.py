"""Many referrals linked at once: each fenced and audited, none stopping another, resumable, undone by one click."""

from __future__ import annotations

from typing import Any

import pytest

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from leads.models import Company
from referrals.kinds import LinkOrigin
from referrals.models import LinkMove, Referral, RelinkRun, RelinkTarget
from referrals.services.relink_runs import RelinkCounts, RelinkWish, go_on, relink_many, undo_run
from tests.factories.leads import CompanyFactory
from tests.factories.people import UserFactory
from tests.factories.referrals import ReferralFactory, partner_center_row

pytestmark = pytest.mark.django_db

TO_CONTOSO = RelinkWish(RelinkTarget.DOMAIN, domain="https://www.contoso.com/", why="one group")


def waiting(count: int, **values: Any) -> list[Referral]:
    return [ReferralFactory.create(raw_data=partner_center_row(), **values) for _ in range(count)]


def relink(wish: RelinkWish, by: Any = None) -> RelinkCounts:
    return relink_many(Referral.objects.all(), wish=wish, about="all", by=by)


@pytest.mark.proves("R3.3")
def test_one_that_changed_meanwhile_is_refused_and_stops_no_other():
    contoso, ayse = CompanyFactory.create(domain="contoso.com"), UserFactory(username="ayse")
    first, second, third = waiting(3)
    run = RelinkRun.objects.create(target="domain", domain="contoso.com", by=ayse, total=3)
    for one in (first, second, third):
        run.entries.create(referral=one, version=one.version)
    Referral.objects.filter(pk=second.pk).update(notes="changed by a sync")

    go_on(run)

    assert (run.changed, run.refused) == (2, 1)
    assert run.entries.get(referral=second).reason.startswith(f"referral {second} was changed by someone else")
    assert set(Referral.objects.filter(company=contoso)) == {first, third}
    assert set(AuditEntry.objects.filter(act="relink").values_list("by", flat=True)) == {ayse.pk}
    assert AuditEntry.objects.filter(act="relink").count() == 2


def test_all_go_to_one_company_and_those_that_are_there_are_left_alone():
    contoso = CompanyFactory.create(domain="contoso.com")
    waiting(2)
    waiting(1, company=contoso, link_origin=LinkOrigin.PERSON)

    counts = relink(TO_CONTOSO)

    assert counts.as_dict() == {"run": counts.run.pk, "total": 3, "changed": 2, "unchanged": 1, "refused": 0}
    assert counts.run.finished_at is not None
    assert set(LinkMove.objects.values_list("why", flat=True)) == {"one group"}


def test_each_goes_to_its_best_candidate():
    CompanyFactory.create(domain="lodos.com", name="Lodos Lojistik")
    known = waiting(1, company_name="Lodos Lojistik A.Ş.")[0]
    unknown = waiting(1, company_name="Poyraz Tekstil")[0]

    counts = relink(RelinkWish(RelinkTarget.BEST))

    known.refresh_from_db()
    assert known.company == Company.objects.get(domain="lodos.com")
    refused = counts.run.entries.get(referral=unknown)
    assert refused.reason.startswith("None of its candidates is a company yet. Choose it by hand")


def test_each_goes_to_the_company_of_its_own_domain_which_is_made():
    one, two = waiting(2, domain="contoso.com", company_name="Contoso Ltd", link_status="multi_candidate")
    private = waiting(1, domain="gmail.com", link_status="multi_candidate")[0]

    counts = relink(RelinkWish(RelinkTarget.OWN))

    company = Company.objects.get()
    assert (company.domain, company.name) == ("contoso.com", "Contoso Ltd")
    assert set(Referral.objects.filter(company=company)) == {one, two}
    assert "mail domain of private persons" in counts.run.entries.get(referral=private).reason


def test_all_are_left_without_a_company():
    referral = waiting(1, company=CompanyFactory.create(domain="contoso.com"))[0]

    relink(RelinkWish(RelinkTarget.NONE))

    referral.refresh_from_db()
    assert (referral.company, referral.link_origin) == (None, "person")


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        pytest.param("nobody.com", "is no company yet", id="no company"),
        pytest.param("gmail.com", "mail domain of private persons", id="private persons' mail domain"),
        pytest.param("no domain", "is no domain", id="no domain"),
    ],
)
def test_nothing_begins_towards(domain, words):
    CompanyFactory.create(domain="gmail.com")
    waiting(1)

    with pytest.raises(HunterError, match=words):
        relink(RelinkWish(RelinkTarget.DOMAIN, domain=domain))

    assert not RelinkRun.objects.exists()


@pytest.mark.proves("R1.9")
def test_a_run_that_was_interrupted_goes_on_where_it_stopped():
    CompanyFactory.create(domain="contoso.com")
    run = RelinkRun.objects.create(target="domain", domain="contoso.com", total=5)
    for one in waiting(5):
        run.entries.create(referral=one, version=one.version)

    ended = [go_on(run, page_size=2)]
    again = RelinkRun.objects.get(pk=run.pk)
    ended += [go_on(again, page_size=2), go_on(again, page_size=2)]

    assert ended == [False, False, True]
    assert (again.changed, LinkMove.objects.count()) == (5, 5)


def test_a_whole_run_is_undone_but_for_what_somebody_decided_since():
    CompanyFactory.create(domain="contoso.com")
    first, second = waiting(2, link_status="multi_candidate", candidates=["a.com", "b.com"])
    run = relink(TO_CONTOSO).run
    relink_many(Referral.objects.filter(pk=second.pk), wish=RelinkWish(RelinkTarget.NONE), about="one", by=None)

    counts = undo_run(run, by=None)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.link_status, first.link_origin, first.candidates) == (
        "multi_candidate",
        "automatic",
        ["a.com", "b.com"],
    )
    assert (second.link_status, second.link_origin) == ("unlinked", "person")
    assert (counts.run.changed, counts.run.refused) == (1, 1)
    with pytest.raises(HunterError, match="undone already"):
        undo_run(run, by=None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.proves("R1.11")
def test_a_large_run_is_worked_off_by_the_ledger():
    CompanyFactory.create(domain="contoso.com")
    waiting(7)

    counts = relink_many(Referral.objects.all(), wish=TO_CONTOSO, about="all", by=None, at_once=3)
    assert (counts.run.finished_at, counts.run.changed) == (None, 0)
    Drainer(LaneName.HUNTER).run()

    counts.run.refresh_from_db()
    assert counts.run.changed == 7
    assert counts.run.finished_at is not None
