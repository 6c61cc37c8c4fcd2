"""Old imports are cleared away day by day: the bytes of their files and their rows; what they counted stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings

from hunter.remote.clock import database_now
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES
from leads.services.import_pruning import prune_imports

KIND = "prune_imports"
LOOK_EVERY = timedelta(hours=6)


class PruneHandler(Handler[None, None]):
    """Clears one block away with each claim; a full block means that there is more."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        more = prune_imports(before=database_now() - timedelta(days=settings.IMPORT_KEEP_DAYS))
        return {one.item_id: Progress() if more else Done(next_due=LOOK_EVERY) for one in claimed}

    def act(self, brief: None, gates: Gates) -> None:
        """All is done in the claim."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def prune_kind() -> Kind:
    """The standing work that clears old imports away."""
    return Kind(
        name=KIND,
        lane=LaneName.HUNTER,
        handler=PruneHandler,
        policy=POLICIES[KIND],
        service=LaneName.HUNTER.value,
        operation="clear old imports away",
        longest_act=timedelta(seconds=60),
        standing_key="all",
    )
