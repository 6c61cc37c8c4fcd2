"""The last decision of a push: what its outcome makes of the record, and whether there is more to do.

Made with the company as it is *now*: the merge compares what the CRM holds with Hunter's values of this moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from pydantic import JsonValue

from crm.interface import ColumnValues, CrmRow, Standing
from crm.mapping.columns import Winner
from crm.mapping.merge import Base, Ours, Taken, Why, merge, same
from crm.push.act import Absent, DomainElsewhere, Found, Gone, LookAlikes, NotDone, Outcome, Unknown, Written
from crm.push.brief import Wanted, as_it_would_be_sent, differs
from crm.push.look_alikes import look_alikes_of, words_for
from crm.push.record import Dispute, LeadRecord, LeadState, LookAlike, PushResult
from hunter.errors import HunterError

MOST_CONFLICTS = 10
MOST_HOPS = 5
FIRST_CONFLICT_WAIT = timedelta(seconds=2)
LONGEST_CONFLICT_WAIT = timedelta(minutes=1)

TOMBSTONE = "The lead was deleted in the CRM. Hunter makes no second one unless you ask for it."
SEVERAL = "The CRM has more than one lead for this company: {ids}. Merge them there, then push again."
CLOSED_THERE = (
    "The lead is closed in the CRM (qualified or disqualified), so Hunter does not write to it. "
    "If it is to go on, reopen it there, then push it here."
)
ELSEWHERE = (
    "Another lead in the CRM holds this company's domain, perhaps one that is closed or was merged, and the CRM takes "
    "each domain once. Empty its domain there, then push again."
)
TOO_LONG_A_CHAIN = "The lead was merged into another, and that one again, more than five times. Look at it in the CRM."
STIRRED = "The lead was changed in the CRM each of the ten times Hunter tried to write to it. Try again when it rests."


class Next(StrEnum):
    """What the work item does after the settle."""

    REST = "rest"
    AT_ONCE = "at_once"  # the attempt is given back
    LATER = "later"  # the attempt and the back-off stay
    BY_ERROR = "by_error"  # the error's class decides
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Settled:
    """The record as it is to be stored, and what is next."""

    record: LeadRecord
    next: Next
    error: HunterError | None = None
    wait: timedelta = timedelta(0)


def settle(record: LeadRecord, outcome: Outcome, wanted: Wanted, *, now: datetime) -> Settled:
    """What the outcome makes of the record (`ledger-notes` §4, settle)."""
    match outcome:
        case Written():
            return _written(record, outcome, wanted)
        case Found():
            return _found(record, outcome, wanted)
        case LookAlikes():
            return _look_alikes(record, outcome, now=now)
        case Absent():
            return _absent(record, now=now)
        case Gone():
            return Settled(resting(record, LeadState.GONE, TOMBSTONE), Next.REST)
        case DomainElsewhere():
            return Settled(resting(record, LeadState.REVIEW, ELSEWHERE), Next.REST)
        case Unknown(error=error):
            return Settled(replace(record, words=str(error)), Next.LATER, error)
        case NotDone(error=error):
            return Settled(replace(record, words=str(error)), Next.BY_ERROR, error)
        case _:
            assert_never(outcome)


def _absent(record: LeadRecord, *, now: datetime) -> Settled:
    return Settled(replace(record, absent_at=now, look_alikes=()), Next.AT_ONCE)


def _look_alikes(record: LeadRecord, outcome: LookAlikes, *, now: datetime) -> Settled:
    """A person decides, unless one has decided about each of them: then there is no lead."""
    look_alikes = look_alikes_of(record, outcome.rows)
    if not look_alikes:
        return _absent(record, now=now)
    words = words_for(look_alikes, beside=False)
    return Settled(resting(record, LeadState.REVIEW, words, look_alikes), Next.REST)


def _written(record: LeadRecord, written: Written, wanted: Wanted) -> Settled:
    """Confirmed; or, where the CRM keeps the lead in several records, so far, and the rest is the next act's.

    What a pull read while the write was on its way still holds: the lead is another one now, or rests.
    """
    if written.step.lead_id != record.lead_id:
        return Settled(record, Next.AT_ONCE)
    after = _confirmed(record, written, wanted)
    if record.rests:
        return Settled(replace(after, state=record.state, result=None, words=record.words), Next.REST)
    if written.row.owed and differs(as_it_would_be_sent(after, wanted)[1], after.confirmed):
        so_far = replace(after, ever_confirmed=record.ever_confirmed, state=LeadState.PENDING, result=None)
        return Settled(so_far, Next.AT_ONCE)
    return Settled(_held(after, written.beside), Next.REST)


def _held(record: LeadRecord, others: Sequence[CrmRow]) -> LeadRecord:
    """The record of a lead that is there; where others are beside it that may be the company's, for a person to look at."""
    look_alikes = look_alikes_of(record, others)
    doubles = [row.lead_id for row in others if row.domain == record.domain and row.standing is Standing.OPEN]
    if doubles:
        words = SEVERAL.format(ids=", ".join(sorted((record.lead_id, *doubles))))
        return resting(record, LeadState.REVIEW, words, look_alikes)
    if look_alikes:
        return resting(record, LeadState.REVIEW, words_for(look_alikes, beside=True), look_alikes)
    return replace(record, look_alikes=())


