"""Runs of the sync: started or joined, taken forward page by page, ended (ledger: sync)."""

from __future__ import annotations

import dataclasses
import time
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
from referrals.models import SyncMode, SyncPage, SyncRun, SyncState
from referrals.models.sync_run import FINISHED_WELL
from referrals.schedule import is_full_due
from referrals.services.ingesting import PageCounts, ingest_page
from referrals.services.planning import PagePlan
from referrals.services.quarantine import retry_what_another_reader_refused
from referrals.services.vanishing import begin_check

KIND, OPERATION = "sync_referrals", "sync referrals"
OVERLAP = timedelta(minutes=15)  # rows move between pages while they are read, and clocks differ
MOST_RESTARTS = 3
THEN_FULL = " It reads only what changed, so everything is read right after it."
KEEP_PAGES = timedelta(days=30)  # so long a run's counts open into its rows
MOST_CLEARED = 2000


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
    asked_by: str = ""

    @property
    def is_plain(self) -> bool:
        return not self.full and self.since is None


@dataclass(frozen=True, slots=True)
class Joined:
    """The run that goes on, whether it was going on already, and whether everything is read right after it."""

    run: SyncRun
    joined: bool
    then_full: bool = False

    def sentence(self) -> str:
        """What a person is told: that it begins, or which goes on, since when and by whom (R3.2)."""
        run = self.run
        if not self.joined:
            return f"{run} begins within a minute."
        begun = f"begun {run.started_at:%d %b at %H:%M} UTC by {run.asked_by or 'the schedule'}"
        if run.state == SyncState.PAUSED:
            return (
                f"{run} is open ({begun}) and was paused by {run.halted_by or 'a person'}. Let it go on, or cancel it."
                f"{THEN_FULL if self.then_full else ''}"
            )
        so_far = f"{run.fetched:,} referrals in {run.pages:,} {'page' if run.pages == 1 else 'pages'} so far"
        told = f"{run} was going on already, {begun}: {so_far}. It is hurried along."
        return told + (THEN_FULL if self.then_full else "")


def account() -> str:
    """The account whose referrals are read: one sync of it at a time."""
    return settings.PARTNER_CENTER_TENANT_ID or "partner_center"


def check_enabled() -> None:
    """Raises NotEnabled where the service is off."""
    if not settings.PARTNER_CENTER_ENABLED:
        raise NotEnabled


@transaction.atomic
def start_sync(wish: Wish, *, asked_by: str = "", priority: Priority = Priority.PERSON) -> Joined:
    """Start a run and ask for its work; where one goes on, that one, with its back-off cut short (R3.2).

    Who wants everything while only what changed is read gets it right after that.
    """
    check_enabled()
    name = account()
    before = SyncRun.objects.open(name).first()
    run = before or open_run(name, wish_kept(name) or wish, asked_by=asked_by)
    then_full = wish.full and run.mode != SyncMode.FULL
    if then_full and not keep_wish(run, asked_by=asked_by):
        return start_sync(wish, asked_by=asked_by, priority=priority)  # it has ended meanwhile
    is_held = Item.objects.filter(kind=KIND, key=name, lease__isnull=False).exists()
    if before is None or not (is_held or before.state == SyncState.PAUSED):
        ask(KIND, [name], priority=priority, asked_by=asked_by)
    return Joined(run, joined=before is not None or then_full, then_full=then_full)


def keep_wish(run: SyncRun, *, asked_by: str) -> bool:
    """Have everything read right after this run; False where it has ended meanwhile. In the caller's transaction."""
    still_open = SyncRun.objects.open(run.account).filter(pk=run.pk)
    return bool(still_open.update(then_full=True, then_full_by=asked_by))


def wish_kept(name: str) -> Wish | None:
    """Everything, where somebody asked for it while the last run went on."""
    newest = SyncRun.objects.real().filter(account=name).order_by("-id").first()
    return Wish(full=True, asked_by=newest.then_full_by) if newest and newest.then_full else None


