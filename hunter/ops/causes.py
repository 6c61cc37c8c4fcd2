"""One cause, one line: errors grouped by what they have in common (admin, errors)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Func, Max, Min, Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import MD5, Concat, Replace
from django.utils import timezone

from hunter.ops.advice import advice_for
from hunter.ops.services import title_of
from hunter.work.models import ErrorRecord

TREND_PARTS, TREND_PART = 6, timedelta(hours=1)
BARS = "▁▂▃▄▅▆▇█"
OF_ONE_ITEM = (
    r"'[^']*'|«[^»]*»",
    r'"[^"]*"',
    r"[a-z0-9-]+(\.[a-z0-9-]+)+",
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+",
)


@dataclass(frozen=True, slots=True)
class Cause:
    """Errors of one service, class, code and field whose messages differ only in names and numbers."""

    key: str
    service: str
    error_class: str
    code: str
    field: str
    message: str
    operation: str
    items: int
    waiting: int
    first: datetime
    last: datetime
    trend: str

    @property
    def why_grouped(self) -> str:
        """What these errors have in common."""
        shared = [f"the service {title_of(self.service)}", f"the class “{advice_for(self.error_class).label}”"]
        shared += [f"the code {self.code}"] if self.code else []
        shared += [f"the field {self.field}"] if self.field else []
        return f"They share {', '.join(shared)}, and their messages differ in names and numbers only."


def pattern() -> Combinable:
    """The message without what belongs to the single item: its key, quoted words, domains and numbers."""
    nameless: Combinable = Replace(F("message"), F("key"), Value("…"))  # type: ignore[arg-type]  # it takes any expression
    for what in OF_ONE_ITEM:
        nameless = Func(
            nameless, Value(what), Value("…"), Value("gi"), function="regexp_replace", output_field=TextField()
        )
    return nameless


def with_cause(errors: QuerySet[ErrorRecord]) -> QuerySet[Any]:
    """The errors, each with the key of its cause."""
    parts = Concat(
        F("service"), Value("|"), F("error_class"), Value("|"), F("code"), Value("|"), F("field"), Value("|"), pattern(),
        output_field=TextField(),
    )  # fmt: skip
    return errors.annotate(cause=MD5(parts))


def causes(errors: QuerySet[Any], *, most: int, least_items: int = 1) -> list[Cause]:
    """The causes behind these errors, the most frequent first; one query."""
    now = timezone.now()
    buckets = {
        f"part_{n}": Count(
            "pk",
            filter=Q(
                last_seen__gt=now - (TREND_PARTS - n) * TREND_PART,
                last_seen__lte=now - (TREND_PARTS - n - 1) * TREND_PART,
            ),
        )
        for n in range(TREND_PARTS)
    }
    rows = (
        with_cause(errors)
        .order_by()
        .values("cause", "service", "error_class", "code", "field")
        .annotate(
            items=Count("pk"), waiting=Count("pk", filter=Q(gave_up=False)), first=Min("first_seen"),
            last=Max("last_seen"), example=Min("message"), operations=Min("operation"), **buckets,
        )
        .filter(items__gte=least_items)
        .order_by("-items", "-last")[:most]
    )  # fmt: skip
    return [
        Cause(
            key=row["cause"], service=row["service"], error_class=row["error_class"], code=row["code"],
            field=row["field"], message=row["example"], operation=row["operations"], items=row["items"],
            waiting=row["waiting"], first=row["first"], last=row["last"],
            trend=drawn([row[f"part_{n}"] for n in range(TREND_PARTS)]),
        )
        for row in rows
    ]  # fmt: skip


def drawn(counts: list[int]) -> str:
    """The counts as little bars, the tallest for the most."""
    most = max(counts, default=0)
    if not most:
        return BARS[0] * len(counts)
    return "".join(BARS[round((len(BARS) - 1) * count / most)] for count in counts)
