"""How much Hunter may ask of a service, set by a person: everywhere at once, with its reason (admin, operating)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.audit.recording import record
from hunter.errors import HunterError
from hunter.ops.holding import LaneChange
from hunter.remote import limits
from hunter.remote.lanes import MOST_RATE, MOST_SLOTS, WINDOWS, LaneFigures, LaneName, Window, figures
from hunter.remote.models import Lane


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls a second, in one burst, and at once."""

    limit: float
    burst: int
    slots: int

    def words(self) -> str:
        """As people read it."""
        return f"{self.limit:,.10g} a second, {self.burst:,} in a burst, {self.slots:,} at once"


def limits_of(own: LaneFigures) -> Limits:
    return Limits(own.rate, own.burst, own.slots)


@transaction.atomic(durable=True)
def limit_lane(  # noqa: PLR0913  one name for each figure, and who says why
    name: LaneName, *, limit: float | None = None, burst: int | None = None, slots: int | None = None, why: str,
    by: AbstractBaseUser, seen: str = "",
) -> LaneChange:  # fmt: skip
    """Set a lane's figures for all machines at once, until they are taken back; what is None stays. Audited.

    `seen`: the figures that the person had before him, where he chose by them. Raises HunterError with the field.
    """
    lane, before = locked(name, why=why)
    if seen and seen != before.words():
        raise HunterError(f"Somebody changed the limit meanwhile: now it is {before.words()}. Look at it again.")
    wanted = Limits(
        before.limit if limit is None else limit,
        before.burst if burst is None else burst,
        before.slots if slots is None else slots,
    )
    check_limits(name, wanted)
    if wanted == before:
        return LaneChange(figures(name).title, f"stays as it is: {before.words()}.")
    limits.set_own(
        name, rate=wanted.limit, burst=wanted.burst, slots=wanted.slots, by=by.get_username(), why=why.strip()[:300]
    )
    record(lane, act="limit", by=by, before=asdict(before), after=asdict(wanted), why=why.strip())
    return LaneChange(figures(name).title, f"may be called {wanted.words()}, on all machines from now on.")


@transaction.atomic(durable=True)
def default_limits(name: LaneName, *, why: str, by: AbstractBaseUser) -> LaneChange:
    """Take back what was set by hand: the figures of the settings hold again. Audited."""
    lane, before = locked(name, why=why)
    default = limits_of(figures(name))
    if lane.own_rate is None and lane.own_burst is None and lane.own_slots is None:
        return LaneChange(figures(name).title, f"has its default already: {before.words()}.")
    limits.set_own(name, rate=None, burst=None, slots=None, by="", why="")
    record(lane, act="default limit", by=by, before=asdict(before), after=asdict(default), why=why.strip())
    return LaneChange(figures(name).title, f"has its default again: {default.words()}.")


def locked(name: LaneName, *, why: str) -> tuple[Lane, Limits]:
    """The lane's row, kept from others for this transaction, and its figures of now."""
    if not why.strip():
        raise HunterError(
            f"Say why the limit of {figures(name).title} changes, so that the next person knows.", field="why"
        )
    limits.ensure_lane(name)
    lane = Lane.objects.select_for_update().get(pk=name.value)
    return lane, Limits(lane.rate, lane.burst, lane.slot_count)


def check_limits(name: LaneName, wanted: Limits) -> None:
    """Refuse what makes no sense, and what the service would refuse. Raises HunterError with the field."""
    if not (math.isfinite(wanted.limit) and 0 < wanted.limit <= MOST_RATE):
        raise HunterError(f"Calls a second must be above 0 and at most {MOST_RATE:,}.", field="limit")
    if not 0 < wanted.burst <= MOST_RATE:
        raise HunterError(f"A burst must be a whole number from 1 to {MOST_RATE:,}.", field="burst")
    if not 0 < wanted.slots <= MOST_SLOTS:
        raise HunterError(f"Calls at once must be a whole number from 1 to {MOST_SLOTS:,}.", field="slots")
    if name is LaneName.ENTRA and wanted.slots != 1:
        raise HunterError(
            "It must be 1 here: the one slot is the right to renew a token, which two must not have at once.",
            field="slots",
        )
    if window := WINDOWS.get(name):
        check_window(figures(name).title, window, wanted)


def check_window(title: str, window: Window, wanted: Limits) -> None:
    if wanted.slots > window.at_once:
        raise HunterError(f"{title} takes {window.at_once} calls at once, and refuses more.", field="slots")
    most = window.most_calls(rate=wanted.limit, burst=wanted.burst, slots=wanted.slots)
    if most > window.calls:
        allowed = math.floor((window.calls - wanted.burst - wanted.slots) / (window.seconds + 1) * 10) / 10
        way_out = (
            f"with this burst and so many at once at most {allowed:,.10g} a second" if allowed > 0
            else "take a smaller burst"
        )  # fmt: skip
        raise HunterError(
            f"{title} takes {window.calls:,} calls in any {window.seconds} seconds. These figures may come to "
            f"{math.ceil(most):,}: {way_out}.",
            field="limit" if allowed > 0 else "burst",
        )
