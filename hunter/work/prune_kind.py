"""History is cleared away day by day, as work of the ledger: lane hunter, the key is the set's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.asking import sweep
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES
from hunter.work.pruning import prunables, prune_batch

PRUNE, EVERYTHING = "prune_history", "all"
EVERY = timedelta(days=1)


class PruneHandler(Handler[None, None]):
    """Clears one batch of a set away with each claim; once a day all sets are asked for."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        return {one.item_id: look_at(one.key) for one in sorted(claimed, key=lambda one: one.key)}

    def act(self, brief: None, gates: Gates) -> None:
        """All is done in the claim."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def look_at(key: str) -> Verdict:
    """The next batch of a set, in the caller's transaction; a full one means that there is more."""
    sets = {one.name: one for one in prunables()}
    if key == EVERYTHING:
        sweep(PRUNE, sets)
        return Done(next_due=EVERY)
    if key in sets and prune_batch(key) == sets[key].batch:
        return Progress()
    return Done()


def prune_kind() -> Kind:
    """The standing work that clears old history away."""
    return Kind(
        name=PRUNE,
        lane=LaneName.HUNTER,
        handler=PruneHandler,
        policy=POLICIES[PRUNE],
        service=LaneName.HUNTER.value,
        operation="clear old history away",
        longest_act=timedelta(seconds=60),
        standing_key=EVERYTHING,
    )
