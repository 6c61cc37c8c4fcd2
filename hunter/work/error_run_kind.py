"""How the ledger carries an act out on very many errors: lane hunter, the key is the run's number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.error_runs import KIND, do_next_block
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.models import ErrorRun
from hunter.work.policies import POLICIES


class ErrorRunHandler(Handler[None, None]):
    """Acts on one block with each claim; what a block did stays done, whatever becomes of the process."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        runs = {
            str(run.pk): run for run in ErrorRun.objects.filter(pk__in=[one.key for one in claimed], finished_at=None)
        }
        return {
            one.item_id: Progress() if one.key in runs and do_next_block(runs[one.key]) else Done()
            for one in sorted(claimed, key=lambda one: one.key)
        }

    def act(self, brief: None, gates: Gates) -> None:
        """All is done in the claim."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def error_run_kind() -> Kind:
    """Trying very many errors again, or putting them aside."""
    return Kind(
        name=KIND,
        lane=LaneName.HUNTER,
        handler=ErrorRunHandler,
        policy=POLICIES[KIND],
        service=LaneName.HUNTER.value,
        operation="act on many errors",
        longest_act=timedelta(seconds=60),
    )
