"""A toy kind of work: each key's acts are written down in the test, and what was settled is kept in a table of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, cast

from django.db import connection

from hunter.errors import HunterError
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Handler, Kind, Outcome, Verdict
from hunter.work.policies import RetryPolicy
from hunter.work.verdicts import verdict_for

TOY = "toy"
LANE = LaneName.OUTGOING  # no other kind works there
POLICY = RetryPolicy(attempts=3, first_wait=timedelta(seconds=60))
CREATE = "create table if not exists toy_done (key text not null, at timestamptz default clock_timestamp())"
DROP = "drop table if exists toy_done"

Act = Callable[[Gates], Any]


def succeed(gates: Gates) -> str:
    """An act that goes right at once."""
    return "fine"


def failing(error: HunterError) -> Act:
    """An act that ends with this error."""

    def act(gates: Gates) -> Any:
        raise error

    return act


class NoPlaceIsKept(Random):
    """The eighth place, which is kept for the lower classes, is still far off."""

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        return 0


@dataclass
class Script:
    """What a toy's drainers do for each key, one act after the other (the last one stays), and what they were asked."""

    acts: defaultdict[str, list[Act]] = field(default_factory=lambda: defaultdict(lambda: [succeed]))
    briefs: dict[str, Any] = field(default_factory=dict)
    settles: dict[str, Callable[[Outcome[Any]], Verdict]] = field(default_factory=dict)
    on_prepare: Callable[[], None] = lambda: None
    on_renew: Callable[[], None] = lambda: None
    acted: list[str] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    renewed: int = 0

    def next_act(self, key: str) -> Act:
        acts = self.acts[key]
        return acts.pop(0) if len(acts) > 1 else acts[0]


class ToyHandler(Handler[str, Any]):
    """Does what the script says; a success writes a row of its own in the settle's transaction."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def prepare(self, gates: Gates) -> None:
        self.script.on_prepare()

    def renew_credential(self) -> None:
        self.script.renewed += 1
        self.script.on_renew()

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, str | Verdict]:
        return {one.item_id: self._brief_for(one) for one in claimed}

    def _brief_for(self, one: Claimed) -> str | Verdict:
        planned: Any = self.script.briefs.get(one.key, one.key)
        if isinstance(planned, Exception):
            raise planned
        self.script.attempts.append(one.attempt)
        return cast("str | Verdict", planned)

    def act(self, brief: str, gates: Gates) -> Any:
        self.script.acted.append(brief)
        return self.script.next_act(brief)(gates)

    def settle(self, outcomes: Sequence[Outcome[Any]]) -> Mapping[int, Verdict]:
        verdicts = {}
        for one in outcomes:
            if one.error is None:
                keep_done(one.claimed.key)
            settle = self.script.settles.get(one.claimed.key, verdict_for)
            verdicts[one.claimed.item_id] = settle(one)
        return verdicts


class AsyncToyHandler(ToyHandler):
    """The same on the drainer's event loop."""

    async def act(self, brief: str, gates: Gates) -> Any:
        self.script.acted.append(brief)
        act = self.script.next_act(brief)(gates)
        return await act if hasattr(act, "__await__") else act


def toy_kind(handler: Callable[[], Handler[Any, Any]], **changes: Any) -> Kind:
    """The toy's declaration."""
    declared: dict[str, Any] = {
        "name": TOY, "lane": LANE, "handler": handler, "policy": POLICY, "service": "toys", "operation": "make a toy",
        "longest_act": timedelta(seconds=30),
    }  # fmt: skip
    return Kind(**declared | changes)


def keep_done(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into toy_done (key) values (%s)", [key])


def done() -> list[str]:
    """The keys that were settled as done, each as often as it was."""
    with connection.cursor() as cursor:
        cursor.execute("select key from toy_done order by key")
        return [row[0] for row in cursor.fetchall()]
