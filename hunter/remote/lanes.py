"""The lanes and their figures: how often and how many at once Hunter may call each service (architecture §3)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from hunter.errors import HunterError


class LaneName(enum.StrEnum):
    """The services Hunter talks to, and the two lanes of its own."""

    PARTNER_CENTER = "partner_center"
    DYNAMICS365 = "dynamics365"
    HUBSPOT = "hubspot"
    ENTRA = "entra"
    DNS = "dns"
    RDAP = "rdap"
    HUNTER = "hunter"
    OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """Calls a second (for dns: domains), how many may come in one burst, how many at once, how many one drainer takes."""

    rate: float
    burst: int
    slots: int
    slots_per_drainer: int
    title: str


FIGURES: Mapping[LaneName, LaneFigures] = {
    LaneName.PARTNER_CENTER: LaneFigures(2, 2, 1, 1, "Partner Center"),
    # 19.5 × (300 s + 1 s of a grant's life) + 40 + 50 = 5,960 calls in any window; the service allows 6,000 and 52 at once.
    LaneName.DYNAMICS365: LaneFigures(19.5, 40, 50, 48, "Dynamics 365"),
    # 8 × (10 s + 1 s) + 4 + 8 = 100 calls in any window; the smallest accounts allow 100 in 10 s. A search counts for four.
    LaneName.HUBSPOT: LaneFigures(8, 4, 8, 8, "HubSpot"),
    LaneName.ENTRA: LaneFigures(1, 5, 1, 1, "Microsoft sign-in"),
    # A silent domain takes its ten seconds several times: so many at once keep the rate up beside hundreds of them.
    LaneName.DNS: LaneFigures(10, 10, 256, 200, "DNS"),
    LaneName.RDAP: LaneFigures(5, 5, 16, 16, "RDAP and WHOIS"),
    LaneName.HUNTER: LaneFigures(1000, 1000, 4, 4, "Hunter's own work"),
    LaneName.OUTGOING: LaneFigures(5, 5, 8, 8, "Messages to others"),
}


@dataclass(frozen=True, slots=True)
class Window:
    """How a service counts that counts in windows: so many calls in so many seconds, and so many at once (R2.3)."""

    calls: int
    seconds: int
    at_once: int

    def most_calls(self, *, rate: float, burst: int, slots: int) -> float:
        """What any window may come to: a grant lives for a second, and what is out may arrive bunched."""
        return rate * (self.seconds + 1) + burst + slots


WINDOWS: Mapping[LaneName, Window] = {LaneName.DYNAMICS365: Window(calls=6_000, seconds=300, at_once=52)}
MOST_RATE, MOST_SLOTS = 1_000_000, 4096
# Behind each of these stands one service, so that failures in a row are its own; for dns it is our own resolver, and a
# domain's servers that fail are no failure of it. What the other lanes call are many servers of many people, and trouble
# with one of them says nothing of the next.
ONE_SERVICE = frozenset({LaneName.PARTNER_CENTER, LaneName.DYNAMICS365, LaneName.HUBSPOT, LaneName.ENTRA, LaneName.DNS})


def title_of(service: str) -> str:
    """What people call a service: its lane's title, or the word itself where it has none."""
    return FIGURES[LaneName(service)].title if service in set(LaneName) else service


def figures(name: LaneName) -> LaneFigures:
    """A lane's figures, with LIMIT_<LANE> and CONCURRENCY_<LANE> of the environment in place of the defaults."""
    default = FIGURES[name]
    rate, burst = default.rate, default.burst
    slots, share = default.slots, default.slots_per_drainer
    if limit := settings.LANE_LIMITS.get(name):
        rate, burst = _read_limit(limit, name=name)
    if concurrency := settings.LANE_CONCURRENCY.get(name):
        slots = _read_concurrency(concurrency, name=name)
        if name is LaneName.ENTRA and slots > 1:
            raise HunterError(
                "CONCURRENCY_ENTRA must be 1: its one slot is the right to renew a token, which two must not have at once.",
                field="CONCURRENCY_ENTRA",
            )
        share = share_of(slots)
    return LaneFigures(rate, burst, slots, share, default.title)


def share_of(slots: int) -> int:
    """How many of a lane's slots one drainer takes: of ten or more it leaves two for pages and commands."""
    return slots - 2 if slots >= 10 else slots


def _read_limit(text: str, *, name: LaneName) -> tuple[float, int]:
    variable = f"LIMIT_{name.upper()}"
    rate_text, _, burst_text = text.partition(",")
    try:
        rate, burst = float(rate_text), int(burst_text or max(1, round(float(rate_text))))
    except ValueError as error:
        raise HunterError(
            f"{variable} is {text!r}; it takes calls a second and a burst, like 19.5,40.", field=variable
        ) from error
    if not 0 < rate <= MOST_RATE or not 0 < burst <= MOST_RATE:
        raise HunterError(
            f"{variable} is {text!r}; both numbers must be above 0 and at most 1,000,000.", field=variable
        )
    return rate, burst


def _read_concurrency(text: str, *, name: LaneName) -> int:
    variable = f"CONCURRENCY_{name.upper()}"
    if not text.isdigit() or not 0 < int(text) <= MOST_SLOTS:
        raise HunterError(f"{variable} is {text!r}; it takes a whole number from 1 to 4096.", field=variable)
    return int(text)