def _confirmed(record: LeadRecord, written: Written, wanted: Wanted) -> LeadRecord:
    """Only here is anything forgotten that was sent: the eTag has moved, and no older write can land any more."""
    row, body = written.row, written.step.body
    unheld = _unheld(record, written, wanted)
    disputed = {
        column: replace(dispute, sent_back=True) if column in body and column not in row.owed else dispute
        for column, dispute in record.disputed.items()
    }
    return replace(
        record,
        lead_id=row.lead_id,
        etag=row.etag,
        confirmed=_so_far(record, written) | dict.fromkeys(unheld),
        ever_confirmed=True,
        seen=row.values,
        sent=(),
        taken={
            column: held for column, held in _standing(record, row).items() if column not in row.owed or column in body
        }
        | unheld,
        disputed=disputed,
        absent_at=None,
        conflicts=0,
        hops=0,
        state=LeadState.SYNCED,
        result=record.result_of_write,
        words="",
    )


def _so_far(record: LeadRecord, written: Written) -> dict[str, JsonValue]:
    """The payload without what is owed; of that, what was asked for is still as it was confirmed before."""
    row, before = written.row, record.confirmed or {}
    still = (row.owed & written.step.body.keys() & before.keys()) - row.unheld
    done = {column: value for column, value in written.step.payload.items() if column not in row.owed}
    return done | {column: before[column] for column in still}


def _standing(record: LeadRecord, row: CrmRow) -> dict[str, Taken]:
    """What stands in for Hunter's values after this look: what no record held is Hunter's again once one is there."""
    return {column: held for column, held in record.taken.items() if held.why != Why.UNHELD or column in row.unheld}


def _unheld(record: LeadRecord, written: Written, wanted: Wanted) -> dict[str, Taken]:
    """What has no record there, and is to get none: empty until Hunter's own value changes."""
    payload = written.step.payload
    taken: dict[str, Taken] = {}
    for column in sorted((written.row.unheld - written.row.owed) & payload.keys()):
        if not same(payload[column], None):
            held = record.taken.get(column)
            over = held.over if held is not None and same(held.value, payload[column]) else payload[column]
            taken[column] = Taken(None, over, wanted.winners.get(column, Winner.HUNTER), Why.UNHELD)
    return taken


def _found(record: LeadRecord, found: Found, wanted: Wanted) -> Settled:
    row = writable_row(found.rows, record)
    if row is None:
        return _nothing_to_write_to(record, found.rows)

    after = merged(record, row, wanted)
    if record.known and not record.rests:
        after = _held(after, found.alike)
        if after.rests:
            return Settled(after, Next.REST)
    if found.lost is not None:
        return Settled(replace(after, words=str(found.lost)), Next.LATER, found.lost)
    if not found.conflict:
        return Settled(after, Next.AT_ONCE)
    conflicts = record.conflicts + 1
    if conflicts >= MOST_CONFLICTS:
        stirred = replace(after, conflicts=0, words=STIRRED)
        return Settled(stirred, Next.GIVE_UP, HunterError(STIRRED))
    return Settled(replace(after, conflicts=conflicts), Next.AT_ONCE, wait=conflict_wait(conflicts))


