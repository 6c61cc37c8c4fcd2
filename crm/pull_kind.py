"""Reading what changed in a CRM, as work of the ledger: one item, an act is one page (R1.11, R4.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crm.backend import CrmBackend
from crm.connecting import MappedCrm
from crm.interface import Changes, CursorLost
from crm.models import CrmPull
from crm.services.columns import forget_columns
from crm.services.pulling import KEY, begin_anew, open_pull, take_changes
from hunter.errors import HunterError
from hunter.remote.errors import Misconfigured
from hunter.remote.gate import Gates
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES
from hunter.work.verdicts import verdict_for

OPERATION = "read changes in the CRM"


@dataclass(frozen=True, slots=True)
class ChangesRead:
    """A page that was read, and the place it was read from."""

    pull_id: int
    cursor: str
    changes: Changes


class PullHandler(MappedCrm, Handler[tuple[int, str], ChangesRead]):
    """Reads page after page. Knows the interface of a CRM, never a CRM."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, tuple[int, str] | Verdict]:
        return {one.item_id: self._brief_for(one) for one in claimed}

    def _brief_for(self, claimed: Claimed) -> tuple[int, str] | Verdict:
        if self._crm is None or claimed.key != KEY:
            return Done()
        pull = open_pull(self._backend.name, full=False, asked_by=claimed.asked_by)
        return pull.pk, pull.cursor

    def act(self, brief: tuple[int, str], gates: Gates) -> ChangesRead:
        if self._crm is None:
            raise HunterError(f"{self._backend.title} is off.")
        pull_id, cursor = brief
        return ChangesRead(pull_id, cursor, self._crm.changes(cursor))

    def settle(self, outcomes: Sequence[Outcome[ChangesRead]]) -> Mapping[int, Verdict]:
        if any(isinstance(one.error, Misconfigured) for one in outcomes):
            forget_columns()  # the next look says which column, and the way out (R4.5)
        return {one.claimed.item_id: self._settled(one) for one in outcomes}

    def _settled(self, outcome: Outcome[ChangesRead]) -> Verdict:
        pull = CrmPull.objects.select_for_update().running(self._backend.name).first()
        if pull is None or self._wishes is None:
            return Done(next_due=self._backend.pull_every())
        if isinstance(outcome.error, CursorLost) and pull.cursor:
            begin_anew(pull)
            return Progress()
        if outcome.result is None:
            return verdict_for(outcome)
        if (pull.pk, pull.cursor) != (outcome.result.pull_id, outcome.result.cursor):
            return Progress()  # it was begun anew meanwhile
        take_changes(pull, outcome.result.changes, self._backend, self._wishes)
        is_done = pull.state == CrmPull.State.DONE
        return Done(next_due=self._backend.pull_every()) if is_done else Progress()


def pull_kind(backend: CrmBackend) -> Kind:
    """How the ledger reads what changed in this CRM; where it is enabled its item always exists."""
    return Kind(
        name=backend.pull_kind,
        lane=backend.lane,
        handler=lambda: PullHandler(backend),
        policy=POLICIES[backend.pull_kind],
        service=backend.name,
        operation=OPERATION,
        longest_act=timedelta(seconds=100),
        standing_key=KEY if backend.is_enabled() else "",
    )
