"""Units of work as a reader sees them: the ledger's items, with a word for how each stands."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Now

from hunter.work.models import Item


class JobState(models.TextChoices):
    """How a unit of work stands; it follows from its lease, its next due time and its end."""

    RUNNING = "running", "being done"
    WAITING = "waiting", "due, not begun"
    LATER = "later", "waits for its time"
    DEAD = "dead", "gave up"
    DONE = "done", "done"


def with_state(items: QuerySet[Item]) -> QuerySet[Item]:
    """The items with `state`, by the database's clock."""
    return items.annotate(
        state=Case(
            When(lease__isnull=False, then=Value(JobState.RUNNING.value)),
            When(dead_at__isnull=False, then=Value(JobState.DEAD.value)),
            When(due_at__isnull=True, then=Value(JobState.DONE.value)),
            When(Q(due_at__lte=Now()), then=Value(JobState.WAITING.value)),
            default=Value(JobState.LATER.value),
            output_field=models.CharField(),
        )
    )


def job_key(kind: str, key: str) -> int | None:
    """The id under which the work of a kind and key is looked at; None when nobody asked for it yet."""
    return Item.objects.filter(kind=kind, key=key).values_list("pk", flat=True).first()
