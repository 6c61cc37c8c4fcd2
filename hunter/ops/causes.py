"""One cause, one line: errors grouped by what they have in common (admin, errors)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, Coalesce
from django.utils import timezone

from hunter.ops.advice import advice_for
from hunter.ops.services import title_of
from hunter.work.models import ErrorRecord
from hunter.work.problems import LANE

TREND_PARTS, TREND_PART = 8, timedelta(hours=3)
BARS = "▁▂▃▄▅▆▇█"
SPLITS = {"wording": "wording", "message": "message, to the letter", "kind": "kind of work", "status": "HTTP status"}
MOST_PARTS = 6


@dataclass(frozen=True, slots=True)
class Cause:
    """Errors of one fingerprint. `example` is the newest of them; `waiting` are those that are tried again by themselves."""

    key: str
    example: ErrorRecord
    items: int
    waiting: int
    first: datetime
    last: datetime
    trend: str

    @property
    def message(self) -> str:
        return self.example.message

    @property
    def service(self) -> str:
        return self.example.service

    @property
    def title(self) -> str:
        """The newest message, with the service where the message itself does not begin with it."""
        name = title_of(self.service)
        return self.message if self.message.startswith(name) else f"{name}: {self.message}"

    @property
    def why_grouped(self) -> str:
        """What these errors have in common."""
        one = self.example
        shared = [
            f"the service {title_of(one.service)}",
            f"the class “{advice_for(one.error_class, of_lane=one.kind == LANE).label}”",
        ]
        shared += [f"the code {one.code}"] if one.code else []
        shared += [f"the field {one.field}"] if one.field else []
        shared += [f"what was being done (“{one.operation}”)"]
        wordings = "" if one.field else ", and their messages differ in names, values and numbers only"
        return f"They share {', '.join(shared)}{wordings}."


@dataclass(frozen=True, slots=True)
class Part:
    """Those of a cause that have one value in common; `token` is what the list's filter takes."""

    words: str
    token: str
    items: int


def causes(errors: QuerySet[ErrorRecord], *, most: int, after: int = 0) -> list[Cause]:
    """The causes behind these errors, the most frequent first; two queries."""
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
    rows: Any = list(
        errors.order_by()
        .values("fingerprint")
        .annotate(
            items=Count("pk"), waiting=Count("pk", filter=Q(gave_up=False)), first=Min("first_seen"),
            last=Max("last_seen"), newest=Max("pk"), **buckets,
        )
        .order_by("-items", "-last")[after : after + most]
    )  # fmt: skip
    examples = ErrorRecord.objects.in_bulk([row["newest"] for row in rows])
    return [
        Cause(
            key=row["fingerprint"], example=examples[row["newest"]], items=row["items"], waiting=row["waiting"],
            first=row["first"], last=row["last"], trend=drawn([row[f"part_{n}"] for n in range(TREND_PARTS)]),
        )
        for row in rows
        if row["newest"] in examples
    ]  # fmt: skip


def parts_by(errors: QuerySet[ErrorRecord], split: str) -> list[Part]:
    """These errors cut by one of SPLITS, the biggest parts first; empty where that cuts nothing, or only into single ones."""
    rows = errors.order_by().values_list(split).annotate(n=Count("pk")).order_by("-n")[: MOST_PARTS + 1]
    found: Sequence[tuple[Any, int]] = list(rows)
    if len(found) < 2 or found[0][1] < 2:
        return []
    keys = {value: token_of(value) for value, _ in found}
    return [Part(str(value or "none"), f"{split}:{keys[value]}", n) for value, n in found[:MOST_PARTS]]


def token_of(value: object) -> str:
    """A value as it stands in an address: short, whatever its length."""
    return hashlib.md5(str("" if value is None else value).encode(), usedforsecurity=False).hexdigest()


def only_part(errors: QuerySet[Any], token: str) -> QuerySet[Any]:
    """Those errors that have the value of a part's token; a token that is none leaves nothing."""
    split, _, digest = token.partition(":")
    if split not in SPLITS:
        return errors.none()
    text = Coalesce(Cast(F(split), output_field=TextField()), Value(""), output_field=TextField())
    part: QuerySet[Any] = errors.annotate(part_token=MD5(text)).filter(part_token=digest)
    return part


def drawn(counts: list[int]) -> str:
    """The counts as little bars, the tallest for the most."""
    most = max(counts, default=0)
    if not most:
        return BARS[0] * len(counts)
    return "".join(BARS[round((len(BARS) - 1) * count / most)] for count in counts)
