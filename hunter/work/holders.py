"""Who holds what: each drainer at work is known by the end of its leases, so that people can see whose they are (R7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from hunter.remote.lanes import LaneName, title_of
from hunter.work.heartbeats import this_process

TAG_BITS = 48

BEGIN = """
insert into work_holder (tag, lane, process, began_at, until)
values (%(tag)s, %(lane)s, %(process)s, clock_timestamp(), clock_timestamp() + %(hold)s)
on conflict (tag) do nothing
"""
RENEW = "update work_holder set until = clock_timestamp() + %(hold)s where tag = %(tag)s"
END = "delete from work_holder where tag = %(tag)s"
FORGET = "delete from work_holder where until < clock_timestamp() - interval '1 hour'"
HOLDINGS = """
select h.lane, h.process, h.began_at, coalesce(max(i.due_at), h.until), count(i.id), h.until <= clock_timestamp()
from work_holder h left join work_item i on i.lane = h.lane and i.lease is not null and right(i.lease::text, 12) = h.tag
group by h.tag order by h.lane, h.began_at, h.tag
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one drainer holds: so many items since it began at the earliest, and until its last lease ends."""

    lane: str
    process: str
    since: datetime
    until: datetime
    items: int
    is_gone: bool

    def sentence(self) -> str:
        """In one line, for a terminal."""
        gone = ", gives no sign of life" if self.is_gone else ""
        return (
            f"{title_of(self.lane)}: {self.process} holds {self.items}, at work since {self.since:%H:%M:%S}, "
            f"until {self.until:%H:%M:%S} UTC{gone}"
        )

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "lane": self.lane, "process": self.process, "since": self.since.isoformat(), "until": self.until.isoformat(),
            "items": self.items, "is_gone": self.is_gone,
        }  # fmt: skip


def new_lease(holder: UUID) -> UUID:
    """A lease that nobody had before; its end says whose it is."""
    return UUID(int=(uuid4().int >> TAG_BITS << TAG_BITS) | (holder.int & ((1 << TAG_BITS) - 1)))


def tag_of(holder: UUID) -> str:
    return holder.hex[-TAG_BITS // 4 :]


def begin(holder: UUID, lane: LaneName, *, hold: timedelta) -> None:
    """A drainer of this process is at work in the lane."""
    _execute(BEGIN, tag=tag_of(holder), lane=lane.value, process=this_process(), hold=hold)


def renew(holder: UUID, *, hold: timedelta) -> None:
    """It still is."""
    _execute(RENEW, tag=tag_of(holder), hold=hold)


def end(holder: UUID) -> None:
    """It has ended in order and holds nothing any more."""
    _execute(END, tag=tag_of(holder))


def forget_the_dead() -> None:
    """Those that died are shown for an hour."""
    _execute(FORGET)


def holdings() -> list[Holding]:
    """All drainers at work, on all machines, and those that died lately."""
    with connection.cursor() as cursor:
        cursor.execute(HOLDINGS)
        return [Holding(*row) for row in cursor.fetchall()]


def _execute(statement: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
