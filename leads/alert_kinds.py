"""Alerts as work of the ledger: routing them to channels (lane hunter), and each message (lane outgoing, key: its id)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from hunter.errors import HunterError
from hunter.logs import masked
from hunter.remote import hosts
from hunter.remote.errors import Deferred, RateLimited, RemoteError, TransientFailure
from hunter.remote.gate import Gates
from hunter.remote.hosts import HostNews
from hunter.remote.lanes import LaneName
from hunter.remote.wording import storable
from hunter.work.kinds import Again, Claimed, Dead, Done, Handler, Kind, Later, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES
from hunter.work.verdicts import DEFERRED_WAIT, verdict_for
from leads.alerting import DeliveryState
from leads.models import AlertDelivery, AlertLine
from leads.outgoing.message import Line, Message
from leads.outgoing.outlets import Outlet, send
from leads.services.alert_channels import outlet_of
from leads.services.alerts import BLOCK, DELIVER, EVERYTHING, ROUTE, Concluded, conclude, route_pending
from leads.services.operating_news import lines_of_notices

OPERATION = "send an alert"
LOOK_EVERY = timedelta(minutes=5)  # g.4
LONGEST_SEND = timedelta(seconds=90)
UNASKED_REST = timedelta(seconds=60)  # the host said "too many" and not for how long


class RouteHandler(Handler[None, None]):
    """Gives one block of new alerts to the channels; a full block means that there may be more."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        verdict: Verdict = Progress() if route_pending() == BLOCK else Done(next_due=LOOK_EVERY)
        return {one.item_id: verdict for one in claimed}

    def act(self, brief: None, gates: Gates) -> None:
        """All is done in the claim."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


@dataclass(frozen=True, slots=True)
class DeliveryBrief:
    """A message and where it goes."""

    outlet: Outlet
    message: Message


@dataclass(frozen=True, slots=True)
class Handed:
    """How the handing over went. An error is a result here: one host's trouble must not become the lane's."""

    host: str
    error: HunterError | None
    in_doubt: bool


class DeliveryHandler(Handler[DeliveryBrief, Handed]):
    """Sends messages. That one is about to go out is committed before it does (`in_doubt`)."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, DeliveryBrief | Verdict]:
        rows = AlertDelivery.objects.select_related("channel").select_for_update(of=("self",), no_key=True)
        deliveries = {str(row.pk): row for row in rows.filter(pk__in=[one.key for one in claimed]).order_by("pk")}
        told: dict[int, DeliveryBrief | Verdict] = {}
        ready: list[Ready] = []
        ended: list[Concluded] = []
        for one in claimed:
            looked = look_at(one, deliveries.get(one.key))
            if isinstance(looked, Ready):
                ready.append(looked)
                continue
            told[one.item_id], conclusion = looked
            ended += [conclusion] if conclusion else []
        conclude(ended)
        return told | begin(ready)

    def act(self, brief: DeliveryBrief, gates: Gates) -> Handed:
        error: HunterError | None = None
        doubt = brief.message.repeats
        try:
            send(brief.outlet, brief.message, gate=gates[LaneName.OUTGOING])
        except RemoteError as trouble:
            error, doubt = trouble, doubt or trouble.outcome_unknown
        except Deferred as trouble:
            error = trouble
        return Handed(brief.outlet.host, error, in_doubt=doubt and error is not None)

    def settle(self, outcomes: Sequence[Outcome[Handed]]) -> Mapping[int, Verdict]:
        verdicts = {one.claimed.item_id: delivery_verdict(one) for one in outcomes}
        in_order = sorted(outcomes, key=lambda one: one.ended_at)
        hosts.note(news for one in in_order if one.result and (news := host_news(one.result)))
        conclude([concluded(one, verdicts[one.claimed.item_id]) for one in outcomes])
        return verdicts


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may go out, as far as it is concerned itself."""

    item_id: int
    delivery: AlertDelivery
    outlet: Outlet


def look_at(claimed: Claimed, delivery: AlertDelivery | None) -> Ready | tuple[Verdict, Concluded | None]:
    """Whether a message is to go out at all; if not, what becomes of its item and of itself."""
    if delivery is None or delivery.state in {DeliveryState.SENT, DeliveryState.SKIPPED}:
        return Done(), None
    if not delivery.channel.enabled:
        return Done(), Concluded(delivery.pk, DeliveryState.SKIPPED, "The channel was switched off.")
    try:
        return Ready(claimed.item_id, delivery, outlet_of(delivery.channel))
    except HunterError as error:
        return Dead(error), Concluded(delivery.pk, DeliveryState.FAILED, error.message, in_doubt=delivery.in_doubt)


def begin(ready: Sequence[Ready]) -> dict[int, DeliveryBrief | Verdict]:
    """Write that messages go out now, each unless its host rests: then it waits as long, and no attempt is used."""
    waits = hosts.waits_of([one.outlet.host for one in ready])
    told: dict[int, DeliveryBrief | Verdict] = {ready[number].item_id: Again(wait) for number, wait in waits.items()}
    go = [one for number, one in enumerate(ready) if number not in waits]
    if go:
        lines = lines_of([one.delivery.pk for one in go])
        for one in go:
            if one.delivery.notices:
                lines.setdefault(one.delivery.pk, []).extend(lines_of_notices(one.delivery.notices))
        empty = [one for one in go if one.delivery.pk not in lines]  # its companies are gone
        told |= {one.item_id: Done() for one in empty}
        conclude([Concluded(one.delivery.pk, DeliveryState.SKIPPED, "The company is gone.") for one in empty])
        go = [one for one in go if one.delivery.pk in lines]
        keys = [one.delivery.pk for one in go]
        AlertDelivery.objects.filter(pk__in=keys).update(
            in_doubt=True, begun_at=Now(), tries=F("tries") + 1, state=DeliveryState.WAITING
        )
        for one in go:
            message = message_of(one.delivery, lines[one.delivery.pk])
            told[one.item_id] = DeliveryBrief(one.outlet, message)
    return told


def lines_of(deliveries: Sequence[UUID]) -> dict[UUID, list[Line]]:
    """What each message tells, read for all of them at once."""
    told: dict[UUID, list[Line]] = {}
    rows = AlertLine.objects.filter(delivery__in=deliveries).select_related("alert__company").order_by("alert")
    for row in rows:
        alert, company = row.alert, row.alert.company
        url = f"{settings.HUNTER_URL}/admin/leads/company/{company.pk}/change/" if settings.HUNTER_URL else ""
        line = Line(
            alert_id=alert.pk, type=alert.type, domain=company.domain, company=company.name, text=alert.text,
            previous=alert.previous, current=alert.current, raised_at=alert.raised_at.isoformat(), url=url,
        )  # fmt: skip
        told.setdefault(row.delivery_id, []).append(line)
    return told


def message_of(delivery: AlertDelivery, lines: Sequence[Line]) -> Message:
    return Message(str(delivery.pk), tuple(lines), is_digest=delivery.digest_at is not None, repeats=delivery.in_doubt)


def delivery_verdict(outcome: Outcome[Handed]) -> Verdict:
    """What becomes of a message. A host's wish for fewer calls costs no attempt; a no is for good, until a person asks."""
    error = outcome.result.error if outcome.result else outcome.error
    if outcome.result is None or error is None:
        return verdict_for(outcome)
    if isinstance(error, Deferred):
        return Again(DEFERRED_WAIT, error)
    if isinstance(error, RateLimited):
        return Again(error.retry_after or UNASKED_REST, error)
    if isinstance(error, TransientFailure):
        return Later(error, error.retry_after)
    return Dead(error)


