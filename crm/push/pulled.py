"""What a change that was made in the CRM does to Hunter's record of the lead (R4.7; `ledger-notes` §4).

Only what is newer than the record's own state counts: a page may have been read before a push of ours was confirmed,
and an old value of ours would look like a person's change then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from crm.interface import CrmRow, Standing
from crm.push.brief import Wanted
from crm.push.look_alikes import look_alikes_of, words_for
from crm.push.record import LeadRecord, LeadState
from crm.push.settle import CLOSED_THERE, SEVERAL, TOMBSTONE, followed, merged, resting

IsNewer = Callable[[str, str], bool]

BACK_AGAIN = "The lead that was deleted in the CRM is there again. Look which of the two is right, then push it."
SHOWN_AS_CONFLICT = 2  # f.7: when it comes back twice


class Effect(StrEnum):
    """What a change that was read did here."""

    IGNORED = "ignored"  # our own write, or nothing that Hunter keeps
    APPLIED = "applied"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Pulled:
    """The record after the change, what it did, and whether the lead is to be looked at by a push."""

    record: LeadRecord
    effect: Effect
    push: bool = False


def pulled_row(record: LeadRecord, row: CrmRow, wanted: Wanted, *, is_newer: IsNewer) -> Pulled:
    """A lead of ours as it is now: merged column by column, closed, merged into another, or there again."""
    if row.lead_id not in {record.lead_id, record.own_id}:
        return _second_lead(record, row)
    if record.etag and row.lead_id == record.lead_id and not is_newer(row.etag, record.etag):
        return Pulled(record, Effect.IGNORED)
    if record.state is LeadState.GONE:
        return Pulled(resting(record, LeadState.REVIEW, BACK_AGAIN), Effect.CONFLICT)
    if row.lead_id != record.lead_id:
        return Pulled(record, Effect.IGNORED)  # a lead that this one was merged into, or adopted in place of
    match row.standing:
        case Standing.MERGED:
            return Pulled(followed(record, [row]).record, Effect.APPLIED, push=True)
        case Standing.CLOSED:
            closed = replace(record, etag=row.etag, seen=row.values)
            return Pulled(resting(closed, LeadState.CLOSED, CLOSED_THERE), Effect.APPLIED)
        case Standing.OPEN:
            return _open_again(record) if record.state is LeadState.CLOSED else _merged(record, row, wanted)


def pulled_deletion(record: LeadRecord, lead_id: str) -> Pulled:
    """A lead that is no more there: a tombstone, and no second lead unless a person asks."""
    if lead_id != record.lead_id or not record.known or record.state is LeadState.GONE:
        return Pulled(record, Effect.IGNORED)
    return Pulled(resting(record, LeadState.GONE, TOMBSTONE), Effect.APPLIED)


def _open_again(record: LeadRecord) -> Pulled:
    """Reopened there: it is looked at by a push, which decides as for any other lead."""
    opened = replace(record, state=LeadState.PENDING, etag="", result=None, words="", absent_at=None, hops=0)
    return Pulled(opened, Effect.APPLIED, push=True)


def _merged(record: LeadRecord, row: CrmRow, wanted: Wanted) -> Pulled:
    after = merged(record, row, wanted)
    disputes = {column: held.times for column, held in record.disputed.items()}
    worse = any(
        held.times >= SHOWN_AS_CONFLICT and held.times > disputes.get(column, 0)
        for column, held in after.disputed.items()
    )
    asks_anew = any(record.undecided.get(column) != held for column, held in after.undecided.items())
    if worse or asks_anew:
        return Pulled(after, Effect.CONFLICT)
    kept = (record.taken, record.disputed, record.undecided)
    changed = (after.taken, after.disputed, after.undecided) != kept
    return Pulled(after, Effect.APPLIED if changed else Effect.IGNORED)


def _second_lead(record: LeadRecord, row: CrmRow) -> Pulled:
    """A lead with our domain, or with our website and none, that is not ours: two open ones are a person's decision."""
    if row.standing is not Standing.OPEN or not record.known:
        return Pulled(record, Effect.IGNORED)
    if row.is_look_alike:
        return _look_alike(record, row)
    if record.rests:
        return Pulled(record, Effect.IGNORED)
    words = SEVERAL.format(ids=", ".join(sorted((record.lead_id, row.lead_id))))
    return Pulled(resting(record, LeadState.REVIEW, words), Effect.CONFLICT)


def _look_alike(record: LeadRecord, row: CrmRow) -> Pulled:
    """One more is put to those that wait; what rests for another reason has that one to be settled first."""
    new = [
        one for one in look_alikes_of(record, [row]) if one.lead_id not in {held.lead_id for held in record.look_alikes}
    ]
    if not new or (record.rests and not record.look_alikes):
        return Pulled(record, Effect.IGNORED)
    look_alikes = (*record.look_alikes, *new)
    words = words_for(look_alikes, beside=True)
    return Pulled(resting(record, LeadState.REVIEW, words, look_alikes), Effect.CONFLICT)
