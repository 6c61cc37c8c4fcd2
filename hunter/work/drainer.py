"""The drainer: claims what is due in a lane, lets it act, settles what came of it, until its time is used (architecture §1).

Its main thread is the only one with a connection. The three beats overlap: a slot that gets free is filled again.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from hunter.crashpoints import crash_point
from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.errors import AuthenticationFailed, Deferred, RemoteError, Strategy
from hunter.remote.gate import PurseGate
from hunter.remote.lanes import LaneName, figures
from hunter.transactions import retried
from hunter.work import claims, doorbell, leases, settling
from hunter.work.acts import Acts
from hunter.work.kinds import Claimed, Dead, Done, Handler, Kind, Later, Outcome, Progress, Verdict, kinds_in
from hunter.work.outlook import due_in, lane_state
from hunter.work.preparing import prepared
from hunter.work.settling import Settlement
from hunter.work.side_lanes import SideGate
from hunter.work.trouble import pause_for, pause_until_a_person_acts, resolve_trouble
from hunter.work.verdicts import unforeseen, verdict_for

logger = logging.getLogger(__name__)

BUDGET = timedelta(seconds=60)  # with the longest call (130 s) and a settle well below the queue's time limit of 300 s
SETTLE_AT = 100
SETTLE_EVERY_SECONDS = 0.25
LOOK_EVERY_SECONDS = 0.2
LONGEST_IDLE_SECONDS = (
    10.0  # a drainer with nothing to do keeps others from the slots; later work has the minute's tick
)
PURSE_AHEAD_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What one drainer did."""

    done: int = 0
    failed: int = 0
    put_off: int = 0
    had_slots: bool = True


@dataclass(slots=True)
class _Running:
    claimed: Claimed
    kind: Kind
    began: float
    renewed: float


_Started = tuple[Kind, Claimed, Any]


