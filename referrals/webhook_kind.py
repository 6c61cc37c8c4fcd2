"""What a webhook told as work of the ledger: the key is the referral's id, so several messages about it are one look.

Only the id of a message is used: the referral is fetched with our own token, and taken in as a sync does. So it does not
matter in which order messages come, nor how often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Now

from hunter.errors import HunterError
from hunter.logs import masked
from hunter.remote.errors import NotFound
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.remote.wording import storable
from hunter.work.kinds import Claimed, Dead, Done, Handler, Kind, Later, Outcome, Verdict
from hunter.work.policies import POLICIES
from hunter.work.verdicts import verdict_for
from leads.services.companies import consumer_domains
from referrals.models import DeliveryState, Referral, WebhookDelivery
from referrals.models.webhook import OPEN
from referrals.services.deliveries import KIND, OPERATION
from referrals.services.ingesting import ingest_page
from referrals.services.vanishing import mark_vanished
from referrals.sync_kind import LONGEST_ACT, SignedIn

TAKEN_IN = "The referral was taken in."
UNCHANGED = "Hunter knew it already."
NOT_OURS = "The referral is not one that the signed-in person may see."
SKIPPED = "Not an incoming referral."


@dataclass(frozen=True, slots=True)
class LookBrief:
    """Which referral is to be fetched, and up to which delivery that answers."""

    referral_id: str
    up_to: int
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found; None: we may not see it."""

    row: Any
    up_to: int


class WebhookHandler(SignedIn, Handler[LookBrief, Looked]):
    """Looks referrals up that messages point to."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, LookBrief | Verdict]:
        if not settings.PARTNER_CENTER_ENABLED:
            return {one.item_id: Done() for one in claimed}
        newest = newest_open([one.key for one in claimed])
        return {
            one.item_id: LookBrief(one.key, newest[one.key], str(one.correlation)) if one.key in newest else Done()
            for one in claimed
        }

    def act(self, brief: LookBrief, gates: Gates) -> Looked:
        try:
            row = self.client(gates, correlation_id=brief.correlation_id).referral(brief.referral_id)
        except NotFound:
            row = None
        return Looked(row, brief.up_to)

    def settle(self, outcomes: Sequence[Outcome[Looked]]) -> Mapping[int, Verdict]:
        private = consumer_domains()
        return {one.claimed.item_id: settled(one, consumer_domains=private) for one in outcomes}


def newest_open(referral_ids: Sequence[str]) -> dict[str, int]:
    """The newest delivery about each referral that was not acted on yet."""
    rows = WebhookDelivery.objects.filter(referral_id__in=referral_ids, is_verified=True, state__in=OPEN)
    return dict(rows.order_by().values("referral_id").annotate(newest=Max("pk")).values_list("referral_id", "newest"))


def settled(outcome: Outcome[Looked], *, consumer_domains: frozenset[str]) -> Verdict:
    """Take the referral in, and settle the deliveries that were there when it was fetched."""
    waiting = WebhookDelivery.objects.open_for(outcome.claimed.key)
    if outcome.result is None:
        verdict = verdict_for(outcome)
        if isinstance(verdict, Dead | Later) and _gave_up(verdict, outcome):
            _settle(waiting, DeliveryState.FAILED, storable(masked(verdict.error.message), longest=1000))
        return verdict
    waiting = waiting.filter(pk__lte=outcome.result.up_to)
    if outcome.result.row is None:
        known = Referral.objects.filter(referral_id=outcome.claimed.key).values_list("pk", flat=True)
        mark_vanished(list(known), asked=outcome.began_at)
        _settle(waiting, DeliveryState.IGNORED, NOT_OURS)
        return Done()
    plan, counts = ingest_page([outcome.result.row], consumer_domains=consumer_domains)
    if counts.failed:
        error = plan.faults[0].error if plan.faults else HunterError("The database refused the referral.")
        _settle(waiting, DeliveryState.FAILED, storable(masked(error.message), longest=1000))
        return Dead(error)
    told = TAKEN_IN if counts.created or counts.updated else SKIPPED if counts.skipped else UNCHANGED
    _settle(waiting, DeliveryState.DONE, told)
    return Done()


def _gave_up(verdict: Dead | Later, outcome: Outcome[Looked]) -> bool:
    return isinstance(verdict, Dead) or outcome.claimed.attempt >= POLICIES[KIND].attempts


def _settle(deliveries: Any, state: DeliveryState, told: str) -> None:
    deliveries.update(state=state, told=told, settled_at=Now())


def webhook_kind() -> Kind:
    """How the ledger works what webhooks told."""
    return Kind(
        name=KIND,
        lane=LaneName.PARTNER_CENTER,
        handler=WebhookHandler,
        policy=POLICIES[KIND],
        service=LaneName.PARTNER_CENTER.value,
        operation=OPERATION,
        longest_act=LONGEST_ACT,
    )
