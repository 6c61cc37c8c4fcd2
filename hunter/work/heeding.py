"""What the error of one act means for the whole lane: a token is renewed once, or the lane pauses (R2.6, R5.5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hunter.errors import HunterError
from hunter.remote.errors import AuthenticationFailed, Deferred, RemoteError, Strategy
from hunter.work.kinds import Outcome
from hunter.work.shift import Shift
from hunter.work.trouble import pause_briefly, pause_for, pause_until_a_person_acts


class Heeding:
    """Hears the errors of one drainer's acts as they come in."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._renewed_at: datetime | None = None

    def heed(self, outcome: Outcome[Any]) -> None:
        """Told at once and not at the next settle."""
        shift, error = self._shift, outcome.error
        if not isinstance(error, RemoteError):
            return
        if isinstance(error, AuthenticationFailed):
            if self._renewed_at is None:
                self._renew_credential()
            elif outcome.began_at >= self._renewed_at:  # else it went out with the token of before
                pause_for(shift.lane, error, rng=shift.rng, met_by=outcome.claimed)
        elif error.strategy is Strategy.PAUSE_LANE:
            pause_for(shift.lane, error, rng=shift.rng, met_by=outcome.claimed)

    def _renew_credential(self) -> None:
        shift = self._shift
        try:
            for handler in shift.handlers.values():
                handler.renew_credential()
        except RemoteError as trouble:
            pause_for(shift.lane, trouble, rng=shift.rng)
        except Deferred as trouble:
            pause_briefly(shift.lane, trouble, rng=shift.rng)
        except HunterError as trouble:
            pause_until_a_person_acts(shift.lane, trouble, rng=shift.rng)
        self._renewed_at = datetime.now(UTC)
