"""The protocol of a push, and the same with one of its rules taken away: each of these must be caught."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from uuid import UUID, uuid5

from crm.interface import CrmRow, Refused
from crm.mapping.merge import still_taken, with_taken
from crm.push.act import Absent, Answer, Call, Failed, Found, LookAlikes, Outcome, Read, Unknown, Written, act
from crm.push.brief import Change, Create, Look, Plan, Step, Wanted, differs, look_for, plan_push
from crm.push.record import LeadRecord, LeadState
from crm.push.settle import Settled, settle
from hunter.errors import HunterError

SPACE = UUID("00000000-0000-4000-8000-00000000c0de")

Act = Callable[[Step], Generator[Call, Answer, Outcome]]


def derived_id(rng: Random) -> str:
    return str(uuid5(SPACE, "crm contoso.com 0"))


@dataclass(frozen=True, slots=True)
class Protocol:
    """The decisions of a push, each replaceable."""

    name: str
    plan: Callable[..., Plan] = plan_push
    act: Act = act
    settle: Callable[..., Settled] = settle
    lead_id: Callable[[Random], str] = derived_id
    needs_lost_commits: bool = False


def act_writes_again_after_a_conflict(step: Step) -> Generator[Call, Answer, Outcome]:
    """Without rule 1: a refused change is read and written once more with the eTag just read."""
    if not isinstance(step, Change):
        return (yield from act(step))
    answer = yield step
    if answer is not Refused.STALE:
        return (yield from _resume(step, answer))
    row = yield Read(step.lead_id)
    if not isinstance(row, CrmRow):
        return Unknown(_error(row))
    again = replace(step, etag=row.etag)
    return (yield from _resume(again, (yield again)))


def act_reads_and_then_writes(step: Step) -> Generator[Call, Answer, Outcome]:
    """Without rule 1: the eTag is read by the act that writes with it."""
    if not isinstance(step, Change):
        return (yield from act(step))
    row = yield Read(step.lead_id)
    fresh = replace(step, etag=row.etag) if isinstance(row, CrmRow) else step
    return (yield from act(fresh))


def act_never_looks_again(step: Step) -> Generator[Call, Answer, Outcome]:
    """Without the look that follows the first lead."""
    if isinstance(step, Look):
        return (yield from act(step))
    answer = yield step
    return Written(answer, step) if isinstance(answer, CrmRow) else (yield from _resume(step, answer))


def _resume(step: Create | Change, answer: Answer) -> Generator[Call, Answer, Outcome]:
    """The real walk, from the answer of its write on."""
    walk = act(step)
    next(walk)
    try:
        call = walk.send(answer)
        while True:
            call = walk.send((yield call))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


def _error(answer: Answer) -> HunterError:
    return answer.error if isinstance(answer, Failed) else HunterError("gone")


def plan_remembers_nothing(record: LeadRecord, wanted: Wanted, *, now: datetime) -> Plan:
    """Without rule 2: what is sent is not committed before it is sent."""
    plan = plan_push(record, wanted, now=now)
    return replace(plan, record=replace(plan.record, sent=record.sent))


def settle_forgets_what_is_unknown(record: LeadRecord, outcome: Outcome, wanted: Wanted, *, now: datetime) -> Settled:
    """Without rule 2: a lost answer is taken for a failed write."""
    settled = settle(record, outcome, wanted, now=now)
    if isinstance(outcome, Unknown):
        return replace(settled, record=replace(settled.record, sent=()))
    return settled


def plan_stops_when_nothing_differs(record: LeadRecord, wanted: Wanted, *, now: datetime) -> Plan:
    """Without rule 3: nothing differs from the confirmed values, so no write is made, whatever is on its way."""
    payload = with_taken(wanted.own, still_taken(wanted.own, record.taken, wanted.winners), wanted.winners)
    if not differs(payload, record.confirmed):
        return Plan(replace(record, state=LeadState.SYNCED), None)
    return plan_push(record, wanted, now=now)


def drawn_id(rng: Random) -> str:
    """Without rule 4: the id is drawn."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def settle_does_not_know_our_own_values(
    record: LeadRecord, outcome: Outcome, wanted: Wanted, *, now: datetime
) -> Settled:
    """Without rule C: a value that we sent and don't know of looks like a person's change."""
    if isinstance(outcome, Written):
        return settle(record, outcome, wanted, now=now)
    settled = settle(replace(record, sent=()), outcome, wanted, now=now)
    return replace(settled, record=replace(settled.record, sent=record.sent))


def plan_adopts_while_a_create_is_unknown(record: LeadRecord, wanted: Wanted, *, now: datetime) -> Plan:
    """Without the adoption rule: a lead is looked for although a create of ours may still land."""
    fresh = record.absent_at is not None and (now - record.absent_at).total_seconds() <= 60
    if not record.etag and record.sent and not fresh and not record.rests:
        return Plan(record, look_for(record))
    return plan_push(record, wanted, now=now)


def settle_takes_over_unasked(record: LeadRecord, outcome: Outcome, wanted: Wanted, *, now: datetime) -> Settled:
    """Without a person's decision: what looks like the company's lead is taken for it."""
    return settle(record, Found(outcome.rows) if isinstance(outcome, LookAlikes) else outcome, wanted, now=now)


def settle_makes_one_unasked(record: LeadRecord, outcome: Outcome, wanted: Wanted, *, now: datetime) -> Settled:
    """Without a person's decision: what looks like the company's lead is taken for another's."""
    return settle(record, Absent() if isinstance(outcome, LookAlikes) else outcome, wanted, now=now)


REAL = Protocol("the protocol")
WITHOUT_A_RULE = [
    Protocol("rule 1: one write per act", act=act_writes_again_after_a_conflict),
    Protocol("rule 1: with the eTag of the brief", act=act_reads_and_then_writes),
    Protocol("rule 2: what is sent is committed first", plan=plan_remembers_nothing),
    Protocol("rule 2: forgotten only when known to have succeeded", settle=settle_forgets_what_is_unknown),
    Protocol("rule 3: while an outcome is unknown, always write", plan=plan_stops_when_nothing_differs),
    Protocol("rule 4: the id is derived", lead_id=drawn_id, needs_lost_commits=True),
    Protocol("rule C: own unconfirmed values are recognised", settle=settle_does_not_know_our_own_values),
    Protocol("adoption: never while a create is unknown", plan=plan_adopts_while_a_create_is_unknown),
    Protocol("look-alikes: never taken over unasked", settle=settle_takes_over_unasked),
    Protocol("look-alikes: no lead beside one unasked", settle=settle_makes_one_unasked),
    Protocol("look-alikes: looked for once more after the first lead", act=act_never_looks_again),
]