class Drainer:
    """Works one lane within a time budget. Any number may run at once; the lane's slots part the work."""

    def __init__(
        self, lane: LaneName, *, budget: timedelta = BUDGET, until: Callable[[], bool] = lambda: False
    ) -> None:
        self.lane = lane
        self._ends_at = time.monotonic() + budget.total_seconds()
        self._until = until
        self._rng = SystemRandom()
        self._stir = threading.Event()
        self._stopping = False
        self._holder = uuid.uuid4()
        self._hold = timedelta(seconds=settings.LEASE_SECONDS)
        self._kinds = {kind.name: kind for kind in kinds_in(lane)}
        self._handlers: dict[str, Handler[Any, Any]] = {name: kind.handler() for name, kind in self._kinds.items()}
        self._sides = [
            SideGate(side, holder=self._holder, hold=self._hold, stir=self._stir.set)
            for side in sorted({side for kind in self._kinds.values() for side in kind.side_lanes})
        ]
        own = PurseGate(lane, stir=self._stir.set)
        self._gates: dict[str, PurseGate] = {gate.lane: gate for gate in (own, *self._sides)}
        self._running: dict[int, _Running] = {}
        self._ready: list[Outcome[Any]] = []
        self._settled_at = self._slots_renewed_at = time.monotonic()
        self._renewed_at: datetime | None = None
        self._claims = self._rng.randrange(claims.SHARE_FOR_LOWER)  # short-lived drainers too come to the eighth
        self._slots = 0
        self._report = DrainReport()

    def stop(self) -> None:
        """Claim nothing more; what runs is finished and settled.

        May be called from a signal handler, so it takes no lock: the interrupted thread may hold it. The next beat looks.
        """
        self._stopping = True

    def run(self) -> DrainReport:
        """Drain until nothing is due within the budget; raises what breaks the drainer itself."""
        if not self._kinds:
            return self._report
        doorbell.hear(self.lane)
        for gate in self._gates.values():
            limits.ensure_lane(gate.lane)
        share = figures(self.lane).slots_per_drainer
        self._slots = limits.take_slots(self.lane, holder=self._holder, count=share, hold=self._hold)
        if not self._slots:
            return replace(self._report, had_slots=False)

        acts = Acts(threads=self._slots + 4, stir=self._stir.set)
        try:
            if self._prepared():
                self._beat(acts)
        finally:
            for gate in self._gates.values():
                gate.close("The drainer has ended; the call was not made.")
            acts.close()
            if not self._running:  # else their calls are still open: the slots come free as the leases do
                limits.give_back_slots(self._holder)
        self._ring_for_the_rest()  # not after a failure, which would come back at once: the tick rings
        return self._report

    def _prepared(self) -> bool:
        ready = prepared(self.lane, self._handlers, self._gates, rng=self._rng)
        self._handlers = {name: handler for name, handler in self._handlers.items() if name in ready}
        self._kinds = {name: kind for name, kind in self._kinds.items() if name in ready}
        return bool(ready)

    def _beat(self, acts: Acts) -> None:
        while True:
            self._stir.clear()
            self._collect(acts)
            self._settle_when_worth_it()
            self._renew_leases()
            self._fill_purses()
            claimed = self._claim_if_room(acts)
            if not claimed and not self._running and not self._ready and not self._worth_waiting():
                return
            self._stir.wait(LOOK_EVERY_SECONDS if not claimed else 0)

    def _may_claim(self) -> bool:
        return not self._stopping and time.monotonic() < self._ends_at and not self._until()

    def _worth_waiting(self) -> bool:
        """Something will be due, or the lane open again, before the budget ends."""
        if not self._may_claim():
            return False
        due, state = due_in(self.lane, kinds=list(self._kinds)), lane_state(self.lane)
        if due is None or state.held:
            return False
        return max(due, state.paused_for) < min(LONGEST_IDLE_SECONDS, self._ends_at - time.monotonic())

    # --- claim -------------------------------------------------------------------------------------------------

    def _claim_if_room(self, acts: Acts) -> int:
        room = min(self._slots - len(self._running), self._leave_ahead() - self._gates[self.lane].waiting())
        if room <= 0 or not self._may_claim() or not self._is_open():
            return 0
        if any(one.claimed.alone for one in self._running.values()):
            return 0  # it has killed its holders: it takes nobody with it
        started, at_once = self._claim(count=room, alone=not self._running and not self._ready)
        self._count(at_once)
        self._claims += len(started) + len(at_once)
        for kind, claimed, brief in started:
            now = time.monotonic()
            self._running[claimed.item_id] = _Running(claimed, kind, began=now, renewed=now)
            acts.start(self._handlers[kind.name], brief, claimed, self._gates)
        return len(started) + len(at_once)

    def _leave_ahead(self) -> int:
        """How many may wait for leave to call: about a second's worth, so that what a person clicks comes next (R7.2)."""
        lane = figures(self.lane)
        return max(lane.burst, int(lane.rate), 1)

    def _is_open(self) -> bool:
        state = lane_state(self.lane)
        if state.is_open:
            self._gates[self.lane].open()
        else:
            self._gates[self.lane].close(state.reason or "The lane is held by a person.")
        return state.is_open

    @retried
    def _claim(self, *, count: int, alone: bool) -> tuple[list[_Started], list[Settlement]]:
        started: list[_Started] = []
        at_once: list[Settlement] = []
        with transaction.atomic(durable=True):
            block = claims.claim(
                self.lane,
                kinds=list(self._kinds),
                count=count,
                lease=uuid.uuid4(),
                hold=self._hold,
                alone=alone,
                before=self._claims,
            )
            for kind in self._kinds.values():
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
        briefs = self._one_bad_costs_one(kind, claimed, self._handlers[kind.name].brief)
        at_once: list[Settlement] = []
        started: list[_Started] = []
        for one in claimed:
            brief = briefs.get(one.item_id, Done())
            if isinstance(brief, Verdict):
                now = datetime.now(UTC)
                outcome: Outcome[Any] = Outcome(one, None, getattr(brief, "error", None), now, now)
                at_once.append(settling.decide(kind, outcome, brief, rng=self._rng))
            else:
                started.append((kind, one, brief))
        settling.write(kind, at_once)
        return started, at_once

    # --- settle ------------------------------------------------------------------------------------------------

    def _collect(self, acts: Acts) -> None:
        for outcome in acts.ready():
            running = self._running.get(outcome.claimed.item_id)
            if running is None or running.claimed.lease != outcome.claimed.lease:
                continue  # its lease was lost: somebody else has the item now, or another act of ours
            del self._running[outcome.claimed.item_id]
            self._ready.append(outcome)
            if isinstance(outcome.error, RemoteError):
                self._heed(outcome.error, began_at=outcome.began_at)

    def _heed(self, error: RemoteError, *, began_at: datetime) -> None:
        """What an error means for the whole lane, told at once and not at the next settle (R2.6)."""
        if isinstance(error, AuthenticationFailed):
            if self._renewed_at is None:
                self._renew_credential()
            elif began_at >= self._renewed_at:  # else it went out with the token of before
                pause_for(self.lane, error, rng=self._rng)
        elif error.strategy is Strategy.PAUSE_LANE:
            pause_for(self.lane, error, rng=self._rng)

    def _renew_credential(self) -> None:
        try:
            for handler in self._handlers.values():
                handler.renew_credential()
        except RemoteError as trouble:
            pause_for(self.lane, trouble, rng=self._rng)
        except Deferred as trouble:
            limits.pause(self.lane, wait=timedelta(seconds=5), reason=trouble.message)
        except HunterError as trouble:
            pause_until_a_person_acts(self.lane, trouble)
        self._renewed_at = datetime.now(UTC)

    def _settle_when_worth_it(self) -> None:
        waited = time.monotonic() - self._settled_at
        if not self._ready:
            self._settled_at = time.monotonic()
        elif len(self._ready) >= SETTLE_AT or waited >= SETTLE_EVERY_SECONDS or not self._running:
            self._settle(self._ready)
            self._ready = []
            self._settled_at = time.monotonic()

    def _settle(self, outcomes: Sequence[Outcome[Any]]) -> None:
        for kind in self._kinds.values():
            mine = [one for one in outcomes if one.claimed.kind == kind.name]
            if mine:
                crash_point(f"{kind.name}.before_settle")
                self._count(self._settle_kind(kind, mine))
                crash_point(f"{kind.name}.after_settle_commit")

    @retried
    def _settle_kind(self, kind: Kind, outcomes: Sequence[Outcome[Any]]) -> list[Settlement]:
        """Results before items, in one transaction; when a lease was lost, once more without that item."""
        with transaction.atomic(durable=True):
            while outcomes:
                mark = transaction.savepoint()
                settlements = self._judged(kind, outcomes)
                ours = settling.still_ours([one.claimed for one in outcomes])
                if len(ours) == len(outcomes):
                    settling.write(kind, settlements)
                    if any(isinstance(one.verdict, Done | Progress) for one in settlements):
                        resolve_trouble(self.lane)
                    crash_point(f"{kind.name}.before_settle_commit")
                    transaction.savepoint_commit(mark)
                    return settlements
                transaction.savepoint_rollback(mark)
                outcomes = [one for one in outcomes if one.claimed.item_id in ours]
        return []

    def _judged(self, kind: Kind, outcomes: Sequence[Outcome[Any]]) -> list[Settlement]:
        ordered = sorted(outcomes, key=lambda one: one.claimed.key)
        verdicts = self._one_bad_costs_one(kind, ordered, self._handlers[kind.name].settle)
        return [
            settling.decide(kind, one, verdicts.get(one.claimed.item_id) or verdict_for(one), rng=self._rng)
            for one in ordered
        ]

    def _one_bad_costs_one(
        self, kind: Kind, rows: Sequence[Any], write: Callable[[Sequence[Any]], Mapping[int, Any]]
    ) -> Mapping[int, Any]:
        """Do a block in a savepoint; when it fails, one by one, so that the bad row is the only one to fail (R3.5)."""
        try:
            with transaction.atomic():
                return write(rows)
        except (OperationalError, InterfaceError):
            raise  # the database itself: nothing about these rows
        except Exception as error:
            if len(rows) > 1:
                return {
                    key: value for one in rows for key, value in self._one_bad_costs_one(kind, [one], write).items()
                }
            claimed = rows[0].claimed if isinstance(rows[0], Outcome) else rows[0]
            if isinstance(error, HunterError):
                return {claimed.item_id: Dead(error)}
            logger.exception("work.failed", extra={"kind": kind.name, "key": claimed.key})
            return {claimed.item_id: Later(unforeseen(error))}

    def _count(self, settlements: Sequence[Settlement]) -> None:
        done = sum(isinstance(one.verdict, Done | Progress) for one in settlements)
        dead = sum(isinstance(one.verdict, Dead) for one in settlements)
        rest = len(settlements) - done - dead
        before = self._report
        self._report = DrainReport(before.done + done, before.failed + dead, before.put_off + rest)

    # --- while acts run ----------------------------------------------------------------------------------------

    def _fill_purses(self) -> None:
        for side in self._sides:
            side.fill_slots()
        for gate in self._gates.values():
            wanted = gate.waiting()
            if wanted:
                ahead = max(1, int(figures(gate.lane).rate * PURSE_AHEAD_SECONDS))
                bought = limits.buy(gate.lane, count=min(wanted, max(ahead, figures(gate.lane).burst)))
                gate.grant(bought.granted)
                if bought.closed:
                    gate.close(f"{figures(gate.lane).title} is paused.")
            elif gate.lane != self.lane:
                gate.open()

    def _renew_leases(self) -> None:
        now, third = time.monotonic(), self._hold.total_seconds() / 3
        if now - self._slots_renewed_at > third:
            for side in self._sides:
                side.renew_slots()
            self._slots = limits.renew_slots(
                self.lane, holder=self._holder, hold=self._hold
            )  # others may have some now
            self._slots_renewed_at = now
        for one in list(self._running.values()):
            if now - one.began > one.kind.longest_act.total_seconds() + self._hold.total_seconds():
                del self._running[one.claimed.item_id]  # it hangs, and its lease is long gone
        old = [
            one
            for one in self._running.values()
            if now - one.renewed > third and now - one.began < one.kind.longest_act.total_seconds()
        ]
        kept = leases.renew([one.claimed for one in old], hold=self._hold)
        for one in old:
            one.renewed = now
            if one.claimed.item_id not in kept:
                del self._running[one.claimed.item_id]

    def _ring_for_the_rest(self) -> None:
        """Whoever leaves due work behind rings; one that found no slot may have heard the bell meanwhile.

        Not while the lane is closed: drainers would call each other all the time. The tick rings then.
        """
        due = due_in(self.lane, kinds=list(self._kinds))
        if due is not None and due <= 0 and lane_state(self.lane).is_open:
            doorbell.ring(self.lane)
