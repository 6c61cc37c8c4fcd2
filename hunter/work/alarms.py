"""Alarms: what somebody should see to is told once when it begins, and once when it is over (R7.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName, title_of
from hunter.remote.models import Lane
from hunter.remote.wording import storable
from hunter.work import news
from hunter.work.models import ErrorRecord
from hunter.work.news import Change, News
from hunter.work.outages import PATIENCE
from hunter.work.problems import LANE

BACKLOG, TROUBLE = "backlog", "trouble"
LANES = "/admin/remote/lane/"
OVER_AT = 0.8  # a backlog that swings about its threshold is one alarm, not many

# Only what is due: a walk along the partial index, and not over all that was ever done.
BACKLOGS = """
select lane, count(*), extract(epoch from clock_timestamp() - min(due_at))::float from work_item
where due_at <= clock_timestamp() and lease is null group by lane
"""
RAISE = """
insert into remote_alarm as a (name, lane, sentence, times) values (%(name)s, %(lane)s, %(sentence)s, 1)
on conflict (name) do update set sentence = excluded.sentence, raised_at = clock_timestamp(), ended_at = null,
    times = a.times + 1
where a.ended_at is not null returning times
"""
END = (
    "update remote_alarm set ended_at = clock_timestamp() where name = %(name)s and ended_at is null returning sentence"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How something stands: whether it calls for somebody, or is well enough again; in between neither."""

    kind: str
    lane: LaneName
    sentence: str
    is_crossed: bool
    is_over: bool

    @property
    def name(self) -> str:
        return f"{self.kind} {self.lane}"


def watch() -> None:
    """Look at all lanes, and tell what has changed. Of several that look at once one tells."""
    for reading in [*backlogs(), *troubles()]:
        if reading.is_crossed:
            _raise(reading)
        elif reading.is_over:
            _end(reading)


def backlogs() -> Iterator[Reading]:
    """How much waits in each lane, against the settings' thresholds."""
    with connection.cursor() as cursor:
        cursor.execute(BACKLOGS)
        waiting = {row[0]: (row[1], max(0.0, row[2])) for row in cursor.fetchall()}
    for lane in LaneName:
        count, oldest = waiting.get(lane.value, (0, 0.0))
        share = max(
            _share(count, settings.ALARM_WAITING), _share(oldest, 60.0 * settings.ALARM_WAITING_MINUTES), 0.0
        )  # fmt: skip
        words = f"{title_of(lane)}: {count:,} wait, the oldest for {oldest / 60:,.0f} minutes."
        yield Reading(BACKLOG, lane, words, is_crossed=share >= 1, is_over=share < OVER_AT)


def troubles() -> Iterator[Reading]:
    """Services that are away, or need a person: their lane's own error has been open for long, or nothing goes right there."""
    after = timedelta(minutes=settings.ALARM_TROUBLE_MINUTES)
    found = (_failing_for(after) | _open_for(after)) if after else {}
    for lane in LaneName:
        words = f"{title_of(lane)}: {found.get(lane.value, '')}"
        yield Reading(TROUBLE, lane, words, is_crossed=lane.value in found, is_over=lane.value not in found)


def _open_for(after: timedelta) -> dict[str, str]:
    long_open = ErrorRecord.objects.unsettled().filter(kind=LANE, first_seen__lte=database_now() - after)
    return dict(long_open.order_by("first_seen").values_list("key", "message"))


def _failing_for(after: timedelta) -> dict[str, str]:
    """One item that fails alone pauses no lane and is never given up: nobody else would tell of it."""
    now = database_now()
    failing = Lane.objects.filter(failing_since__lte=now - after, failures__gte=PATIENCE)
    return {
        name: f"no call has gone right for {(now - since) / timedelta(minutes=1):,.0f} minutes."
        for name, since in failing.values_list("name", "failing_since")
        if since is not None
    }


def _share(value: float, threshold: float) -> float:
    return value / threshold if threshold > 0 else 0.0


def _raise(reading: Reading) -> None:
    values: dict[str, Any] = {
        "name": reading.name, "lane": reading.lane.value, "sentence": storable(reading.sentence, longest=500),
    }  # fmt: skip
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(RAISE, values)
            begun = cursor.fetchone()
        if begun:
            _tell(reading, Change.APPEARED if begun[0] == 1 else Change.CAME_BACK, reading.sentence)


def _end(reading: Reading) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(END, {"name": reading.name})
            ended = cursor.fetchone()
        if ended:
            _tell(reading, Change.OVER, f"Over: {ended[0]}")


def _tell(reading: Reading, change: Change, sentence: str) -> None:
    news.tell([News(f"{reading.kind} of {reading.lane}", change, sentence, path=LANES)])
