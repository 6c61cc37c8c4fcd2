"""The drainer: claims what is due in a lane, lets it act, settles what came of it, until its time is used (architecture §1).

Its main thread is the only one with a connection. The three beats overlap: a slot that gets free is filled again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random, SystemRandom

from hunter.remote import limits
from hunter.remote.lanes import MOST_SLOTS, LaneName
from hunter.work import doorbell, holders
from hunter.work.acts import Acts
from hunter.work.claim_beat import ClaimBeat
from hunter.work.outlook import due_in, lane_state
from hunter.work.preparing import prepared
from hunter.work.settle_beat import SettleBeat
from hunter.work.shift import DrainReport, Shift
from hunter.work.upkeep import Upkeep

BUDGET = timedelta(seconds=60)  # with the longest call (130 s) and a settle well below the queue's time limit of 300 s
LOOK_EVERY_SECONDS = 0.2
LONGEST_IDLE_SECONDS = (
    10.0  # a drainer with nothing to do keeps others from the slots; later work has the minute's tick
)


class Drainer:
    """Works one lane within a time budget. Any number may run at once; the lane's slots part the work."""

    def __init__(
        self,
        lane: LaneName,
        *,
        budget: timedelta = BUDGET,
        until: Callable[[], bool] = lambda: False,
        rng: Random | None = None,
    ) -> None:
        self.lane = lane
        self._ends_at = time.monotonic() + budget.total_seconds()
        self._until = until
        self._stopping = False
        self._shift = Shift(lane, rng=rng or SystemRandom())
        self._claim = ClaimBeat(self._shift)
        self._settle = SettleBeat(self._shift)
        self._upkeep = Upkeep(self._shift)

    def stop(self) -> None:
        """Claim nothing more; what runs is finished and settled.

        May be called from a signal handler, so it takes no lock: the interrupted thread may hold it. The next beat looks.
        """
        self._stopping = True

    def run(self) -> DrainReport:
        """Drain until nothing is due within the budget; raises what breaks the drainer itself."""
        shift = self._shift
        if not shift.kinds:
            return shift.report
        doorbell.hear(self.lane)
        for gate in shift.gates.values():
            limits.ensure_lane(gate.lane)
        share = limits.current(self.lane).slots_per_drainer
        shift.slots = limits.take_slots(self.lane, holder=shift.holder, count=share, hold=shift.hold)
        if not shift.slots:
            return replace(shift.report, had_slots=False)

        holders.begin(shift.holder, self.lane, hold=shift.hold)
        acts = Acts(threads=MOST_SLOTS, stir=shift.stir.set)
        try:
            if self._prepared():
                self._beat(acts)
        finally:
            for gate in shift.gates.values():
                gate.close("The drainer has ended; the call was not made.")
            acts.close()
            if not shift.running:  # else their calls are still open: the slots come free as the leases do
                limits.give_back_slots(shift.holder)
                holders.end(shift.holder)
        self._ring_for_the_rest()  # not after a failure, which would come back at once: the tick rings
        return shift.report

    def _prepared(self) -> bool:
        shift = self._shift
        shift.keep_kinds(prepared(self.lane, shift.handlers, shift.gates, rng=shift.rng))
        return bool(shift.kinds)

    def _beat(self, acts: Acts) -> None:
        shift = self._shift
        while True:
            shift.stir.clear()
            self._settle.collect(acts)
            self._settle.settle_when_worth_it()
            self._upkeep.renew()
            self._upkeep.fill_purses()
            claimed = self._claim.take(acts) if self._may_claim() else 0
            if not claimed and not shift.running and not shift.ready and not self._worth_waiting():
                return
            shift.stir.wait(LOOK_EVERY_SECONDS if not claimed else 0)

    def _may_claim(self) -> bool:
        return not self._stopping and time.monotonic() < self._ends_at and not self._until()

    def _worth_waiting(self) -> bool:
        """Something will be due, or the lane open again, before the budget ends."""
        if not self._may_claim():
            return False
        due, state = due_in(self.lane, kinds=list(self._shift.kinds)), lane_state(self.lane)
        if due is None or state.held:
            return False
        return max(due, state.paused_for) < min(LONGEST_IDLE_SECONDS, self._ends_at - time.monotonic())

    def _ring_for_the_rest(self) -> None:
        """Whoever leaves due work behind rings; one that found no slot may have heard the bell meanwhile.

        Not while the lane is closed: drainers would call each other all the time. The tick rings then.
        """
        due = due_in(self.lane, kinds=list(self._shift.kinds))
        if due is not None and due <= 0 and lane_state(self.lane).is_open:
            doorbell.ring(self.lane)
