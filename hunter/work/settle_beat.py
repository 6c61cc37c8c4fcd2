"""The last beat: outcomes come in, and a block of them is settled in one short transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from hunter.crashpoints import crash_point
from hunter.transactions import retried
from hunter.work import settling
from hunter.work.acts import Acts
from hunter.work.heeding import Heeding
from hunter.work.kinds import Done, Kind, Outcome, Progress
from hunter.work.outages import heeded
from hunter.work.settling import Settlement
from hunter.work.shift import Shift
from hunter.work.single_rows import one_bad_costs_one
from hunter.work.trouble import resolve_trouble
from hunter.work.verdicts import verdict_for

SETTLE_AT = 500  # a block as large as the largest claim; what a crash repeats is bounded by the time below too
SETTLE_EVERY_SECONDS = 0.25


class _LeaseLost(Exception):
    """Some of the items are somebody else's by now; `ours` are the ids of the others."""

    def __init__(self, ours: set[int]) -> None:
        super().__init__()
        self.ours = ours


class SettleBeat:
    """Collects outcomes and settles those that are still ours."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._heeding = Heeding(shift)
        self._settled_at = time.monotonic()

    def collect(self, acts: Acts) -> None:
        """Take in what has ended; what it means for the whole lane is told at once (R2.6)."""
        shift = self._shift
        for outcome in acts.ready():
            running = shift.running.get(outcome.claimed.item_id)
            if running is None or running.claimed.lease != outcome.claimed.lease:
                continue  # its lease was lost: somebody else has the item now, or another act of ours
            del shift.running[outcome.claimed.item_id]
            shift.ready.append(outcome)
            self._heeding.heed(outcome)

    def settle_when_worth_it(self) -> None:
        """Settle once there are enough outcomes, or the oldest has waited long enough."""
        shift = self._shift
        waited = time.monotonic() - self._settled_at
        if not shift.ready:
            self._settled_at = time.monotonic()
        elif len(shift.ready) >= SETTLE_AT or waited >= SETTLE_EVERY_SECONDS or not shift.running:
            self._settle(shift.ready)
            shift.ready = []
            self._settled_at = time.monotonic()

    def _settle(self, outcomes: Sequence[Outcome[Any]]) -> None:
        outcomes = heeded(self._shift.lane, outcomes, self._shift.handlers, rng=self._shift.rng)
        for kind in self._shift.kinds.values():
            mine = [one for one in outcomes if one.claimed.kind == kind.name]
            if mine:
                crash_point(f"{kind.name}.before_settle")
                self._shift.count(self._settle_kind(kind, mine))
                crash_point(f"{kind.name}.after_settle_commit")

    def _settle_kind(self, kind: Kind, outcomes: Sequence[Outcome[Any]]) -> list[Settlement]:
        """Results before items; when a lease was lost, all is taken back and done once more without that item."""
        while outcomes:
            try:
                return self._settle_block(kind, outcomes)
            except _LeaseLost as lost:
                outcomes = [one for one in outcomes if one.claimed.item_id in lost.ours]
        return []

    @retried
    def _settle_block(self, kind: Kind, outcomes: Sequence[Outcome[Any]]) -> list[Settlement]:
        with transaction.atomic(durable=True):
            settlements = self._judged(kind, outcomes)
            ours = settling.still_ours([one.claimed for one in outcomes])
            if len(ours) < len(outcomes):
                raise _LeaseLost(ours)
            settling.write(kind, settlements)
            if any(isinstance(one.verdict, Done | Progress) for one in settlements):
                resolve_trouble(self._shift.lane)
            crash_point(f"{kind.name}.before_settle_commit")
        return settlements

    def _judged(self, kind: Kind, outcomes: Sequence[Outcome[Any]]) -> list[Settlement]:
        ordered = sorted(outcomes, key=lambda one: one.claimed.key)
        verdicts = one_bad_costs_one(kind, ordered, self._shift.handlers[kind.name].settle)
        return [
            settling.decide(kind, one, verdicts.get(one.claimed.item_id) or verdict_for(one), rng=self._shift.rng)
            for one in ordered
        ]
