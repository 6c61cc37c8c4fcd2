"""Trying failed work again because a person asked (R5.8): one click, or all that match."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from hunter.audit.recording import record_all
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
    """Ask anew for the items of these errors, as a person: dead letters revive, back-off ends. Audited.

    Each block is a transaction of its own; a queryset is read block by block.
    """
    matched = queued = 0
    for block in blocks_of(errors):
        matched += len(block)
        queued += retry_block(block, by=by)
    return RetryCounts(matched=matched, queued=queued)


def blocks_of(errors: Iterable[ErrorRecord]) -> Iterator[list[ErrorRecord]]:
    """The errors in blocks; those of a queryset without ever holding them all."""
    if not isinstance(errors, QuerySet):
        wanted = list(errors)
        yield from (wanted[start : start + BLOCK] for start in range(0, len(wanted), BLOCK))
        return
    last = 0
    while block := list(errors.defer("context").filter(pk__gt=last).order_by("pk")[:BLOCK]):
        yield block
        last = block[-1].pk


@retried
@transaction.atomic
def retry_block(errors: Sequence[ErrorRecord], *, by: AbstractBaseUser | None) -> int:
    """Ask anew for the items of up to a block of errors; how many were asked for. A constant number of statements."""
    tried = [error for error in errors if _can_be_tried(error)]
    keys: dict[str, set[str]] = defaultdict(set)
    for error in tried:
        keys[error.kind].add(error.key)
    record_all(tried, act="try again", by=by)

    for kind, kind_keys in sorted(keys.items()):
        if kind == LANE:
            for lane in sorted(kind_keys):
                open_lane(LaneName(lane))
        else:
            ask(kind, kind_keys, priority=Priority.PERSON, asked_by=by.get_username() if by else "")
    found = ErrorRecord.objects.filter(pk__in=[error.pk for error in tried]).unsettled()
    found.update(state=ErrorRecord.State.RETRYING)
    return len(tried)


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


def dismiss_errors(errors: ErrorRecordQuerySet, *, reason: str, by: AbstractBaseUser | None) -> int:
    """Put errors aside with a reason; each opens again when it comes back. Audited. Raises HunterError without a reason."""
    why = reason_given(reason)
    return sum(dismiss_block(block, reason=why, by=by) for block in blocks_of(errors.unsettled()))


def reason_given(reason: str) -> str:
    """The reason as it is kept. Raises HunterError where there is none."""
    if not reason.strip():
        raise HunterError("Say why this error is put aside, so that the next person knows.", field="reason")
    return reason.strip()[:500]


@retried
@transaction.atomic
def dismiss_block(errors: Sequence[ErrorRecord], *, reason: str, by: AbstractBaseUser | None) -> int:
    """Put up to a block of errors aside; how many of them were still unsettled."""
    found = ErrorRecord.objects.unsettled().filter(pk__in=[error.pk for error in errors]).order_by("kind", "key")
    rows = list(found.select_for_update().only("kind", "key", "operation"))
    ErrorRecord.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=ErrorRecord.State.DISMISSED, state_reason=reason, settled_at=database_now()
    )
    record_all(rows, act="put aside", by=by, why=reason)
    return len(rows)
