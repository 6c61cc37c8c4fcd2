"""While acts run: leases and slots are renewed, purses are filled for those that wait to call."""

from __future__ import annotations

import time

from hunter.remote import limits
from hunter.remote.lanes import figures
from hunter.work import holders, leases
from hunter.work.shift import Running, Shift


class Upkeep:
    """A drainer's heartbeat: what it holds stays its own for as long as its acts may take, and no longer."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._slots_renewed_at = time.monotonic()

    def fill_purses(self) -> None:
        """Buy grants for the calls that wait; a gate whose lane is closed lets them go."""
        shift = self._shift
        for side in shift.sides:
            side.fill_slots()
        for gate in shift.gates.values():
            wanted = gate.waiting()
            if wanted:
                bought = limits.buy(gate.lane, count=wanted)
                gate.grant(bought.granted)
                if bought.closed:
                    gate.close(f"{figures(gate.lane).title} is paused.")
            elif gate.lane != shift.lane:
                gate.open()

    def renew(self) -> None:
        """Renew what has used a third of its time; an act beyond its kind's longest time is let go."""
        shift = self._shift
        now, third = time.monotonic(), shift.hold.total_seconds() / 3
        if now - self._slots_renewed_at > third:
            self._renew_slots()
            holders.renew(shift.holder, hold=shift.hold)
            self._slots_renewed_at = now
        for one in list(shift.running.values()):
            if now - one.began > one.kind.longest_act.total_seconds() + shift.hold.total_seconds():
                del shift.running[one.claimed.item_id]  # it hangs, and its lease is long gone
        self._renew_leases(
            [
                one
                for one in shift.running.values()
                if now - one.renewed > third and now - one.began < one.kind.longest_act.total_seconds()
            ],
            now=now,
        )

    def _renew_slots(self) -> None:
        shift = self._shift
        for side in shift.sides:
            side.renew_slots()
        shift.slots = limits.renew_slots(shift.lane, holder=shift.holder, hold=shift.hold)  # others may have some now

    def _renew_leases(self, old: list[Running], *, now: float) -> None:
        kept = leases.renew([one.claimed for one in old], hold=self._shift.hold)
        for one in old:
            one.renewed = now
            if one.claimed.item_id not in kept:
                del self._shift.running[one.claimed.item_id]