def open_run(name: str, wish: Wish, *, asked_by: str = "", correlation: UUID | None = None) -> SyncRun:
    """The open run of the account: a new one by the wish, or the one that another process has just started."""
    since = since_of(wish, watermark=last_watermark(name))
    fresh = SyncRun(
        account=name,
        mode=SyncMode.INCREMENTAL if since else SyncMode.FULL,
        since=since,
        expected=0 if since else expected_rows(name),
        asked_by=asked_by or wish.asked_by,
        correlation=correlation,
    )
    SyncRun.objects.bulk_create([fresh], ignore_conflicts=True)
    run = SyncRun.objects.open(name).first()
    return run or open_run(name, wish, asked_by=asked_by, correlation=correlation)  # another's run ended in between


def scheduled_wish(name: str, *, now: datetime) -> Wish:
    """What the schedule wants read: what changed, and once a day everything."""
    full = SyncRun.objects.real().filter(account=name, mode=SyncMode.FULL)
    settled = full.filter(state__in=[*FINISHED_WELL, SyncState.CANCELLED])  # who cancels one does not want it tonight
    good = settled.order_by("-started_at").values_list("started_at", flat=True).first()
    begun = full.filter(started_at__gte=now - timedelta(days=1)).values_list("started_at", flat=True)
    hour = settings.PARTNER_CENTER_FULL_SYNC_HOUR
    return Wish(full=is_full_due(now, hour=hour, good=good, begun=list(begun)))


def since_of(wish: Wish, *, watermark: datetime | None) -> datetime | None:
    """From which change on is read; None is everything."""
    if wish.since or wish.full or watermark is None:
        return wish.since
    return watermark - OVERLAP


def last_watermark(name: str) -> datetime | None:
    """Up to which change everything was read; None before the first good run."""
    newest = SyncRun.objects.good(name).first()
    return newest.watermark if newest else None


def expected_rows(name: str) -> int:
    """About how many a full run reads: as many as the last one did."""
    last = SyncRun.objects.good(name).filter(mode=SyncMode.FULL).first()
    return last.fetched if last else 0


def reads_from(run: SyncRun) -> datetime | None:
    """From which change on its first page is asked for. A run that began anew leaves out what it has read (R1.9).

    The list is in the order of the changes, so that whatever moves while it is read moves to the pages behind.
    """
    if not run.restarts or run.newest_seen is None:
        return run.since
    return max(filter(None, (run.since, min(run.newest_seen, run.started_at) - OVERLAP)))


def take_page(run: SyncRun, page: Page, *, consumer_domains: frozenset[str], took: timedelta = timedelta(0)) -> bool:
    """Write a page and the checkpoint behind it; whether it was the last one. In the caller's transaction."""
    if page.next_link and page.next_link == run.cursor:
        return restart(run, reason="Partner Center's list leads back to the same page again and again.")
    began = time.monotonic()
    plan, counts = ingest_page(page.rows, consumer_domains=consumer_domains)
    _add(run, counts, plan=plan)
    run.pages += 1
    run.cursor = page.next_link
    SyncPage.objects.create(run=run, number=run.pages, **dataclasses.asdict(counts.rows))
    if not page.next_link:
        _finish(run)
    run.worked_seconds += took.total_seconds() + time.monotonic() - began
    run.save()
    return not page.next_link


def restart(run: SyncRun, *, reason: str) -> bool:
    """Go back to the last change that was read, because the place in the list is no longer good.

    What is read once more is unchanged then and counted so. Always False: the last page was not read.
    Raises HunterError, which ends the run as failed, when that happens again and again.
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
    if run.mode == SyncMode.FULL:
        begin_check(run)
    retry_what_another_reader_refused()
    clear_old_pages()


def clear_old_pages() -> None:
    """Take away the pages of old runs; a bounded number, in each run's last transaction."""
    old = SyncPage.objects.filter(read_at__lt=database_now() - KEEP_PAGES).order_by("read_at")
    SyncPage.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:MOST_CLEARED])).delete()


def safe_watermark(run: SyncRun, *, last: datetime | None) -> datetime | None:
    """Up to where everything was read once this run has ended; never beyond its own beginning, nor over a gap (trap T25)."""
    if run.since and (last is None or run.since > last):
        return last  # it began later than the last good run ended: what lies between was not read
    seen = min(filter(None, (run.newest_seen, run.started_at)), default=None) if run.newest_seen else None
    return max(filter(None, (seen, last)), default=None)
