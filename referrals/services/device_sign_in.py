"""Signing in by device code, for a machine without a browser (contract 1.3): a code, and looks until somebody used it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

from hunter.errors import HunterError
from hunter.remote.errors import Deferred, RemoteError
from hunter.remote.tokens import FetchedToken, renewing
from referrals.interactive import NEW_CODE, DeviceSignIn, Poll
from referrals.services.runs import check_enabled
from referrals.services.signing_in import OtherAccount, SignedIn, keep_unless_other, take_other_account

WAIT_FOR_RIGHT = timedelta(seconds=30)
MOST_BETWEEN_LOOKS = (
    60.0  # seconds; a service in trouble is not asked more often, and not given up before the code ends
)
UNTOLD_LIFE, UNTOLD_INTERVAL = 900, 5


class AccountRefused(HunterError):
    """Another account than the one in use has signed in, and nobody said that it may."""


def pause(seconds: float) -> None:
    """Wait for the next look; Ctrl-C ends it at once."""
    Event().wait(seconds)


@dataclass(frozen=True, slots=True)
class Clock:
    """The time that a code has left, and the waits between looks: a test brings its own."""

    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = pause


@dataclass(slots=True)
class Looks:
    """How long to wait before the next look: the interval that Microsoft named, longer while it is in trouble."""

    interval: float
    _trouble: int = field(default=0)

    def after(self, found: Poll | RemoteError | Deferred) -> float:
        if isinstance(found, Poll):
            self._trouble = 0
            return self.interval
        self._trouble += 1
        asked = found.retry_after if isinstance(found, RemoteError) else None
        backed_off = min(MOST_BETWEEN_LOOKS, self.interval * float(2**self._trouble))
        return max(backed_off, asked.total_seconds() if asked else 0.0)


def sign_in_by_device_code(
    *, show: Callable[[str], None], progress: Callable[[str], None], may_replace: bool, clock: Clock
) -> SignedIn:
    """Show Microsoft's sentence, and keep the sign-in once somebody has used the code. Not inside a transaction.

    `may_replace`: whether another account may take the place of the one in use. Raises HunterError with the way out.
    """
    check_enabled()
    sign_in = DeviceSignIn()
    try:
        with renewing(wait=WAIT_FOR_RIGHT) as gate:
            show(sign_in.begin(gate))
        result = _wait_for(sign_in, progress=progress, clock=clock)
    finally:
        sign_in.close()
    if isinstance(result, SignedIn):
        return result
    if not may_replace:
        raise AccountRefused(
            f"{result.new} has signed in, but Hunter works as {result.current}; nothing was changed. Run the command again "
            "with --replace if that account is to take its place."
        )
    return take_other_account(result.pending, by=None)


def _wait_for(sign_in: DeviceSignIn, *, progress: Callable[[str], None], clock: Clock) -> SignedIn | OtherAccount:
    ends_at = clock.now() + float(sign_in.flow.get("expires_in", UNTOLD_LIFE))
    looks = Looks(float(sign_in.flow.get("interval", UNTOLD_INTERVAL)))
    wait = looks.interval
    while (left := ends_at - clock.now()) > 0:
        progress(f"Waiting until somebody has entered the code; it is good for {max(1, round(left / 60))} min more")
        clock.wait(min(wait, left))
        found = _look(sign_in)
        if not isinstance(found, Poll | RemoteError | Deferred):
            return found
        looks.interval = float(
            sign_in.flow.get("interval", looks.interval)
        )  # msal adds 5 s where Microsoft says slow_down
        wait = looks.after(found)
    raise HunterError(f"The code has expired before anybody used it. {NEW_CODE}")  # pending to the end (trap T35)


def _look(sign_in: DeviceSignIn) -> SignedIn | OtherAccount | Poll | RemoteError | Deferred:
    """Look once. What passes by itself is given back; what is final raises."""
    try:
        with renewing(wait=WAIT_FOR_RIGHT) as gate:
            found = sign_in.poll(gate)
            return keep_unless_other(found, by=None) if isinstance(found, FetchedToken) else found
    except Deferred as error:
        return error
    except RemoteError as error:
        if not error.retryable:
            raise
        return error
