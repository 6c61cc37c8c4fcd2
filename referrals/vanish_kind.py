"""The look for referrals that left, as work of the ledger: one item for the account, an act asks for a piece of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from hunter.remote.errors import Deferred, NotFound, PermissionMissing, RemoteError
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Dead, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES
from hunter.work.verdicts import verdict_for
from leads.services.companies import consumer_domains
from referrals.models import SyncRun
from referrals.services import runs, vanishing
from referrals.services.ingesting import ingest_page
from referrals.services.vanishing import Missing, TooManyMissing
from referrals.sync_kind import LONGEST_ACT, SignedIn

# The list was read with the same sign-in just before: a row that is refused alone has left what it may see.
LEFT_OUR_SCOPE = (NotFound, PermissionMissing)


@dataclass(frozen=True, slots=True)
class VanishBrief:
    """Which referrals are asked for by their ids."""

    run_id: int
    missing: tuple[Missing, ...]
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What Partner Center said of them: unknown, or the row as it is now."""

    run_id: int
    asked: tuple[Missing, ...]
    gone: tuple[int, ...]
    rows: tuple[Any, ...]


class VanishHandler(SignedIn, Handler[VanishBrief, Asked]):
    """Asks for what a full run has not seen; the run's row says where to go on (R1.9)."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, VanishBrief | Verdict]:
        return {one.item_id: self._brief_for(one) for one in claimed}

    def _brief_for(self, claimed: Claimed) -> VanishBrief | Verdict:
        run = vanishing.run_to_check(claimed.key)
        if not settings.PARTNER_CENTER_ENABLED or claimed.key != runs.account() or run is None:
            return Done()
        try:
            missing = vanishing.next_piece(run)
        except TooManyMissing as error:
            return Dead(error)
        return VanishBrief(run.pk, tuple(missing), str(claimed.correlation)) if missing else Done()

    def act(self, brief: VanishBrief, gates: Gates) -> Asked:
        client = self.client(gates, correlation_id=brief.correlation_id)
        asked: list[Missing] = []
        gone: list[int] = []
        rows: list[Any] = []
        for one in brief.missing:
            try:
                rows.append(client.referral(one.referral_id))
            except LEFT_OUR_SCOPE:
                gone.append(one.pk)
            except (RemoteError, Deferred):
                if not asked:
                    raise
                break  # what is known is kept; the next piece meets the trouble first
            asked.append(one)
        return Asked(brief.run_id, tuple(asked), tuple(gone), tuple(rows))

    def settle(self, outcomes: Sequence[Outcome[Asked]]) -> Mapping[int, Verdict]:
        return {one.claimed.item_id: self._settled(one) for one in outcomes}

    def _settled(self, outcome: Outcome[Asked]) -> Verdict:
        told = outcome.result
        if told is None:
            return verdict_for(outcome)
        run = SyncRun.objects.select_for_update().get(pk=told.run_id)
        ingest_page(told.rows, consumer_domains=consumer_domains())
        vanishing.take_piece(run, asked=told.asked, gone=told.gone, since=outcome.began_at)
        return Progress()


def vanish_kind() -> Kind:
    """The kind `check_vanished`; asked for by each full run that has read to its end."""
    return Kind(
        name=vanishing.KIND,
        lane=LaneName.PARTNER_CENTER,
        handler=VanishHandler,
        policy=POLICIES[vanishing.KIND],
        service=LaneName.PARTNER_CENTER.value,
        operation=vanishing.OPERATION,
        longest_act=LONGEST_ACT,
    )
