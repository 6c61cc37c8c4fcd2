"""Referrals that left Partner Center's list: found by a full run, asked for one by one, marked and never deleted.

Only what a full run that read to its end has not seen, and what Partner Center does not know by its id either, has
vanished (contract 4.2: it left our scope). A person without the role of a Referral Admin sees the rows of his team
only: when more are missing than may be, nothing is marked and a person is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from hunter.errors import HunterError
from hunter.work.asking import ask
from hunter.work.models import Priority
from referrals.models import Referral, SyncRun, VanishCheck
from referrals.models.sync_run import FINISHED_WELL
from referrals.services.quarantine import forget_what_left

KIND, OPERATION = "check_vanished", "look for referrals that left"
PIECE = 20  # about ten seconds at the lane's pace
FEW = 20  # so many may be missing whatever their share: of five referrals one is a fifth

# The pages of the run are the truth of what it has seen: one small row for each page, none for each referral.
# As sets, whose difference takes one pass over each, whatever the planner thinks of the size of an array.
MISSING = """
with missing as materialized (
    select id from referrals_referral where id > %(after)s and vanished_at is null and created_at < %(began)s
    except select unnest(p.created || p.updated || p.unchanged) from referrals_syncpage p where p.run_id = %(run)s)
select {what} from missing join referrals_referral r using (id)
"""
PIECE_OF_MISSING = MISSING.format(what="r.id, r.referral_id") + "order by r.id limit %(limit)s"
COUNT_OF_MISSING = MISSING.format(what="count(*)")
# One that another sync has met meanwhile is back already.
MARK = """
update referrals_referral r set vanished_at = clock_timestamp()
from (select id from referrals_referral where id = any(%(ids)s) and vanished_at is null and synced_at < %(asked)s
      order by referral_id for no key update) gone
where r.id = gone.id
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """A stored referral that no page had."""

    pk: int
    referral_id: str


class TooManyMissing(HunterError):
    """More are missing than may be: a person decides."""


def begin_check(run: SyncRun) -> None:
    """Have the referrals looked for that this full run, which has just ended, has not seen. In the caller's transaction."""
    older = SyncRun.objects.filter(account=run.account, vanish_check__in=_unfinished()).exclude(pk=run.pk)
    older.update(vanish_check=VanishCheck.OUTDATED)
    run.vanish_check = VanishCheck.WAITING
    ask(KIND, [run.account], priority=Priority.BULK)


def _unfinished() -> tuple[str, ...]:
    return (VanishCheck.WAITING, VanishCheck.CHECKING, VanishCheck.HELD)


def run_to_check(account: str) -> SyncRun | None:
    """The full run whose missing referrals are looked for."""
    runs: QuerySet[SyncRun] = SyncRun.objects.filter(account=account, state__in=FINISHED_WELL)
    return runs.filter(vanish_check__in=_unfinished()).order_by("-id").first()


def missing_from(run: SyncRun, *, limit: int) -> list[Missing]:
    """Stored referrals that no page of the run had, by key, after those that were asked for."""
    values: dict[str, Any] = {"run": run.pk, "after": run.checked_to, "began": run.started_at, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(PIECE_OF_MISSING, values)
        return [Missing(*row) for row in cursor.fetchall()]


def count_missing(run: SyncRun) -> int:
    """How many stored referrals no page of the run had."""
    values: dict[str, Any] = {"run": run.pk, "after": 0, "began": run.started_at}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_OF_MISSING, values)
        return int(cursor.fetchone()[0])


def next_piece(run: SyncRun) -> list[Missing]:
    """The next referrals to ask for; none: the check has ended. In the caller's transaction.

    Raises TooManyMissing when a person must decide first. To be asked for again after that is his word.
    """
    if run.vanish_check == VanishCheck.WAITING:
        run.missing = count_missing(run)
        stored = Referral.objects.filter(vanished_at__isnull=True).count()
        if run.missing > FEW and run.missing * 100 > stored * settings.PARTNER_CENTER_MOST_VANISHED:
            run.vanish_check = VanishCheck.HELD
            run.save(update_fields=["missing", "vanish_check"])
            raise TooManyMissing(too_many(run, stored=stored))
        forget_what_left(before=run.started_at)

    piece = missing_from(run, limit=PIECE) if run.missing else []
    run.vanish_check = VanishCheck.CHECKING if piece else VanishCheck.DONE
    run.save(update_fields=["missing", "vanish_check"])
    return piece


def too_many(run: SyncRun, *, stored: int) -> str:
    """What a person is told, and what he can do."""
    share = round(100 * run.missing / stored)
    return (
        f"{run} read everything, and {run.missing:,} of {stored:,} stored referrals ({share} %) were not in Partner "
        f"Center's list; {settings.PARTNER_CENTER_MOST_VANISHED} % may be missing (PARTNER_CENTER_MOST_VANISHED). Nothing "
        "was marked. Most likely the signed-in person is no longer a Referral Admin and sees his own team's referrals "
        "only: give the role back, then press Read everything anew under Syncs. If they really left, press Try again: "
        "each is asked for by its id, and marked as vanished where Partner Center does not know it."
    )


def take_piece(run: SyncRun, *, asked: Sequence[Missing], gone: Collection[int], since: datetime) -> int:
    """Mark what Partner Center does not know, and go on after this piece; how many were marked."""
    marked = mark_vanished(gone, asked=since)
    run.vanished += marked
    run.checked_to = max((one.pk for one in asked), default=run.checked_to)
    run.save(update_fields=["vanished", "checked_to"])
    return marked


def mark_vanished(pks: Collection[int], *, asked: datetime) -> int:
    """Mark referrals that Partner Center did not know at that moment; how many. They count for their company as before."""
    if not pks:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"ids": sorted(pks), "asked": asked})
        return int(cursor.rowcount)
