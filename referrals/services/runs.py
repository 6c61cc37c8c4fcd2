"""Runs of the sync: started or joined, taken forward page by page, ended (ledger: sync)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.work.asking import ask
from hunter.work.models import Item, Priority
from referrals.client import Page
from referrals.models import SyncMode, SyncRun, SyncState
from referrals.services.ingesting import PageCounts, ingest_page
from referrals.services.planning import PagePlan

KIND, OPERATION = "sync_referrals", "sync referrals"
OVERLAP = timedelta(minutes=15)  # rows move between pages while they are read, and clocks differ
MOST_RESTARTS = 3


class NotEnabled(HunterError):
    """Partner Center is switched off in this installation."""

    def __init__(self) -> None:
        super().__init__(
            "Partner Center is not enabled. Set PARTNER_CENTER_ENABLED and its settings in the environment or in .env.",
            field="PARTNER_CENTER_ENABLED",
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person or the schedule wants read; neither full nor since: what changed since the last good run."""

    full: bool = False
    since: datetime | None = None

    @property
    def is_plain(self) -> bool:
        return not self.full and self.since is None


@dataclass(frozen=True, slots=True)
class Joined:
    """The run that goes on, and whether it was going on already."""

    run: SyncRun
    joined: bool


def account() -> str:
    """The account whose referrals are read: one sync of it at a time."""
    return settings.PARTNER_CENTER_TENANT_ID or "partner_center"


def check_enabled() -> None:
    """Raises NotEnabled where the service is off."""
    if not settings.PARTNER_CENTER_ENABLED:
        raise NotEnabled


@transaction.atomic
def start_sync(wish: Wish, *, asked_by: str = "", priority: Priority = Priority.PERSON) -> Joined:
    """Start a run and ask for its work; where one goes on, that one, with its back-off cut short (R3.2)."""
    check_enabled()
    name = account()
    before = SyncRun.objects.running(name).first()
    run = before or open_run(name, wish, asked_by=asked_by)
    is_held = Item.objects.filter(kind=KIND, key=name, lease__isnull=False).exists()
    if before is None or not is_held:
        ask(KIND, [name], priority=priority, asked_by=asked_by)
    return Joined(run, joined=before is not None)


def open_run(name: str, wish: Wish, *, asked_by: str = "", correlation: UUID | None = None) -> SyncRun:
    """The running run of the account: a new one by the wish, or the one that another process has just started."""
    since = since_of(wish, watermark=last_watermark(name))
    fresh = SyncRun(
        account=name,
        mode=SyncMode.INCREMENTAL if since else SyncMode.FULL,
        since=since,
        asked_by=asked_by,
        correlation=correlation,
    )
    SyncRun.objects.bulk_create([fresh], ignore_conflicts=True)
    run = SyncRun.objects.running(name).first()
    return run or open_run(name, wish, asked_by=asked_by, correlation=correlation)  # another's run ended in between


def since_of(wish: Wish, *, watermark: datetime | None) -> datetime | None:
    """From which change on is read; None is everything."""
    if wish.since or wish.full or watermark is None:
        return wish.since
    return watermark - OVERLAP


def last_watermark(name: str) -> datetime | None:
    """Up to which change everything was read; None before the first good run."""
    newest = SyncRun.objects.good(name).first()
    return newest.watermark if newest else None


def take_page(run: SyncRun, page: Page, *, consumer_domains: frozenset[str]) -> bool:
    """Write a page and the checkpoint behind it; whether it was the last one. In the caller's transaction."""
    if page.next_link and page.next_link == run.cursor:
        return restart(run, reason="Partner Center's list leads back to the same page again and again.")
    plan, counts = ingest_page(page.rows, consumer_domains=consumer_domains)
    _add(run, counts, plan=plan)
    run.pages += 1
    run.cursor = page.next_link
    if not page.next_link:
        _finish(run)
    run.save()
    return not page.next_link


def restart(run: SyncRun, *, reason: str) -> bool:
    """Read from the beginning, because the place in the list is no longer good; what is stored is unchanged then.

    Ends the run as failed when that happens again and again. Always False: the last page was not read.
    """
    if run.restarts >= MOST_RESTARTS:
        raise HunterError(f"{reason} The sync began anew {MOST_RESTARTS} times; try again later with a new run.")
    run.restarts += 1
    run.cursor = ""
    run.save()
    return False


def fail_run(run: SyncRun, *, error: HunterError) -> None:
    """End the run; what it has stored stays, and the next run begins where the last good one did."""
    run.state, run.finished_at, run.error = SyncState.FAILED, database_now(), error.message
    run.save()


def _add(run: SyncRun, counts: PageCounts, *, plan: PagePlan) -> None:
    for name in ("fetched", "created", "updated", "unchanged", "linked", "unlinked", "failed"):
        setattr(run, name, getattr(run, name) + getattr(counts, name))
    for reason, count in counts.skipped.items():
        run.skipped[reason] = run.skipped.get(reason, 0) + count
    run.newest_seen = max(filter(None, (run.newest_seen, plan.newest)), default=None)


def _finish(run: SyncRun) -> None:
    run.state = SyncState.DONE_WITH_ERRORS if run.failed else SyncState.DONE
    run.finished_at = database_now()
    run.watermark = safe_watermark(run, last=last_watermark(run.account))


def safe_watermark(run: SyncRun, *, last: datetime | None) -> datetime | None:
    """Up to where everything was read once this run has ended; never beyond its own beginning, nor over a gap (trap T25)."""
    if run.since and (last is None or run.since > last):
        return last  # it began later than the last good run ended: what lies between was not read
    seen = min(filter(None, (run.newest_seen, run.started_at)), default=None) if run.newest_seen else None
    return max(filter(None, (seen, last)), default=None)
