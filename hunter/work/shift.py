"""What one drainer has in hand while it works a lane; its beats share it, and only its main thread touches it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from django.conf import settings

from hunter.remote.gate import PurseGate
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Dead, Done, Handler, Kind, Outcome, Progress, kinds_in
from hunter.work.settling import Settlement
from hunter.work.side_lanes import SideGate


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What one drainer did."""

    done: int = 0
    failed: int = 0
    put_off: int = 0
    had_slots: bool = True


@dataclass(slots=True)
class Running:
    """An item whose act is under way; `began` and `renewed` by the monotonic clock."""

    claimed: Claimed
    kind: Kind
    began: float
    renewed: float


class Shift:
    """One drainer's time in a lane: what it can work, through which gates, and what it has begun."""

    def __init__(self, lane: LaneName, *, rng: Random) -> None:
        self.lane = lane
        self.holder = uuid.uuid4()
        self.hold = timedelta(seconds=settings.LEASE_SECONDS)
        self.rng = rng
        self.stir = threading.Event()
        self.kinds: dict[str, Kind] = {kind.name: kind for kind in kinds_in(lane)}
        self.handlers: dict[str, Handler[Any, Any]] = {name: kind.handler() for name, kind in self.kinds.items()}
        self.sides = [
            SideGate(side, holder=self.holder, hold=self.hold, stir=self.stir.set)
            for side in sorted({side for kind in self.kinds.values() for side in kind.side_lanes})
        ]
        own = PurseGate(lane, stir=self.stir.set)
        self.gates: dict[str, PurseGate] = {gate.lane: gate for gate in (own, *self.sides)}
        self.running: dict[int, Running] = {}
        self.ready: list[Outcome[Any]] = []
        self.slots = 0
        self.report = DrainReport()

    def keep_kinds(self, names: set[str]) -> None:
        """Work these kinds only; what keeps one from being worked does not keep the others."""
        self.handlers = {name: handler for name, handler in self.handlers.items() if name in names}
        self.kinds = {name: kind for name, kind in self.kinds.items() if name in names}

    def count(self, settlements: Sequence[Settlement]) -> None:
        """Add what was settled to the report."""
        done = sum(isinstance(one.verdict, Done | Progress) for one in settlements)
        dead = sum(isinstance(one.verdict, Dead) for one in settlements)
        before = self.report
        self.report = replace(
            before,
            done=before.done + done,
            failed=before.failed + dead,
            put_off=before.put_off + len(settlements) - done - dead,
        )
