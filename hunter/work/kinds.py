"""What kinds of work there are: each names its lane, its retry policy and the code that does it."""

from __future__ import annotations

import enum
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from hunter.errors import HunterError
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.policies import RetryPolicy

B = TypeVar("B")
R = TypeVar("R")


class Step(enum.StrEnum):
    """The steps of the pipeline, in order; a step asks only for those after it (R1.13)."""

    SYNC = "sync"
    SCAN = "scan"
    PUSH = "push"
    WRITE_BACK = "write_back"


@dataclass(frozen=True, slots=True)
class Claimed:
    """An item that this process holds for a while, due since `due_at`; `alone` when it has killed its holders before."""

    item_id: int
    kind: str
    key: str
    attempt: int
    correlation: UUID
    asked_by: str
    lease: UUID
    alone: bool = False
    due_at: datetime | None = None

    def in_log(self) -> dict[str, Any]:
        """What each line of the log about this item says of it (R5.6)."""
        return {"kind": self.kind, "key": self.key, "attempt": self.attempt, "correlation_id": str(self.correlation)}


@dataclass(frozen=True, slots=True)
class Done:
    """The request is served; due again after `next_due` where the work comes back by itself."""

    next_due: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """One piece of a long work is done and saved: due at once, with fresh attempts, behind what waits already."""


@dataclass(frozen=True, slots=True)
class Again:
    """Due after `wait` and no attempt used: the trouble was not the item's, or this act was one of several.

    With neither wait nor error it keeps its place: what is under way is finished before what only waits.
    """

    wait: timedelta = timedelta(0)
    error: HunterError | None = None

    @property
    def keeps_place(self) -> bool:
        return self.wait <= timedelta(0) and self.error is None


@dataclass(frozen=True, slots=True)
class Later:
    """Failed: due after the policy's back-off (or `wait`); a dead letter once the attempts are used up."""

    error: HunterError
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Dead:
    """Failed for good: a dead letter, until a person or changed data asks anew (R1.6)."""

    error: HunterError


Verdict = Done | Progress | Again | Later | Dead


class NotReady(HunterError):
    """This kind can't be worked until a person acts, though the service is there: the lane's other kinds go on."""


@dataclass(frozen=True, slots=True)
class Spared:
    """The service's trouble: no attempt is used. `told`: the lane's own error tells of it; `in_a_row`: its item alone failed
    so often, and waits accordingly."""

    told: bool
    in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """How one act ended: with a result or with an error."""

    claimed: Claimed
    result: R | None
    error: HunterError | None
    began_at: datetime
    ended_at: datetime
    spared: Spared | None = None


class Handler(Generic[B, R]):
    """Does the work of one kind; one instance lives as long as a drainer.

    `brief` and `settle` run in the drainer's main thread inside its transactions; `act` never sees the database.
    """

    def prepare(self, gates: Gates) -> None:
        """Before the first claim, outside any transaction: tokens, metadata. Raises RemoteError, Deferred or NotReady."""

    def renew_credential(self) -> None:
        """After the service refused the token: get a new one. Raises RemoteError or Deferred."""

    def trouble_of(self, result: R) -> HunterError | None:
        """The error that a result carries in it, for those whose acts end in one and raise nothing."""
        return None

    @abstractmethod
    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, B | Verdict]:
        """What each act needs, by item id, frozen; or a verdict for an item with nothing to do."""

    @abstractmethod
    def act(self, brief: B, gates: Gates) -> R | Coroutine[Any, Any, R]:
        """Do it. Plain: in a thread; `async def`: on the drainer's event loop. Raises RemoteError, Deferred."""

    @abstractmethod
    def settle(self, outcomes: Sequence[Outcome[R]]) -> Mapping[int, Verdict]:
        """Write the domain rows in key order and say what becomes of each item; what is left out goes by its error."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work. `operation` is what people read ("push a lead"); `longest_act` ends a lease that hangs.

    `standing_key`: this item always exists; it comes back by its own `Done(next_due=…)`.
    """

    name: str
    lane: LaneName
    handler: Callable[[], Handler[Any, Any]]
    policy: RetryPolicy
    service: str
    operation: str
    longest_act: timedelta
    side_lanes: tuple[LaneName, ...] = ()
    step: Step | None = None
    standing_key: str = ""
    keeps_successes: bool = False


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; an app does it once, when it is ready."""
    _kinds[kind.name] = kind


def kind_named(name: str) -> Kind:
    """The kind of that name. Raises HunterError when no enabled app has it."""
    try:
        return _kinds[name]
    except KeyError:
        raise HunterError(f"There is no work of the kind {name!r}. Known: {', '.join(sorted(_kinds))}.") from None


def kinds_in(lane: LaneName) -> list[Kind]:
    """The kinds that are worked in a lane."""
    return [kind for kind in _kinds.values() if kind.lane == lane]


def kinds_of(step: Step) -> list[Kind]:
    """The kinds that do a step of the pipeline: one for each CRM, say."""
    return [kind for kind in _kinds.values() if kind.step == step]


def all_kinds() -> Iterable[Kind]:
    """Every known kind."""
    return _kinds.values()
