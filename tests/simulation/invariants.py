"""What must hold in every history: after each event, at each call, and once it is quiet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F

from hunter.remote.errors import RateLimited
from hunter.remote.retry_after import LONGEST
from hunter.work.models import ErrorRecord, Item
from tests.simulation.charges import POLICY, wrongly_charged
from tests.simulation.pushing import CLOSED, SimulatedCompany
from tests.simulation.tables import ItemRow, items

if TYPE_CHECKING:
    from tests.simulation.history import History

RATE, BURST = 0.5, 2
A_LITTLE = 0.01  # the clock's microseconds
NOBODYS_FAULT = ("rate_limit", "authentication", "configuration")


def broken_now() -> Iterator[str]:
    """Every item that is owed has an owner or a due time, attempts are within the policy, every failure is a row."""
    for item in items().values():
        if item.dead_at is None and item.served < item.requested and item.due_at is None:
            yield f"{item.key} is owed, and nobody will ever do it"
        if item.attempts > POLICY.attempts:
            yield f"{item.key} has {item.attempts} attempts"
        if item.dead_at is not None:
            yield from _broken_by_giving_up(item)


def _broken_by_giving_up(item: ItemRow) -> Iterator[str]:
    if item.requested > item.taken:
        yield f"{item.key} was given up though it was asked for anew"
    error = ErrorRecord.objects.unsettled().filter(key=item.key, gave_up=True).first()
    if error is None:
        yield f"{item.key} was given up without a record"
    elif error.error_class in NOBODYS_FAULT or error.message == CLOSED:
        yield f"{item.key} was given up for the service's own trouble: {error.error_class}"


def lost_leases(history: History, outcomes: Sequence[Any]) -> Mapping[int, object]:
    """What the items look like whose lease the settler has no more."""
    seen = items()
    return {
        one.claimed.item_id: _as_it_is(history, seen[one.claimed.item_id])
        for one in outcomes
        if seen[one.claimed.item_id].lease != one.claimed.lease
    }


def broken_by_a_settle(history: History, outcomes: Sequence[Any], lost: Mapping[int, object]) -> Iterator[str]:
    """Whoever comes too late changes neither the item nor the record; who failed is charged by the rule."""
    charges = history.charges.of(outcomes)
    settled = {one.claimed.item_id: one for one in outcomes}
    seen = items()
    for item in [seen[item_id] for item_id in lost.keys() | charges.keys()]:
        if item.item_id not in lost:
            yield from wrongly_charged(settled[item.item_id], item, charged=charges[item.item_id])
        elif _as_it_is(history, item) != lost[item.item_id]:
            yield f"{item.key} was settled by one that held it no more"


def _as_it_is(history: History, item: ItemRow) -> object:
    return item._replace(requested=0), history.records.of(item.key)  # it may be asked for by anybody at any time


def broken_by_a_call(history: History) -> Iterator[str]:
    """No call beyond the limit, none while a person holds the lane, none before the time that the service named."""
    now, sent = history.clock.now, history.sent
    if history.is_held:
        yield "a call went out while a person held the lane"
    if history.has_jumped:
        return
    if history.closed_until is not None and now < history.closed_until:
        yield f"a call went out at {now:%H:%M:%S}, before {history.closed_until:%H:%M:%S}"
    for number, began in enumerate(sent):
        window = (now - began).total_seconds()
        if len(sent) - number > RATE * window + BURST + A_LITTLE:
            yield f"{len(sent) - number} calls in {window} s"
            return


def remember_pauses(history: History, outcomes: Sequence[Any]) -> None:
    """A drainer has heard that the service wants no calls for a while."""
    for one in outcomes:
        if isinstance(one.error, RateLimited) and one.error.retry_after is not None:
            until = history.clock.now + min(one.error.retry_after, LONGEST - timedelta(minutes=1))
            history.closed_until = max(until, history.closed_until or until)


def broken_at_rest(history: History) -> Iterator[str]:
    """One lead by Hunter, no older value, no lost edit; served, or given up with its record; nothing else unsettled."""
    for domain, company in history.companies.items():
        yield from _wrong_leads(history, company)
        item = Item.objects.get(key=domain)
        if item.dead_at is not None and domain not in history.service.refused:
            yield f"{domain} was given up after a person had tried again in fine weather"
    served = set(Item.objects.filter(served=F("requested"), dead_at=None).values_list("key", flat=True))
    for error in ErrorRecord.objects.unsettled().filter(key__in=served):
        yield f"the error of {error.key} is open though it was done"


def _wrong_leads(history: History, company: SimulatedCompany) -> Iterator[str]:
    crm, record = history.service.crms[company.domain], history.records.of(company.domain)
    ours = list(crm.made_by_hunter())
    if len(ours) > 1:
        yield f"Hunter made {len(ours)} leads for {company.domain}"
    if "alike" in crm.written and company.domain not in history.judge.taken_over:
        yield f"Hunter wrote to a lead of {company.domain}'s people that nobody had let it have"
    if record is None or record.rests or company.domain in history.service.refused:
        return
    if record.adopted and ours:
        yield "a lead was adopted, and a lead of ours landed beside it"
    if record.lead_id not in crm.leads:
        yield f"{company.domain} has no lead"
        return
    lead = crm.leads[record.lead_id]
    score, phone = lead.values.get("score"), lead.values.get("phone")
    if score != company.score and not str(score).startswith("c"):
        yield f"an old score stays in the CRM: {score}, Hunter has {company.score}"
    allowed = {company.phone} | ({lead.phone_by_person} if lead.phone_by_person is not None else set())
    if phone not in allowed:
        yield f"an old phone stays in the CRM: {phone}, the newest are {sorted(map(str, allowed))}"
