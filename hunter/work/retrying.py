"""Trying failed work again because a person asked (R5.8): one click, or all that match."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.audit.recording import record
from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.transactions import retried
from hunter.work import doorbell
from hunter.work.asking import ask
from hunter.work.kinds import kind_named
from hunter.work.models import ErrorRecord, ErrorRecordQuerySet, Priority
from hunter.work.problems import LANE

BLOCK = 1000


@dataclass(frozen=True, slots=True)
class RetryCounts:
    """How many errors matched and how many of their items will be tried."""

    matched: int
    queued: int
    failed: bool = False

    def sentence(self) -> str:
        if not self.matched:
            return "There was nothing to try again."
        if not self.queued:
            return f"{self.matched} matched; none was queued."
        rest = self.matched - self.queued
        return f"{self.queued} will be tried within a minute." + (f" {rest} can't be tried by itself." if rest else "")

    def as_dict(self) -> dict[str, Any]:
        return {"matched": self.matched, "queued": self.queued}


def matching_errors(
    *, error_class: str = "", service: str = "", cause: str = "", older_than: timedelta | None = None
) -> ErrorRecordQuerySet:
    """The unsettled errors of a class, a service, a cause, that were last seen longer ago than `older_than`."""
    errors = ErrorRecord.objects.unsettled()
    if error_class:
        errors = errors.filter(error_class=error_class)
    if service:
        errors = errors.filter(service=service)
    if cause:
        errors = errors.filter(fingerprint=cause)
    if older_than is not None:
        errors = errors.filter(last_seen__lt=database_now() - older_than)
    return errors


def retry_errors(errors: Iterable[ErrorRecord], *, by: AbstractBaseUser | None) -> RetryCounts:
    """Ask anew for the items of these errors, as a person: dead letters revive, back-off ends. Audited."""
    wanted = list(errors)
    queued = sum(_retry_block(wanted[start : start + BLOCK], by=by) for start in range(0, len(wanted), BLOCK))
    return RetryCounts(matched=len(wanted), queued=queued)


@retried
@transaction.atomic
def _retry_block(errors: list[ErrorRecord], *, by: AbstractBaseUser | None) -> int:
    keys: dict[str, set[str]] = defaultdict(set)
    retried: list[int] = []
    for error in errors:
        if _can_be_tried(error):
            keys[error.kind].add(error.key)
            retried.append(error.pk)
            record(error, act="try again", by=by)

    for kind, kind_keys in sorted(keys.items()):
        if kind == LANE:
            for lane in sorted(kind_keys):
                open_lane(LaneName(lane))
        else:
            ask(kind, kind_keys, priority=Priority.PERSON, asked_by=by.get_username() if by else "")
    ErrorRecord.objects.filter(pk__in=retried).unsettled().update(state=ErrorRecord.State.RETRYING)
    return len(retried)


def _can_be_tried(error: ErrorRecord) -> bool:
    if error.kind == LANE:
        return error.key in set(LaneName)
    try:
        kind_named(error.kind)
    except HunterError:
        return False
    return True


def open_lane(lane: LaneName) -> None:
    """End a pause now and ring: what a person does after he has put the cause right."""
    limits.end_pause(lane)
    transaction.on_commit(lambda: doorbell.ring(lane), robust=True)


@transaction.atomic
def dismiss_errors(errors: ErrorRecordQuerySet, *, reason: str, by: AbstractBaseUser | None) -> int:
    """Put errors aside with a reason; each opens again when it comes back. Audited."""
    if not reason.strip():
        raise HunterError("Say why this error is put aside, so that the next person knows.", field="reason")
    dismissed = 0
    for error in errors.unsettled().order_by("kind", "key").select_for_update():
        error.state, error.state_reason = ErrorRecord.State.DISMISSED, reason.strip()[:500]
        error.settled_at = database_now()
        error.save(update_fields=["state", "state_reason", "settled_at"])
        record(error, act="put aside", by=by, why=reason)
        dismissed += 1
    return dismissed
