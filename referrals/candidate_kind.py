"""Looking for the companies of waiting referrals, as work of the ledger, lane hunter: a page of them with each claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from hunter.remote.clock import database_now
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Verdict
from hunter.work.policies import POLICIES
from referrals.services.hints import PAGE, look_for_candidates

KIND = "find_candidates"
LOOK_EVERY = timedelta(minutes=1)
BREATH = timedelta(seconds=5)  # between two pages, so that a long list leaves the lane to others


class CandidateHandler(Handler[None, None]):
    """All is done in the claim: there is nobody to call."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        more = look_for_candidates(database_now()) == PAGE
        return {one.item_id: Done(next_due=BREATH if more else LOOK_EVERY) for one in claimed}

    def act(self, brief: None, gates: Gates) -> None:
        """Never called."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def candidate_kind() -> Kind:
    """The standing work that looks for candidates."""
    return Kind(
        name=KIND,
        lane=LaneName.HUNTER,
        handler=CandidateHandler,
        policy=POLICIES[KIND],
        service=LaneName.HUNTER.value,
        operation="look for the companies of waiting referrals",
        longest_act=timedelta(seconds=60),
        standing_key="all",
    )
