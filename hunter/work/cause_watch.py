"""Watching the causes of errors: what is new or over is told once; what was put aside stays so until it is worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Max, Q

from hunter.remote.clock import database_now
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work import news
from hunter.work.asides import end_asides, is_worse, reopen
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Verdict
from hunter.work.models import CauseNote, ErrorRecord
from hunter.work.news import Change, News
from hunter.work.policies import POLICIES

WATCH, EVERYTHING = "watch_causes", "all"
EVERY = timedelta(minutes=1)
PAGE = "/admin/work/errorrecord/"
MOST_PUT_ASIDE = 5_000  # of a cause at one look; the next look takes the rest (R3.7)
ASIDE_SIZES = """
select e.fingerprint, count(distinct (e.kind, e.key)) from work_causenote n join work_errorrecord e using (fingerprint)
where n.aside_at is not null
  and (e.state in ('open', 'retrying') or e.state = 'dismissed' and e.settled_at >= n.aside_at) group by 1
"""
State = ErrorRecord.State


@dataclass(frozen=True, slots=True)
class Standing:
    """A cause as it is now: its open errors, those of them that nobody but a person ends, those being tried, the newest."""

    open: int
    given_up: int
    retrying: int
    newest: int


def look() -> list[News]:
    """Compare the causes with what was noted of them, and tell what changed. In the caller's transaction.

    Only one process does this at a time, since the work has one item.
    """
    now = database_now()
    keep_aside_what_is_aside(now)
    found = standings()
    noted = {note.fingerprint: note for note in CauseNote.objects.filter(Q(is_open=True) | Q(fingerprint__in=found))}
    told: list[News] = []
    begun = {key: one for key, one in found.items() if one.given_up and not (key in noted and noted[key].is_open)}
    titles = ErrorRecord.objects.in_bulk([one.newest for one in begun.values()])
    for key, one in begun.items():
        change = Change.CAME_BACK if key in noted and noted[key].over_at else Change.APPEARED
        told.append(news_of(key, change, title=titles[one.newest].message, items=one.given_up))
    write_open({key: (titles[one.newest].message, one.given_up) for key, one in begun.items()}, now=now)

    ended = [
        note
        for key, note in noted.items()
        if note.is_open and not (key in found and (found[key].given_up or found[key].retrying))
    ]
    told += [
        news_of(note.fingerprint, Change.OVER, title=note.title, items=note.items)
        for note in ended
        if not note.aside_at
    ]
    CauseNote.objects.filter(pk__in=[note.pk for note in ended]).update(is_open=False, over_at=now)
    news.tell(told)
    return told


def standings() -> dict[str, Standing]:
    """All causes of what is unsettled, by their fingerprint; one query."""
    rows = (
        ErrorRecord.objects.unsettled()
        .order_by()
        .values_list("fingerprint")
        .annotate(
            open=Count("pk", filter=Q(state=State.OPEN)),
            given_up=Count("pk", filter=Q(state=State.OPEN, gave_up=True)),
            retrying=Count("pk", filter=Q(state=State.RETRYING)),
            newest=Max("pk"),
        )
    )
    return {key: Standing(*rest) for key, *rest in rows}


def write_open(begun: Mapping[str, tuple[str, int]], *, now: datetime) -> None:
    """Note that these causes are open and were told."""
    CauseNote.objects.bulk_create(
        [
            CauseNote(fingerprint=key, title=title[:300], items=items, is_open=True, opened_at=now)
            for key, (title, items) in sorted(begun.items())
        ],
        update_conflicts=True,
        unique_fields=["fingerprint"],
        update_fields=["title", "items", "is_open", "opened_at"],
    )


def keep_aside_what_is_aside(now: datetime) -> None:
    """Open again what got worse, and put aside what has failed since for a cause that stays aside."""
    notes = list(CauseNote.objects.filter(aside_at__isnull=False).order_by("pk"))
    if not notes:
        return
    with connection.cursor() as cursor:
        cursor.execute(ASIDE_SIZES)
        sizes = dict(cursor.fetchall())
    for note in notes:
        of_cause = ErrorRecord.objects.filter(fingerprint=note.fingerprint)
        if is_worse(note, items=sizes.get(note.fingerprint, 0), now=now):
            end_asides([note.fingerprint])
            reopen(of_cause.filter(settled_at__gte=note.aside_at))
        else:
            some = of_cause.filter(state=State.OPEN).order_by("pk").values("pk")[:MOST_PUT_ASIDE]
            ErrorRecord.objects.filter(pk__in=some).update(
                state=State.DISMISSED, state_reason=note.aside_reason, settled_at=now
            )


def news_of(key: str, change: Change, *, title: str, items: int) -> News:
    """What is told of a cause."""
    size = "1 error" if items == 1 else f"{items:,} errors"
    sentence = (
        f"Over: {title}"
        if change is Change.OVER
        else f"{size}{' again' if change is Change.CAME_BACK else ''}: {title}"
    )
    return News(
        key=f"cause:{key}",
        change=change,
        sentence=sentence,
        path=f"{PAGE}?{urlencode({'state': 'open', 'cause': key})}",
    )


class WatchHandler(Handler[None, None]):
    """Looks once a minute."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        look()
        return {one.item_id: Done(next_due=EVERY) for one in claimed}

    def act(self, brief: None, gates: Gates) -> None:
        """All is done in the claim."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def watch_kind() -> Kind:
    """The standing work that watches the causes of errors."""
    return Kind(
        name=WATCH,
        lane=LaneName.HUNTER,
        handler=WatchHandler,
        policy=POLICIES[WATCH],
        service=LaneName.HUNTER.value,
        operation="watch the causes of errors",
        longest_act=timedelta(seconds=60),
        standing_key=EVERYTHING,
    )
