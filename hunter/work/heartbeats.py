"""Signs of life: rows written by tasks that workers really do. A process that merely runs proves nothing."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from hunter.remote.clock import database_now
from hunter.work.models import Heartbeat

ANYBODY = "workers"  # whichever machine's
VARIABLE = "HUNTER_CLUSTER"  # set by `workers` for the processes it starts; not for people
FORGOTTEN_AFTER = timedelta(hours=1)

SIGN = """
insert into work_heartbeat (name, at) values (%s, clock_timestamp())
on conflict (name) do update set at = excluded.at
"""
SILENCES = """
select name, extract(epoch from clock_timestamp() - at)::float from work_heartbeat where name <> %s order by name
"""


@dataclass(frozen=True, slots=True)
class Silence:
    """How long one machine's workers have given no sign of life."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Seen:
    """Whether some worker lives, since when nobody was heard of (None: never), and which machines' workers are silent."""

    alive: bool
    seconds: float | None
    silent: tuple[Silence, ...] = ()

    def sentence(self) -> str:
        if self.seconds is None:
            return "never seen: start `manage.py workers`"
        missed = "".join(f"; silent for {one.seconds:.0f} s: {one.name}" for one in self.silent)
        return f"last seen {self.seconds:.0f} s ago{missed}"

    def as_dict(self) -> dict[str, Any]:
        return {"alive": self.alive, "seconds": self.seconds, "silent": [asdict(one) for one in self.silent]}


def this_process() -> str:
    """What people call this process, and the workers that it starts: its machine and its number."""
    return f"{socket.gethostname()[:40]}, process {os.getpid()}"


def give_sign(name: str) -> None:
    """Note that it lives, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(SIGN, [name])


def give_sign_of_this_cluster() -> None:
    """For every task of a worker: the workers it belongs to live."""
    if name := os.environ.get(VARIABLE):
        give_sign(name)


def last_sign(name: str) -> datetime | None:
    """When it was last heard of."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()


def forget(name: str) -> None:
    """It has ended in order: nobody is to miss it."""
    Heartbeat.objects.filter(name=name).delete()


def forget_the_long_silent(*, now: datetime) -> None:
    """A machine that was taken away said no farewell."""
    Heartbeat.objects.exclude(name=ANYBODY).filter(at__lt=now - FORGOTTEN_AFTER).delete()


def silent_clusters() -> list[Silence]:
    """The machines' workers that have been silent for longer than is allowed."""
    with connection.cursor() as cursor:
        cursor.execute(SILENCES, [ANYBODY])
        known = [Silence(name, seconds) for name, seconds in cursor.fetchall()]
    return [one for one in known if one.seconds > settings.WORKERS_SILENCE_SECONDS]


def workers_seen() -> Seen:
    """Whether workers have given a sign of life lately, for whoever watches them from outside."""
    beat = Heartbeat.objects.filter(name=ANYBODY).first()
    if beat is None:
        return Seen(alive=False, seconds=None)
    seconds = round(max(0.0, (database_now() - beat.at).total_seconds()), 1)
    return Seen(seconds <= settings.WORKERS_SILENCE_SECONDS, seconds, tuple(silent_clusters()))
