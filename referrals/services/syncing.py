"""The sync as a person asks for it: start or join a run, wait for its end, say what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.limits import end_pause
from hunter.remote.models import Lane
from hunter.work.models import ErrorRecord, ErrorRecordQuerySet
from hunter.work.outages import keeps_failing
from hunter.work.problems import LANE
from hunter.work.waiting import work_until
from referrals.models import SyncMode, SyncRun, SyncState
from referrals.services import runs
from referrals.services.runs import Wish

Progress = Callable[[str], None]
LONGEST_STANDSTILL = timedelta(minutes=5)
LOOK_EVERY_SECONDS = 0.2  # a drainer asks several times for each page; looking costs five queries
WAIT_FOR_SLOT = timedelta(seconds=60)
TOKEN_OUTLIVES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, or what a dry run would do."""

    run: int
    fetched: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    linked: int
    unlinked: int
    failed_rows: int
    pages: int
    seconds: float
    trouble: str = ""
    is_dry_run: bool = False

    @property
    def failed(self) -> bool:
        return bool(self.failed_rows or self.trouble)

    def sentence(self) -> str:
        pages = "1 page" if self.pages == 1 else f"{self.pages} pages"
        told = (
            f"{self.fetched} referrals read in {pages} and {self.seconds:.1f} s: {self.created} created, "
            f"{self.updated} updated, {self.unchanged} unchanged, {self.skipped} skipped, {self.failed_rows} failed; "
            f"{self.linked} are linked to a company."
        )
        where = f"Sync {self.run}, a dry run; no referral was written. " if self.is_dry_run else f"Sync {self.run}: "
        return where + told + (f" {self.trouble}" if self.trouble else "")

    def as_dict(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "fetched": self.fetched,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "linked": self.linked,
            "failed": self.failed_rows,
            "pages": self.pages,
            "seconds": round(self.seconds, 3),
        }


def sync_referrals(
    wish: Wish | None = None, *, asked_by: str = "", progress: Progress = lambda text: None
) -> SyncReport:
    """Start a sync, or join the one that goes on, and work until it has ended. Not inside a transaction.

    Raises HunterError when it can't begin: the service is off, or a person must sign in. One that was joined and reads
    less than was wished for is waited for, and the wished one is run after it.
    """
    wish = wish or Wish()
    began = time.monotonic()
    going_on = runs.start_sync(wish, asked_by=asked_by)
    if going_on.joined:
        progress(going_on.sentence())
    trouble = wait_for(going_on.run, progress=progress)
    if going_on.joined and not trouble and not wish.is_plain:
        progress(f"Sync {going_on.run.pk} was going on already and has ended; now comes the one you asked for.")
        following = SyncRun.objects.real().filter(account=going_on.run.account, pk__gt=going_on.run.pk)
        run = following.filter(mode=SyncMode.FULL).order_by("pk").first() if going_on.then_full else None
        run = run or runs.start_sync(wish, asked_by=asked_by).run
        trouble = wait_for(run, progress=progress)
        return report_of(run, seconds=time.monotonic() - began, trouble=trouble)
    return report_of(going_on.run, seconds=time.monotonic() - began, trouble=trouble)


def wait_for(run: SyncRun, *, progress: Progress) -> str:
    """Work the lane until the run has ended; empty then, else why it goes on without us. Raises HunterError."""
    open_after_trouble()
    watch = Watch(run, since=database_now(), progress=progress)
    work_until([LaneName.PARTNER_CENTER], done=watch.has_seen_enough)
    run.refresh_from_db()
    if run.state == SyncState.FAILED:
        return run.error
    if run.state in {SyncState.PAUSED, SyncState.CANCELLED}:
        return f"It was {run.get_state_display().lower()} by {run.halted_by or 'a person'}."
    return watch.obstacle if run.state == SyncState.RUNNING else ""


class Watch:
    """Looks at a run while it is worked on: how far it is, and whether waiting for it makes sense."""

    def __init__(self, run: SyncRun, *, since: datetime, progress: Progress) -> None:
        self.obstacle = ""
        self._run = run
        self._since = since
        self._progress = progress
        self._pages, self._moved_at = run.pages, time.monotonic()
        self._look_again_at, self._enough = 0.0, False

    def has_seen_enough(self) -> bool:
        """Whether the run has ended, or won't for long. Raises HunterError when only a person can put it right."""
        if not self._enough and time.monotonic() >= self._look_again_at:
            self._enough = self._look()
            self._look_again_at = time.monotonic() + LOOK_EVERY_SECONDS
        return self._enough

    def _look(self) -> bool:
        self._run.refresh_from_db()
        self._progress(f"Sync {self._run.pk}: page {self._run.pages + 1}, {self._run.fetched} referrals so far")
        if self._run.pages != self._pages:
            self._pages, self._moved_at = self._run.pages, time.monotonic()
        self._refuse_what_needs_a_person()
        self.obstacle = self._what_keeps_it()
        return self._run.state != SyncState.RUNNING or bool(self.obstacle)

    def _refuse_what_needs_a_person(self) -> None:
        record = lane_troubles().filter(last_seen__gte=self._since).first()
        if record:
            raise HunterError(f"{record.message} Sync {self._run.pk} {self._goes_on()} afterwards.")
        held = Lane.objects.filter(name=LaneName.PARTNER_CENTER, held=True).first()
        if held:
            raise HunterError(
                f"Partner Center is held by a person ({held.held_reason or 'no reason given'}); resume it first."
            )

    def _what_keeps_it(self) -> str:
        stalled = time.monotonic() - self._moved_at > LONGEST_STANDSTILL.total_seconds()
        if not stalled and not keeps_failing(runs.KIND, self._run.account):
            return ""
        failure = ErrorRecord.objects.unsettled().filter(kind=runs.KIND, key=self._run.account).first()
        lane = Lane.objects.filter(name=LaneName.PARTNER_CENTER).first()
        reason = failure.message if failure else lane.pause_reason if lane else ""
        return f"It {self._goes_on()} by itself. {reason}".strip()

    def _goes_on(self) -> str:
        return f"goes on from page {self._run.pages + 1}"


def open_after_trouble() -> None:
    """Try at once what waits for a person: the one who asks has probably put it right."""
    if lane_troubles().exists():
        end_pause(LaneName.PARTNER_CENTER)


def lane_troubles() -> ErrorRecordQuerySet:
    """What keeps the whole service from being used, until a person acts."""
    return ErrorRecord.objects.unsettled().filter(kind=LANE, key=LaneName.PARTNER_CENTER.value)


def report_of(run: SyncRun, *, seconds: float, trouble: str = "") -> SyncReport:
    """The figures of a run."""
    return SyncReport(
        run=run.pk,
        fetched=run.fetched,
        created=run.created,
        updated=run.updated,
        unchanged=run.unchanged,
        skipped=run.skipped_total,
        linked=run.linked,
        unlinked=run.unlinked,
        failed_rows=run.failed,
        pages=run.pages,
        seconds=seconds,
        trouble=trouble,
        is_dry_run=run.state == SyncState.DRY_RUN,
    )
