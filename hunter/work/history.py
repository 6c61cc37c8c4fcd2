"""What of the ledger's own history may go: attempts that led somewhere, and errors that are settled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from hunter.work.models import Attempt, CauseNote, ErrorRecord, ErrorRun, Item
from hunter.work.pruning import Prunable


def old_attempts(before: datetime) -> QuerySet[Attempt]:
    """Those of items that neither fail nor were given up: of the others each attempt stays, however old it is."""
    unsettled = ErrorRecord.objects.unsettled().filter(kind=OuterRef("kind"), key=OuterRef("key"))
    in_trouble = Item.objects.filter(pk=OuterRef("item_id")).filter(
        Q(dead_at__isnull=False) | Q(attempts__gt=0) | Exists(unsettled)
    )
    return Attempt.objects.filter(ended_at__lt=before).exclude(Exists(in_trouble))


def old_errors(before: datetime) -> QuerySet[ErrorRecord]:
    """Those that were resolved or put aside; what was given up keeps the record that says why."""
    given_up = Item.objects.filter(kind=OuterRef("kind"), key=OuterRef("key"), dead_at__isnull=False)
    settled = [ErrorRecord.State.RESOLVED, ErrorRecord.State.DISMISSED]
    return ErrorRecord.objects.filter(state__in=settled, settled_at__lt=before).exclude(Exists(given_up))


def forget_items(kind: str, keys: Iterable[str]) -> None:
    """The work of rows that are gone is forgotten; what is due or was given up stays. In the caller's transaction."""
    rests = Item.objects.filter(kind=kind, key__in=list(keys), due_at__isnull=True, dead_at__isnull=True)
    rests.delete()


def old_runs(before: datetime) -> QuerySet[ErrorRun]:
    """Acts on many errors that have ended; who asked for them stays in the audit log."""
    return ErrorRun.objects.filter(finished_at__lt=before)


def old_causes(before: datetime) -> QuerySet[CauseNote]:
    """Causes that are over and not put aside."""
    return CauseNote.objects.filter(is_open=False, aside_at=None, over_at__lt=before)


PRUNABLES = (
    Prunable("attempts", "attempts", old_attempts),
    Prunable("errors", "settled errors", old_errors),
    Prunable("error_runs", "acts on many errors", old_runs),
    Prunable("causes", "causes of errors that are over", old_causes),
)
