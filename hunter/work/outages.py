"""Trouble of a lane's service: it is seen by failures in a row, and uses up nobody's attempts (R5.8, ledger: lanes)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from django.db.models import Exists, OuterRef, Q

from hunter.errors import HunterError
from hunter.logs import masked
from hunter.remote import breaker
from hunter.remote.breaker import Sign
from hunter.remote.errors import AuthenticationFailed, Misconfigured, RateLimited, RemoteError, TransientFailure
from hunter.remote.lanes import ONE_SERVICE, LaneName
from hunter.remote.models import Lane
from hunter.work.kinds import Handler, Outcome, Spared
from hunter.work.models import Item
from hunter.work.trouble import log_pause, record_trouble

# These have an end of their own and say nothing of the next call: a pause the service asked for, or a person's doing.
NO_SIGN = (AuthenticationFailed, Misconfigured, RateLimited)
PATIENCE = 3  # failures in a row after which a person is told instead of kept waiting


def heeded(
    lane: LaneName, outcomes: Sequence[Outcome[Any]], handlers: Mapping[str, Handler[Any, Any]], *, rng: Random
) -> list[Outcome[Any]]:
    """Tell the lane's breaker how calls ended; failures that are not known to be the item's own come back `spared`.

    Before the transaction that settles them, and repeated by nobody: a crash in between costs one count.
    """
    if lane not in ONE_SERVICE:  # no breaker watches it
        return list(outcomes)
    troubles = {one.claimed.item_id: _trouble_of(one, handlers[one.claimed.kind]) for one in outcomes}
    in_order = sorted(outcomes, key=lambda one: one.ended_at)
    signs = [sign for one in in_order if (sign := _sign_of(one, troubles[one.claimed.item_id]))]
    told = breaker.heed(lane, signs, rng=rng)
    failed = (one.claimed for one in reversed(in_order) if _is_outage(troubles[one.claimed.item_id]))
    if told.opened and (last := next(failed, None)) and (error := troubles[last.item_id]):
        record_trouble(lane, error)
        log_pause(lane, error, met_by=last)
    spared = Spared(told=told.in_trouble, in_a_row=told.alone)
    ids = {sign.item_id for number, sign in enumerate(signs) if sign.trouble and number not in told.charged}
    return [replace(one, spared=spared) if one.claimed.item_id in ids else one for one in outcomes]


def keeps_failing(kind: str, key: str) -> bool:
    """Whether an item waits after three failures in a row: its own, or its service's, which leave its attempts alone."""
    waiting = Item.objects.filter(kind=kind, key=key, lease__isnull=True)
    failing = Lane.objects.filter(name=OuterRef("lane"), failures__gte=PATIENCE)
    return waiting.filter(Q(attempts__gte=PATIENCE) | Exists(failing)).exists()


def _trouble_of(outcome: Outcome[Any], handler: Handler[Any, Any]) -> HunterError | None:
    return outcome.error if outcome.result is None else handler.trouble_of(outcome.result)


def _is_outage(error: HunterError | None) -> bool:
    return isinstance(error, TransientFailure)


def _sign_of(outcome: Outcome[Any], trouble: HunterError | None) -> Sign | None:
    """What an act tells of the service: an answer is one, whatever it says; what never went out tells nothing."""
    if _is_outage(trouble) and trouble is not None:
        return Sign(outcome.claimed.item_id, masked(trouble.message))
    if isinstance(trouble, NO_SIGN) or (trouble is not None and not isinstance(trouble, RemoteError)):
        return None
    return Sign(outcome.claimed.item_id)
