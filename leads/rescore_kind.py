"""Scoring runs as work of the ledger, lane hunter: each claim is one page of companies; the key is the run's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Dead, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES
from leads.models import ScoringRun
from leads.rules import RulesRefused, load_rules
from leads.services.scoring_runs import SCORE_COMPANIES, go_on


class ScoringHandler(Handler[None, None]):
    """All is done in the claim: there is nobody to call."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        runs = {str(run.pk): run for run in ScoringRun.objects.filter(pk__in=[int(one.key) for one in claimed])}
        return {one.item_id: self._verdict(runs.get(one.key)) for one in claimed}

    def _verdict(self, run: ScoringRun | None) -> Verdict:
        if run is None or run.finished_at is not None:
            return Done()
        try:
            rules = load_rules()
        except RulesRefused as refused:
            return Dead(refused)
        return Done() if go_on(run, rules=rules) else Progress()

    def act(self, brief: None, gates: Gates) -> None:
        """Never called."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def scoring_kind() -> Kind:
    """How the ledger scores companies anew."""
    return Kind(
        name=SCORE_COMPANIES,
        lane=LaneName.HUNTER,
        handler=ScoringHandler,
        policy=POLICIES[SCORE_COMPANIES],
        service="hunter",
        operation="score companies anew",
        longest_act=timedelta(seconds=60),
    )