def host_news(handed: Handed) -> HostNews | None:
    """What a message tells of its host: one that says no to a message is well all the same."""
    error = handed.error
    if isinstance(error, Deferred):
        return None
    if isinstance(error, RateLimited):
        return HostNews(handed.host, masked(error.message), error.retry_after or UNASKED_REST)
    if isinstance(error, TransientFailure):
        return HostNews(handed.host, masked(error.message), error.retry_after)
    return HostNews(handed.host)


def concluded(outcome: Outcome[Handed], verdict: Verdict) -> Concluded:
    """A message as it stands after a try: waiting for the next one, or ended."""
    key, handed = UUID(outcome.claimed.key), outcome.result
    if isinstance(verdict, Done):
        return Concluded(key, DeliveryState.SENT)
    error = getattr(verdict, "error", None)
    reason = storable(masked(error.message), longest=500) if error else ""
    doubt = handed.in_doubt if handed else True
    gave_up = isinstance(verdict, Dead) or (
        isinstance(verdict, Later) and outcome.claimed.attempt >= POLICIES[DELIVER].attempts
    )
    return Concluded(key, DeliveryState.FAILED if gave_up else DeliveryState.WAITING, reason, doubt)


def route_kind() -> Kind:
    """How new alerts find their channels: asked for by the scan that raises one, and every five minutes."""
    return Kind(
        name=ROUTE,
        lane=LaneName.HUNTER,
        handler=RouteHandler,
        policy=POLICIES[ROUTE],
        service="hunter",
        operation="give alerts to their channels",
        longest_act=timedelta(seconds=60),
        standing_key=EVERYTHING,
    )


def delivery_kind() -> Kind:
    """How the ledger sends a message."""
    return Kind(
        name=DELIVER,
        lane=LaneName.OUTGOING,
        handler=DeliveryHandler,
        policy=POLICIES[DELIVER],
        service=LaneName.OUTGOING,
        operation=OPERATION,
        longest_act=LONGEST_SEND,
    )
