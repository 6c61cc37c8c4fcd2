"""What goes wrong in a run, and when: drawn from the seed alone, so that the same seed plays the same plan again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

KILLS_TO_A_RESTART = 40
KILLS_TO_A_FAULT = 4
KILLS_TO_AN_EDIT = 5
FEWEST = 1

Fault = dict[str, Any]


class Trouble(StrEnum):
    """What can happen, beside the faults of the other side, which go by their own names."""

    KILL = "kill"
    SLEEP = "sleep"
    RESTART = "database restart"
    CLOCK = "clock of the tokens"
    EDIT_HERE = "edit here"
    EDIT_THERE = "edit there"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Event:
    """Happens once this share of the items has been done; `chance` draws whom it meets, `fault` is for the sandbox."""

    at: float
    trouble: Trouble
    chance: int
    fault: Fault = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How it is counted."""
        return self.fault.get("name", str(self.trouble)) if self.trouble is Trouble.FAULT else str(self.trouble)


def storm(rng: Random) -> Fault:
    """Too many requests, with a wait as a number, as nonsense, or none."""
    wait = rng.choice(["1", "1", "soon", None])
    return {"service": "dataverse", "fault": "status", "status": 429, "retry_after": wait, "times": rng.randint(4, 12)}


def outage(rng: Random) -> Fault:
    """Every call of a while is refused or cut off before it is read."""
    kinds: list[Fault] = [{"fault": "drop_before"}, {"fault": "status", "status": 503}]
    kind = rng.choice(kinds)
    return kind | {"service": rng.choice(["dataverse", "dataverse", "partner-center"]), "times": rng.randint(3, 10)}


def lost_answers(rng: Random) -> Fault:
    """The call takes effect, and nobody hears of it."""
    operation = rng.choice(["create", "create", "update", "query"])
    kind = rng.choice(["drop_after", "drop_after", "broken_json"])
    return {"service": "dataverse", "operation": operation, "fault": kind, "times": rng.randint(3, 15)}


def gateway_page(rng: Random) -> Fault:
    """HTML in place of JSON."""
    return {"service": rng.choice(["dataverse", "partner-center"]), "fault": "html", "times": rng.randint(2, 6)}


def expired_token(rng: Random) -> Fault:
    """The token is revoked in mid-run."""
    return {
        "service": rng.choice(["dataverse", "partner-center"]),
        "fault": "expired_token",
        "times": rng.randint(1, 3),
    }


def slow_answers(rng: Random) -> Fault:
    """An answer that takes its time."""
    return {"service": "dataverse", "fault": "slow", "seconds": rng.choice([0.3, 0.8]), "times": rng.randint(3, 10)}


def silent_names(rng: Random) -> Fault:
    """Name servers that fail or say nothing."""
    return {"service": "dns", "fault": rng.choice(["dns_servfail", "dns_truncate"]), "times": rng.randint(3, 20)}


FAULTS: dict[str, Callable[[Random], Fault]] = {
    "429 storm": storm,
    "outage": outage,
    "lost answers": lost_answers,
    "page of a gateway": gateway_page,
    "expired token": expired_token,
    "slow answers": slow_answers,
    "failing name servers": silent_names,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A run: how many items, and everything that goes wrong while they are done, in order."""

    seed: int
    items: int
    events: tuple[Event, ...]

    @classmethod
    def drawn(cls, *, seed: int, items: int, kills: int) -> Plan:
        """`kills` processes are killed; the rest comes in a proportion to them."""
        rng = Random(seed)
        counts = {
            Trouble.KILL: kills,
            Trouble.SLEEP: max(FEWEST, kills // KILLS_TO_A_RESTART),
            Trouble.RESTART: max(FEWEST, kills // KILLS_TO_A_RESTART),
            Trouble.CLOCK: max(FEWEST, kills // KILLS_TO_A_RESTART),
            Trouble.EDIT_HERE: max(FEWEST, kills // KILLS_TO_AN_EDIT),
            Trouble.EDIT_THERE: max(FEWEST, kills // KILLS_TO_AN_EDIT),
        }
        events = [_event(rng, trouble) for trouble, count in counts.items() for _ in range(count)]
        names = [name for name in FAULTS for _ in range(max(1, kills // KILLS_TO_A_FAULT // len(FAULTS)))]
        events += [_event(rng, Trouble.FAULT, fault=FAULTS[name](rng) | {"name": name}) for name in names]
        return cls(seed, items, tuple(sorted(events, key=lambda event: event.at)))

    def counts(self) -> dict[str, int]:
        """How often each thing happens."""
        return dict(sorted(Counter(event.name for event in self.events).items()))


def _event(rng: Random, trouble: Trouble, *, fault: Fault | None = None) -> Event:
    return Event(rng.uniform(0.01, 0.97), trouble, rng.getrandbits(32), fault or {})
