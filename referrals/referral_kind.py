"""One referral as work of the ledger: fetched by its id and taken in, as when its row on a page was bad."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from hunter.errors import HunterError
from hunter.remote.errors import NotFound
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Dead, Done, Handler, Kind, Outcome, Verdict
from hunter.work.policies import POLICIES
from hunter.work.verdicts import verdict_for
from leads.services.companies import consumer_domains
from referrals.models import Referral
from referrals.services.ingesting import ingest_page
from referrals.services.planning import KEPT_BY_HASH
from referrals.services.quarantine import KIND, OPERATION, kept_row, settle_refused
from referrals.services.vanishing import mark_vanished
from referrals.sync_kind import LONGEST_ACT, SignedIn

NOT_KEPT = (
    "The row has no id, so it can't be fetched alone, and the row itself is not kept any more. A later full sync takes it "
    "in once Partner Center gives it an id."
)
LEFT = "Partner Center does not show it to us any more."


@dataclass(frozen=True, slots=True)
class ReferralBrief:
    """Which referral is to be fetched; one without an id can only be read anew as it was kept."""

    referral_id: str
    correlation_id: str
    kept: Any = None


class ReferralHandler(SignedIn, Handler[ReferralBrief, Any]):
    """Fetches single referrals by their ids."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, ReferralBrief | Verdict]:
        return {one.item_id: self._brief_for(one) for one in claimed}

    def _brief_for(self, claimed: Claimed) -> ReferralBrief | Verdict:
        if not settings.PARTNER_CENTER_ENABLED:
            return Done()
        if claimed.key.startswith(KEPT_BY_HASH):
            kept = kept_row(claimed.key)
            return ReferralBrief("", "", kept) if kept is not None else Dead(HunterError(NOT_KEPT, field="id"))
        return ReferralBrief(claimed.key, str(claimed.correlation))

    def act(self, brief: ReferralBrief, gates: Gates) -> Any:
        if brief.kept is not None:
            return brief.kept
        return self.client(gates, correlation_id=brief.correlation_id).referral(brief.referral_id)

    def settle(self, outcomes: Sequence[Outcome[Any]]) -> Mapping[int, Verdict]:
        private = consumer_domains()
        return {one.claimed.item_id: self._settled(one, consumer_domains=private) for one in outcomes}

    def _settled(self, outcome: Outcome[Any], *, consumer_domains: frozenset[str]) -> Verdict:
        key = outcome.claimed.key
        if isinstance(outcome.error, NotFound):  # it left our scope: marked, not deleted (contract 4.2)
            known = Referral.objects.filter(referral_id=key).values_list("pk", flat=True)
            mark_vanished(list(known), asked=outcome.began_at)
            settle_refused([key], how=LEFT)
            return Done()
        if outcome.error is not None:
            return verdict_for(outcome)
        plan, counts = ingest_page([outcome.result], consumer_domains=consumer_domains)
        if counts.failed:
            return Dead(plan.faults[0].error if plan.faults else HunterError("The database refused the referral."))
        settle_refused([key], how="It was taken in.")
        return Done()


def referral_kind() -> Kind:
    """The kind `referral`; its key is the referral's id."""
    return Kind(
        name=KIND,
        lane=LaneName.PARTNER_CENTER,
        handler=ReferralHandler,
        policy=POLICIES[KIND],
        service=LaneName.PARTNER_CENTER.value,
        operation=OPERATION,
        longest_act=LONGEST_ACT,
    )
