"""The first decision of a push, made when it is claimed: what the act will do, and what may be on its way after it.

An act makes at most one write, with an eTag that stands here; what it will send is added to `sent` and committed
before it starts (`ledger-notes` §0, rules 1 and 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from crm.interface import ColumnValues, Whereabouts
from crm.mapping.columns import Winner
from crm.mapping.merge import same, still_taken, still_undecided, with_taken
from crm.push.record import LeadRecord, LeadState, PushResult

ABSENCE_HOLDS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Look:
    """Find the lead; write nothing."""

    where: Whereabouts
    known: bool  # once confirmed or adopted: finding nothing means that it is gone


@dataclass(frozen=True, slots=True)
class Create:
    """Make the lead under our own id, only if that id is free."""

    lead_id: str
    payload: ColumnValues
    body: ColumnValues
    where: Whereabouts


@dataclass(frozen=True, slots=True)
class Change:
    """Change what differs, only if the lead still has this eTag. `look_after`: where it is the first that is confirmed."""

    lead_id: str
    etag: str
    payload: ColumnValues
    body: ColumnValues
    look_after: Whereabouts | None = None


Step = Look | Create | Change


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Hunter wants the lead to be: its own values, who wins each column, and the columns of the push itself."""

    own: ColumnValues
    winners: Mapping[str, Winner]
    bookkeeping: ColumnValues
    touch: str  # the column that is sent when nothing else would move the eTag
    changed_at: Mapping[str, datetime] = field(default_factory=dict)  # when Hunter's values changed, where it is known


@dataclass(frozen=True, slots=True)
class Plan:
    """The record as it is to be committed now, and what to do next; nothing when the lead is in step or rests."""

    record: LeadRecord
    step: Step | None


def plan_push(record: LeadRecord, wanted: Wanted, *, now: datetime) -> Plan:
    """What this push does. `record` of the result is committed before any call."""
    record, payload = as_it_would_be_sent(record, wanted)
    if record.rests:
        return Plan(record, None)

    if record.etag and not needs_write(record, payload) and not record.look_alikes:
        # A lead that was confirmed in part, of which nothing more is wanted, is there as a whole.
        result = PushResult.UNCHANGED if record.ever_confirmed else record.result_of_write
        return Plan(replace(record, state=LeadState.SYNCED, ever_confirmed=True, result=result, words=""), None)
    if must_look(record, now=now):
        return Plan(replace(record, state=LeadState.PENDING), look_for(record))

    step: Step
    if record.etag:
        body = _changes(record, payload) | dict(wanted.bookkeeping)
        if not wanted.bookkeeping and wanted.touch in payload:
            body[wanted.touch] = payload[wanted.touch]
        look_after = None if record.known else look_for(record).where
        step = Change(record.lead_id, record.etag, payload, body, look_after)
    else:
        filled = {column: value for column, value in payload.items() if value is not None}
        step = Create(record.own_id, payload, filled | dict(wanted.bookkeeping), look_for(record).where)
    return Plan(replace(with_sent(record, payload), state=LeadState.PENDING), step)


def as_it_would_be_sent(record: LeadRecord, wanted: Wanted) -> tuple[LeadRecord, dict[str, JsonValue]]:
    """The record with what still stands in for Hunter's values, and the payload: the CRM's value in its place there,
    and for a column that waits for a person."""
    taken = still_taken(wanted.own, record.taken, wanted.winners)
    undecided = still_undecided(wanted.own, record.undecided, wanted.winners)
    payload = with_taken(wanted.own, taken, wanted.winners)
    payload |= {column: held.there for column, held in undecided.items() if column in payload}
    return replace(record, taken=taken, undecided=undecided), payload


def needs_write(record: LeadRecord, payload: ColumnValues) -> bool:
    """While an outcome is unknown, "nothing differs" is no reason to make no write (rule 3)."""
    return bool(record.sent) or differs(payload, record.confirmed)


def must_look(record: LeadRecord, *, now: datetime) -> bool:
    """Never look for somebody else's lead while a create of ours is unknown: it is repeated instead (§4, adoption).

    Look-alikes of which nobody has decided are looked at again, though nothing is to be written.
    """
    if record.etag and not record.look_alikes:
        return False
    if record.sent and not record.known:
        return False
    freshly_absent = record.absent_at is not None and timedelta(0) <= now - record.absent_at <= ABSENCE_HOLDS
    return record.known or not freshly_absent


def look_for(record: LeadRecord) -> Look:
    """Look-alikes are asked for before and with the first lead of a company, and while some wait for a decision."""
    ids = tuple(dict.fromkeys((record.lead_id, record.own_id)))
    look_alikes = not record.known or bool(record.look_alikes)
    return Look(Whereabouts(ids, record.domain, look_alikes, is_new=not record.known), known=record.known)


def with_sent(record: LeadRecord, payload: ColumnValues) -> LeadRecord:
    """What is about to be sent is remembered before it is sent (rule 2)."""
    if any(dict(sent) == dict(payload) for sent in record.sent):
        return record
    return replace(record, sent=(*record.sent, payload))


def differs(payload: ColumnValues, confirmed: ColumnValues | None) -> bool:
    """Whether a push is due: some column isn't as it was last confirmed (f.6)."""
    if confirmed is None:
        return True
    return any(not same(value, confirmed.get(column)) for column, value in payload.items())


def _changes(record: LeadRecord, payload: ColumnValues) -> dict[str, JsonValue]:
    """What differs from the confirmed values or from any that may have arrived, and what the CRM changed unasked."""
    bases = record.sent if record.confirmed is None else (record.confirmed, *record.sent)
    owed = {column for column, dispute in record.disputed.items() if not dispute.sent_back}
    return {
        column: value
        for column, value in payload.items()
        if record.confirmed is None or column in owed or any(not same(value, base.get(column)) for base in bases)
    }
