"""Runs over many referrals' links as work of the ledger, lane hunter: a page with each claim; the key is the run's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES
from referrals.models import RelinkRun
from referrals.services.relink_runs import RELINK_REFERRALS, go_on


class RelinkHandler(Handler[None, None]):
    """All is done in the claim: there is nobody to call."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        return {one.item_id: self._verdict(one.key) for one in claimed}

    def _verdict(self, key: str) -> Verdict:
        run = RelinkRun.objects.select_for_update(no_key=True).filter(pk=int(key), finished_at=None).first()
        return Done() if run is None or go_on(run) else Progress()

    def act(self, brief: None, gates: Gates) -> None:
        """Never called."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def relink_kind() -> Kind:
    """How the ledger works a run off."""
    return Kind(
        name=RELINK_REFERRALS,
        lane=LaneName.HUNTER,
        handler=RelinkHandler,
        policy=POLICIES[RELINK_REFERRALS],
        service=LaneName.HUNTER.value,
        operation="link many referrals",
        longest_act=timedelta(seconds=60),
    )
