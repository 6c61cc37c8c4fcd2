"""A bulk relink that is killed goes on where it stopped: each link is moved once and audited once (R1.9, R1.10, R3.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Count, F

from hunter.audit.models import AuditEntry
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from leads.models import Company
from referrals.kinds import LinkOrigin
from referrals.models import LinkMove, Referral, RelinkEntry, RelinkRun, RelinkTarget
from referrals.services.linking import relink_referral
from referrals.services.relink_runs import PAGE, RELINK_REFERRALS, RelinkWish, relink_many, undo_run
from tests.factories.leads import CompanyFactory
from tests.factories.people import UserFactory
from tests.factories.referrals import ReferralFactory, partner_center_row
from tests.processes.pipelines.books import let_time_pass
from tests.processes.running import KILLED, LONGEST_RUN, run

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

MANY = 2 * PAGE + 20  # three pages
DRAIN = ("drain", "hunter")
POINTS = ["before_entries", "before_entries:3", "before_claim_commit:2", "after_claim_commit", "after_claim_commit:3"]


@pytest.fixture
def relink() -> RelinkRun:
    """A run over three pages, asked for by Ayse; one of its referrals was linked elsewhere by a person since."""
    CompanyFactory.create(domain="contoso.com")
    for _ in range(MANY):
        ReferralFactory.create(raw_data=partner_center_row(azureTenantId="tenant-1"), azure_tenant_id="tenant-1")
    wish = RelinkWish(RelinkTarget.DOMAIN, domain="contoso.com", why="one group")
    started = relink_many(
        Referral.objects.all(), wish=wish, about="all", by=UserFactory(username="ayse"), at_once=0
    ).run
    chosen = Referral.objects.order_by("pk")[PAGE]
    relink_referral(chosen, to=CompanyFactory.create(domain="fabrikam.com"), by=UserFactory(username="ben"))
    return started


def killed_and_taken_up(point: str) -> None:
    """The process that works is killed there; another one goes on to the end."""
    killed = run(*DRAIN, HUNTER_CRASH_AT=f"{RELINK_REFERRALS}.{point}")
    assert killed.returncode == KILLED, killed.stderr
    let_time_pass()
    work_off()


def work_off() -> None:
    """The newest run is worked to its end, in this process."""

    def has_ended() -> bool:
        return RelinkRun.objects.latest("id").finished_at is not None

    Drainer(LaneName.HUNTER, until=has_ended, budget=timedelta(seconds=LONGEST_RUN)).run()


def moves_by(name: str) -> dict[int, int]:
    """How often that person moved the link of each referral."""
    moved = LinkMove.objects.filter(by__username=name).values("referral_id").annotate(times=Count("pk"))
    return dict(moved.values_list("referral_id", "times"))


def the_work_is_done(done: RelinkRun) -> None:
    done.refresh_from_db()
    assert done.finished_at is not None
    assert not done.entries.filter(state=RelinkEntry.State.WAITING).exists()
    assert not Item.objects.filter(kind=RELINK_REFERRALS).exclude(served=F("requested"), lease=None).exists()
    assert not ErrorRecord.objects.unsettled().exists()


@pytest.mark.proves("R1.9", "R1.10", "R3.3")
@pytest.mark.fault(1, 3)
@pytest.mark.parametrize("point", POINTS)
def test_each_link_is_moved_once_and_audited_once_after_a_kill(relink, point):
    killed_and_taken_up(point)

    the_work_is_done(relink)
    assert (relink.changed, relink.unchanged, relink.refused) == (MANY - 1, 0, 1)
    linked = Referral.objects.filter(company__domain="contoso.com", link_origin=LinkOrigin.PERSON)
    assert linked.count() == MANY - 1
    assert moves_by("ayse") == dict.fromkeys(linked.values_list("pk", flat=True), 1)
    by_her = AuditEntry.objects.filter(by__username="ayse")
    assert by_her.filter(act="relink").count() == MANY - 1
    assert by_her.filter(act="relink many").count() == 1
    assert Referral.objects.filter(company__domain="fabrikam.com", linked_by__username="ben").count() == 1
    assert Company.objects.get(domain="contoso.com").azure_tenant_id == "tenant-1"


@pytest.mark.proves("R1.9", "R3.3")
def test_an_undo_of_all_of_them_survives_a_kill_too(relink):
    work_off()
    back = undo_run(RelinkRun.objects.get(pk=relink.pk), by=UserFactory(username="cem")).run

    killed_and_taken_up("before_entries:2")

    the_work_is_done(back)
    assert (back.changed, back.refused) == (MANY - 1, 0)
    assert set(moves_by("cem").values()) == {1}
    assert Referral.objects.filter(company=None, link_origin=LinkOrigin.AUTOMATIC).count() == MANY - 1
    assert Referral.objects.filter(company__domain="fabrikam.com", linked_by__username="ben").count() == 1
