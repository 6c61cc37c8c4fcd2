"""A drainer's slots follow the lane's figures: a person may change them while it runs."""

from __future__ import annotations

from hunter.remote import limits
from hunter.work.outlook import LaneState
from hunter.work.shift import Shift


class SlotShare:
    """Gives back what the lane has no more as soon as no act of its own needs it, and takes more where it has more."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._known: tuple[int, int] | None = None
        self._has_too_many = False

    def follow(self, state: LaneState) -> None:
        """Once in each beat; costs nothing while the figures stay as they are."""
        shift, before = self._shift, self._known
        self._known = (state.slots, state.share)
        if before is not None and before != self._known:
            self._has_too_many = True
            if state.share > shift.slots:
                shift.slots += limits.take_slots(
                    shift.lane, holder=shift.holder, count=state.share - shift.slots, hold=shift.hold
                )
        if self._has_too_many:
            idle = max(0, shift.slots - len(shift.running))
            freed, beyond = limits.give_back_beyond(shift.lane, holder=shift.holder, count=idle)
            shift.slots -= freed
            self._has_too_many = beyond > freed
