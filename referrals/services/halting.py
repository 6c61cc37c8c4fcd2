"""A person's hand on a run: pause it, let it go on, cancel it. What is stored stays, and the watermark is not moved."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.audit.recording import record
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.work.asking import ask
from hunter.work.models import Priority
from referrals.models import SyncRun, SyncState
from referrals.services.runs import KIND


@dataclass(frozen=True, slots=True)
class Halted:
    """What was done to a run, in words."""

    run: SyncRun
    words: str
    failed: bool = False

    def sentence(self) -> str:
        return self.words


@transaction.atomic
def pause_sync(run_id: int, *, by: AbstractBaseUser | None) -> Halted:
    """Read no further page until a person lets it go on; a page in the air is still stored. Audited. Raises HunterError."""
    run = locked(run_id)
    if run.state != SyncState.RUNNING:
        raise HunterError(f"{run} is {run.get_state_display().lower()}, so it can't be paused.")
    halt(run, SyncState.PAUSED, act="pause", by=by)
    where = f"behind page {run.pages:,}" if run.pages else "at its first page"
    return Halted(run, f"{run} is paused {where}. Until it goes on, or is cancelled, no sync begins.")


@transaction.atomic
def resume_sync(run_id: int, *, by: AbstractBaseUser | None) -> Halted:
    """Let a paused run go on at its next page. Audited. Raises HunterError."""
    run = locked(run_id)
    if run.state != SyncState.PAUSED:
        raise HunterError(f"{run} is {run.get_state_display().lower()}, so there is nothing to go on with.")
    halt(run, SyncState.RUNNING, act="go on", by=by)
    ask(KIND, [run.account], priority=Priority.PERSON, asked_by=name_of(by))
    return Halted(run, f"{run} goes on from page {run.pages + 1:,} within a minute.")


@transaction.atomic
def cancel_sync(run_id: int, *, by: AbstractBaseUser | None) -> Halted:
    """End a run before its end: what it stored stays, and the next one reads from where the last good one ended. Audited.

    Raises HunterError when it has ended already.
    """
    run = locked(run_id)
    if not run.is_open:
        raise HunterError(f"{run} is {run.get_state_display().lower()}, so there is nothing to cancel.")
    run.finished_at = database_now()
    halt(run, SyncState.CANCELLED, act="cancel", by=by)
    if run.then_full:
        ask(KIND, [run.account], priority=Priority.PERSON, asked_by=run.then_full_by)
    stored = run.created + run.updated
    stays = f"What it stored stays ({stored:,} new or changed)" if stored else "It had stored nothing new"
    rest = "everything is read next, as was asked for meanwhile" if run.then_full else "the next sync reads the rest"
    return Halted(run, f"{run} is cancelled. {stays}; {rest}.")


def locked(run_id: int) -> SyncRun:
    """The run, held until the transaction ends. Raises HunterError when it is not there any more."""
    run = SyncRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise HunterError("The sync is not there any more. Nothing was changed.")
    return run


def halt(run: SyncRun, state: SyncState, *, act: str, by: AbstractBaseUser | None) -> None:
    """Set the state of a locked run, and note who halts it; nobody does one that goes on."""
    before = run.state
    run.state, run.halted_by = state, "" if state == SyncState.RUNNING else name_of(by)
    run.save(update_fields=["state", "halted_by", "finished_at"])
    record(run, act=act, by=by, before=before, after=run.state)


def name_of(by: AbstractBaseUser | None) -> str:
    """The person's name; empty for a command on the server."""
    return by.get_username() if by else ""
