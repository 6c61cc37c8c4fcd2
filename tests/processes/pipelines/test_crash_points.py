"""SIGKILL at every crash point of a sync, scan, push and pull: another process goes on, and the books balance (R1.9, R1.10)."""

from __future__ import annotations

import pytest

from tests.processes.pipelines import books, works
from tests.processes.pipelines.works import Work
from tests.processes.running import KILLED

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

LEDGER = (
    "{kind}.before_claim_commit",
    "{kind}.after_claim_commit",
    "{kind}.before_settle",
    "{kind}.before_settle_commit",
    "{kind}.after_settle_commit",
)
SIGN_IN = (
    "entra.openid-configuration.before",
    "entra.openid-configuration.after",
    "entra.token.before",
    "entra.token.after",
)
POINTS: list[tuple[Work, tuple[str, ...]]] = [
    (works.SYNC, tuple(point.format(kind="sync_referrals") for point in LEDGER)),
    (works.SYNC, tuple(f"{point.format(kind='sync_referrals')}:2" for point in LEDGER)),
    (works.SYNC, ("sync_referrals.before_write:2", "sync_referrals.before_settle_commit:3", *SIGN_IN)),
    (works.SYNC, tuple(f"partner_center.list referrals.{when}" for when in ("before", "after", "before:2", "after:3"))),
    (works.SYNC, ("sync_referrals.after_settle_commit:3", "partner_center.list referrals.before:3")),
    (works.RECONCILE, tuple(point.format(kind="check_vanished") for point in LEDGER)),
    (works.RECONCILE, tuple(f"{point.format(kind='check_vanished')}:2" for point in LEDGER)),
    (works.RECONCILE, tuple(f"partner_center.get a referral.{when}" for when in ("before", "after:7", "before:21"))),
    (works.SCAN, tuple(point.format(kind="scan") for point in LEDGER)),
    (works.SCAN, tuple(f"dns.lookup.{when}" for when in ("before", "after", "before:60", "after:60"))),
    (works.SCAN, tuple(f"rdap.domain.{when}" for when in ("before", "after", "after:6"))),
    (works.SCAN, tuple(f"whois.query.{when}" for when in ("before", "after", "after:4"))),
    (works.PUSH, tuple(point.format(kind="push_dynamics365") for point in LEDGER)),
    (works.PUSH, tuple(f"{point.format(kind='push_dynamics365')}:2" for point in LEDGER)),
    (works.PUSH, SIGN_IN[2:]),
    (works.PUSH, tuple(f"dynamics365.describe.{when}" for when in ("before", "after", "before:2", "after:8"))),
    (works.PUSH, tuple(f"dynamics365.locate.{when}" for when in ("before", "after"))),
    (works.PUSH, tuple(f"dynamics365.create.{when}" for when in ("before", "after", "before:6", "after:6"))),
    (works.PUSH, tuple(f"dynamics365.change.{when}" for when in ("before", "after"))),
    (works.PUSH_CHANGES, tuple(f"dynamics365.change.{when}" for when in ("before", "after", "before:6", "after:6"))),
    (works.PUSH_CHANGES, tuple(point.format(kind="push_dynamics365") for point in LEDGER)),
    (works.PUSH_CHANGES_TAKEN_BACK, ("dynamics365.change.before:6", "dynamics365.change.after:6")),
    (works.REMAP, tuple(point.format(kind="remap_leads") for point in LEDGER[:2])),
    (works.REMAP, ("remap_leads.after_claim_commit:2", "remap_leads.before_claim_commit:2")),
    (works.PUSH_CONFLICTS, tuple(f"dynamics365.read.{when}" for when in ("before", "after", "before:6", "after:6"))),
    (works.PUSH_CONFLICTS, ("push_dynamics365.before_settle_commit", "dynamics365.change.after:13")),
    (works.PUSH_MERGED, tuple(f"dynamics365.{when}" for when in ("read.after:6", "locate.after"))),
    (works.PUSH_MERGED, ("push_dynamics365.before_settle_commit:2", "dynamics365.change.after:15")),
    (works.VERIFY, ("push_dynamics365.before_settle_commit", "dynamics365.locate.after", "dynamics365.change.after:6")),
    (works.PULL, tuple(point.format(kind="pull_dynamics365") for point in LEDGER)),
    (
        works.PULL,
        ("pull_dynamics365.before_settle_commit:2", "dynamics365.changes.after", "dynamics365.changes.after:2"),
    ),
]
TABLE = [pytest.param(work, point, id=f"{work}: {point}") for work, points in POINTS for point in points]
TWICE = [
    pytest.param(work, point, id=f"{work}: {point}")
    for work, point in [
        (works.SYNC, "partner_center.list referrals.after:2"),
        (works.SYNC, "sync_referrals.before_settle_commit"),
        (works.SCAN, "dns.lookup.after:60"),
        (works.SCAN, "scan.before_settle_commit"),
        (works.PUSH, "dynamics365.create.after"),
        (works.PUSH, "push_dynamics365.before_settle_commit"),
        (works.PUSH_CHANGES, "dynamics365.change.after"),
        (works.PUSH_CHANGES, "push_dynamics365.after_claim_commit"),
    ]
]


@pytest.mark.proves("R1.1", "R1.9", "R1.10", "R3.1")
@pytest.mark.fault(1, 2, 3, 7)
@pytest.mark.parametrize(("work", "point"), TABLE)
def test_the_books_balance_after_a_kill_at(work, point, sandbox, begin):
    work.prepare(sandbox)
    killed = begin(*work.command.split(), HUNTER_CRASH_AT=point)
    assert killed.wait() == KILLED, killed.words

    work.between()
    books.let_time_pass()
    work.go_on()

    work.balance(sandbox)


@pytest.mark.proves("R1.1", "R1.9", "R1.10", "R3.1")
@pytest.mark.fault(1, 2, 3, 7)
@pytest.mark.parametrize(("work", "point"), TWICE)
def test_the_books_balance_after_two_kills_in_a_row_at(work, point, sandbox, begin):
    work.prepare(sandbox)
    for command in [work.command.split(), ["drain", work.lane]]:
        killed = begin(*command, HUNTER_CRASH_AT=point)
        assert killed.wait() == KILLED, killed.words
        books.let_time_pass()

    work.between()
    work.go_on()

    work.balance(sandbox)


@pytest.mark.proves("R1.9", "R1.10")
@pytest.mark.fault(1, 24)
@pytest.mark.parametrize("point", ["sync_referrals.after_settle_commit:2", "partner_center.list referrals.after:2"])
def test_a_sync_killed_at_a_page_whose_place_has_expired_meanwhile_goes_on_behind_what_it_has_read(
    point, sandbox, begin
):
    works.has_pages(sandbox)
    killed = begin("sync_referrals", HUNTER_CRASH_AT=point)
    assert killed.wait() == KILLED, killed.words
    sandbox.control.edit("partner-center", {"expire_skiptokens": True})
    books.let_time_pass()

    works.sync_on()

    books.sync_is_complete(sandbox)