def conflict_wait(conflicts: int) -> timedelta:
    """None for the first, then doubled: somebody is at work on the lead."""
    if conflicts < 2:
        return timedelta(0)
    wait: timedelta = FIRST_CONFLICT_WAIT * 2 ** (conflicts - 2)
    return min(wait, LONGEST_CONFLICT_WAIT)


def writable_row(rows: Sequence[CrmRow], record: LeadRecord) -> CrmRow | None:
    """The one open lead to write to: ours, or the only one there is. None where a person must look, or nothing is open."""
    opened = [row for row in rows if row.standing is Standing.OPEN]
    if len(opened) != 1:
        return None
    known = opened[0].lead_id in {record.lead_id, record.own_id}
    closed = any(row.standing is Standing.CLOSED for row in rows)
    return opened[0] if known or not closed else None


def _nothing_to_write_to(record: LeadRecord, rows: Sequence[CrmRow]) -> Settled:
    live = [row for row in rows if row.standing is not Standing.MERGED]
    if len(live) > 1 and any(row.standing is Standing.OPEN for row in live):
        ids = ", ".join(sorted(row.lead_id for row in live))
        return Settled(resting(record, LeadState.REVIEW, SEVERAL.format(ids=ids)), Next.REST)
    if live:
        closed = replace(record, lead_id=live[0].lead_id, seen=live[0].values)
        return Settled(resting(closed, LeadState.CLOSED, CLOSED_THERE), Next.REST)
    return followed(record, rows)


def followed(record: LeadRecord, rows: Sequence[CrmRow]) -> Settled:
    """Merged into another lead: look at that one next, through a claim of its own (contract, trap 22)."""
    ours = [row for row in rows if row.lead_id == record.lead_id] or list(rows)
    if record.hops >= MOST_HOPS or not ours[0].master_id:
        return Settled(resting(record, LeadState.REVIEW, TOO_LONG_A_CHAIN), Next.REST)
    followed = replace(
        record,
        lead_id=ours[0].master_id,
        etag="",
        confirmed=None,
        seen=None,
        disputed={},
        absent_at=None,
        hops=record.hops + 1,
    )
    return Settled(followed, Next.AT_ONCE)


def merged(record: LeadRecord, row: CrmRow, wanted: Wanted) -> LeadRecord:
    """The lead as read becomes the base of the next write; what the CRM wins stands in for Hunter's value."""
    moved = row.lead_id != record.lead_id
    confirmed = None if moved else record.confirmed
    base = Base(seen=None if moved else record.seen, sent=record.sent, confirmed=confirmed)
    waiting = {} if moved else record.undecided
    ours = Ours(wanted.own, wanted.winners, wanted.changed_at, taken=record.taken, undecided=waiting)
    outcome = merge(row.values, base, ours, changed_at=row.changed_at, unheld=row.unheld)
    if confirmed is not None:
        confirmed = {**confirmed, **{column: held.value for column, held in outcome.taken.items()}}
        confirmed |= {column: held.there for column, held in outcome.undecided.items()}
    return replace(
        record,
        lead_id=row.lead_id,
        etag=row.etag,
        confirmed=confirmed,
        seen=row.values,
        taken={**_standing(record, row), **outcome.taken},
        undecided={
            **{column: held for column, held in waiting.items() if column not in outcome.taken},
            **outcome.undecided,
        },
        disputed=_disputed({} if moved else record.disputed, outcome.disputed, row.values),
        absent_at=None,
        hops=0,
    )


def _disputed(known: Mapping[str, Dispute], now_disputed: Sequence[str], theirs: ColumnValues) -> dict[str, Dispute]:
    """How often the CRM changed a column that Hunter wins; the second time it is shown as a conflict (f.7)."""
    changed = {
        column: Dispute(times=(known[column].times if column in known else 0) + 1)
        for column in now_disputed
        if column in theirs
    }
    return {**known, **changed}


def resting(record: LeadRecord, state: LeadState, words: str, look_alikes: tuple[LookAlike, ...] = ()) -> LeadRecord:
    """The record as it waits for a person, with the reason."""
    return replace(
        record, state=state, result=PushResult(state.value), words=words, look_alikes=look_alikes, absent_at=None
    )
