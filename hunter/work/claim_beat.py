"""The first beat: free slots are filled with what is due; what will be sent is committed before anything goes out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import transaction

from hunter.crashpoints import crash_point
from hunter.transactions import retried
from hunter.work import claims, settling
from hunter.work.acts import Acts
from hunter.work.holders import new_lease
from hunter.work.kinds import Claimed, Done, Kind, Outcome, Verdict
from hunter.work.outlook import LaneState, lane_state
from hunter.work.settling import Settlement
from hunter.work.shift import Running, Shift
from hunter.work.single_rows import one_bad_costs_one
from hunter.work.slot_share import SlotShare

_Started = tuple[Kind, Claimed, Any]


class ClaimBeat:
    """Claims as much as there is room for and starts the acts."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._share = SlotShare(shift)
        self._claims = shift.rng.randrange(claims.SHARE_FOR_LOWER)  # short-lived drainers too come to the eighth

    def take(self, acts: Acts) -> int:
        """Fill the free slots; how many items were claimed."""
        shift = self._shift
        state = self._state()
        self._share.follow(state)
        leave_ahead = max(state.burst, int(state.rate), 1)  # about a second's, so that what a person clicks comes next
        room = min(shift.slots - len(shift.running), leave_ahead - shift.gates[shift.lane].waiting())
        if state.probing:  # one act tells whether the service is well again
            room = min(room, 0 if shift.running or shift.ready else 1)
        if room <= 0 or not state.is_open:
            return 0
        if any(one.claimed.alone for one in shift.running.values()):
            return 0  # it has killed its holders: it takes nobody with it
        started, at_once = self._claim(count=room, alone=not shift.running and not shift.ready)
        shift.count(at_once)
        self._claims += len(started) + len(at_once)
        now = time.monotonic()
        for kind, claimed, _ in started:
            shift.running[claimed.item_id] = Running(claimed, kind, began=now, renewed=now)
        for kind, block in groupby(started, key=itemgetter(0)):
            acts.start(shift.handlers[kind.name], [(claimed, brief) for _, claimed, brief in block], shift.gates)
        return len(started) + len(at_once)

    def _state(self) -> LaneState:
        gate, state = self._shift.gates[self._shift.lane], lane_state(self._shift.lane)
        if state.is_open:
            gate.open()
        else:
            gate.close(state.reason or "The lane is held by a person.")
        return state

    @retried
    def _claim(self, *, count: int, alone: bool) -> tuple[list[_Started], list[Settlement]]:
        shift = self._shift
        started: list[_Started] = []
        at_once: list[Settlement] = []
        with transaction.atomic(durable=True):
            block = claims.claim(
                shift.lane,
                kinds=list(shift.kinds),
                count=count,
                lease=new_lease(shift.holder),
                hold=shift.hold,
                alone=alone,
                before=self._claims,
            )
            for kind in shift.kinds.values():
                claimed = [one for one in block if one.kind == kind.name]
                if claimed:
                    begun, settled = self._briefed(kind, claimed)
                    started, at_once = started + begun, at_once + settled
                    crash_point(f"{kind.name}.before_claim_commit")
        for name in {one.kind for one in block}:
            crash_point(f"{name}.after_claim_commit")
        return started, at_once

    def _briefed(self, kind: Kind, claimed: Sequence[Claimed]) -> tuple[list[_Started], list[Settlement]]:
        """The acts to start; an item with nothing to do is settled in the same transaction."""
        briefs = one_bad_costs_one(kind, claimed, self._shift.handlers[kind.name].brief)
        at_once: list[Settlement] = []
        started: list[_Started] = []
        for one in claimed:
            brief = briefs.get(one.item_id, Done())
            if isinstance(brief, Verdict):
                now = datetime.now(UTC)
                outcome: Outcome[Any] = Outcome(one, None, getattr(brief, "error", None), now, now)
                at_once.append(settling.decide(kind, outcome, brief, rng=self._shift.rng))
            else:
                started.append((kind, one, brief))
        settling.write(kind, at_once)
        return started, at_once
