"""Causes put aside until they get worse: further failures of theirs stay aside, until a day or a number is passed."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef

from hunter.audit.recording import record_all
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.work.models import CauseNote, ErrorRecord, ErrorRecordQuerySet

MOST_CAUSES = 100
State = ErrorRecord.State


class Until(enum.StrEnum):
    """When a cause that was put aside is opened again."""

    A_DAY = "1d"
    A_WEEK = "7d"
    A_MONTH = "30d"
    TWICE = "twice"


SPANS = {Until.A_DAY: timedelta(days=1), Until.A_WEEK: timedelta(days=7), Until.A_MONTH: timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class Reopened:
    """How many errors were opened again."""

    errors: int

    @property
    def failed(self) -> bool:
        return not self.errors

    def sentence(self) -> str:
        if not self.errors:
            return "Nothing was opened: none of these is put aside, or the same failure is open already."
        return f"{self.errors:,} {'error is' if self.errors == 1 else 'errors are'} open again."


@transaction.atomic
def keep_aside(errors: ErrorRecordQuerySet, *, until: Until, reason: str, by: AbstractBaseUser | None) -> int:
    """Note for the causes of these errors that they stay aside; how many causes. The errors themselves are put aside apart.

    Raises HunterError for more causes than a person can have looked at.
    """
    sizes = dict(
        errors.unsettled()
        .order_by()
        .values_list("fingerprint")
        .annotate(newest=Max("pk"))
        .values_list("fingerprint", "newest")
    )
    if len(sizes) > MOST_CAUSES:
        raise HunterError(
            f"These are more than {MOST_CAUSES} causes: narrow the list, or put them aside without a limit.",
            field="until",
        )
    examples = ErrorRecord.objects.in_bulk(list(sizes.values()))
    whole = ErrorRecord.objects.unsettled().filter(fingerprint__in=sizes).order_by()
    counts = dict(whole.values_list("fingerprint").annotate(n=Count("pk")))
    now = database_now()
    CauseNote.objects.bulk_create(
        [
            CauseNote(
                fingerprint=key, title=str(examples[newest].message)[:300], items=counts[key], aside_at=now,
                aside_until=now + SPANS[until] if until in SPANS else None,
                aside_above=2 * counts[key] if until is Until.TWICE else None,
                aside_reason=reason.strip()[:500], aside_by=by.get_username() if by else "",
            )
            for key, newest in sorted(sizes.items())
        ],
        update_conflicts=True, unique_fields=["fingerprint"],
        update_fields=["aside_at", "aside_until", "aside_above", "aside_reason", "aside_by"],
    )  # fmt: skip
    return len(sizes)


@transaction.atomic
def open_again(errors: ErrorRecordQuerySet, *, by: AbstractBaseUser | None) -> Reopened:
    """What was put aside is open again, and its causes are aside no more. Audited."""
    keys = list(errors.filter(state=State.DISMISSED).order_by().values_list("fingerprint", flat=True).distinct())
    end_asides(keys)
    rows = reopen(errors)
    record_all(rows, act="open again", by=by)
    return Reopened(len(rows))


def reopen(errors: ErrorRecordQuerySet) -> list[ErrorRecord]:
    """Open those that were put aside, the newest of each item, where the same failure isn't open anyway."""
    same = ErrorRecord.objects.filter(kind=OuterRef("kind"), key=OuterRef("key"), operation=OuterRef("operation"))
    newer = same.filter(state=State.DISMISSED, pk__gt=OuterRef("pk"))
    aside = errors.filter(state=State.DISMISSED).exclude(Exists(same.unsettled())).exclude(Exists(newer))
    rows = list(aside.order_by("kind", "key").select_for_update(of=("self",)).only("kind", "key", "operation"))
    ErrorRecord.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.OPEN, state_reason="", settled_at=None, last_seen=database_now()
    )
    return rows


def end_asides(fingerprints: Collection[str]) -> None:
    """These causes are aside no more."""
    CauseNote.objects.filter(fingerprint__in=fingerprints, aside_at__isnull=False).update(
        aside_at=None, aside_until=None, aside_above=None, aside_reason="", aside_by=""
    )


def is_worse(note: CauseNote, *, items: int, now: datetime) -> bool:
    """Whether a cause that was put aside is to be looked at again."""
    is_late = note.aside_until is not None and now >= note.aside_until
    return is_late or (note.aside_above is not None and items > note.aside_above)
