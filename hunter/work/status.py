"""What waits, runs and rests in each lane (R7.2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from hunter.remote.lanes import LaneName, figures
from hunter.work.heartbeats import Seen
from hunter.work.holders import Holding, holdings

STATUS = """
select l.name, l.held, l.held_reason, l.held_by, l.pause_reason, l.probation, l.limited_by, l.limited_why,
    extract(epoch from l.paused_until - clock_timestamp())::float,
    extract(epoch from clock_timestamp() - l.failing_since)::float, l.rate, l.burst,
    l.slot_count,
    (select count(*) from remote_slot s where s.lane_id = l.name and s.held_until > clock_timestamp()),
    count(i.id) filter (where i.due_at is not null and i.lease is null and i.due_at <= clock_timestamp()),
    count(i.id) filter (where i.due_at > clock_timestamp() and i.lease is null),
    count(i.id) filter (where i.lease is not null),
    count(i.id) filter (where i.dead_at is not null),
    extract(epoch from clock_timestamp() - min(i.due_at) filter (where i.lease is null and i.due_at <= clock_timestamp()))::float,
    count(i.id) filter (where i.last_success_at > clock_timestamp() - interval '1 minute')
from remote_lane l left join work_item i on i.lane = l.name
group by l.name order by l.name
"""


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """One lane at this moment; times in seconds, rate in items done during the last minute.

    `failing_for`: so long nothing has gone right there since calls began to fail; 0 where the last one went right.
    """

    lane: str
    title: str
    state: str
    reason: str
    held_by: str
    limited_by: str
    limited_why: str
    paused_for: float
    failing_for: float
    limit: float
    burst: int
    slots: int
    slots_taken: int
    depth: int
    later: int
    leases: int
    dead: int
    oldest_age: float
    rate: int


@dataclass(frozen=True, slots=True)
class WorkStatus:
    """All lanes at this moment; `workers` where they were asked for too."""

    lanes: tuple[LaneStatus, ...]
    held: tuple[Holding, ...] = ()
    workers: Seen | None = None

    @property
    def failed(self) -> bool:
        """Whether the workers of a machine are silent, or nobody's live: something that no worker can tell."""
        return self.workers is not None and (not self.workers.alive or bool(self.workers.silent))

    def sentence(self) -> str:
        rows = [
            f"{'lane':<20}{'state':<10}{'waiting':>8}{'later':>7}{'running':>8}{'dead':>6}{'oldest':>9}{'done/min':>9}"
        ]
        rows += [
            f"{one.title:<20}{one.state:<10}{one.depth:>8}{one.later:>7}{one.leases:>8}{one.dead:>6}"
            f"{one.oldest_age:>8.0f}s{one.rate:>9}"
            for one in self.lanes
        ]
        rows += [one.sentence() for one in self.held]
        return "\n".join([*rows, f"Workers: {self.workers.sentence()}"] if self.workers else rows)

    def as_dict(self) -> dict[str, Any]:
        told = {"lanes": [asdict(one) for one in self.lanes], "held": [one.as_dict() for one in self.held]}
        return told | ({"workers": self.workers.as_dict()} if self.workers else {})


def work_status() -> WorkStatus:
    """Read the state of all lanes in one query, and who holds what in another."""
    with connection.cursor() as cursor:
        cursor.execute(STATUS)
        lanes = tuple(_lane(row) for row in cursor.fetchall() if row[0] in set(LaneName))
    return WorkStatus(lanes, tuple(holdings()))


def _lane(row: tuple[Any, ...]) -> LaneStatus:
    name, held, held_reason, held_by, pause_reason, probation, limited_by, limited_why, paused_for, *rest = row
    paused = paused_for is not None and 0 < paused_for <= 3600
    state = "held" if held else "paused" if paused else "probation" if probation else "ok"
    reason = "" if state == "ok" else held_reason if held else pause_reason
    failing_for, limit, burst, slots, taken, depth, later, leases, dead, oldest, rate = rest
    return LaneStatus(
        name, figures(LaneName(name)).title, state, reason, held_by if held else "", limited_by, limited_why,
        round(paused_for, 1) if paused else 0.0, 0.0 if failing_for is None else max(0.1, round(failing_for, 1)),
        limit, burst, slots, taken, depth, later, leases, dead, round(oldest or 0.0, 1), rate,
    )  # fmt: skip
