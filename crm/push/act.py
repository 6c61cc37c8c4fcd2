"""The act of a push: at most one write, and how it ended. It asks for its calls and is told their answers, so the
same walk is driven by a CRM's client and, in the tests, by a scheduler that loses answers and kills workers.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from crm.interface import Crm, CrmRow, Refused, Whereabouts
from crm.push.brief import Change, Create, Look, Step
from hunter.crashpoints import crash_point
from hunter.errors import HunterError
from hunter.remote.errors import RemoteError

POINTS = (
    "push.before_locate",
    "push.after_locate",
    "push.before_write",
    "push.after_write",
    "push.before_read",
    "push.after_read",
)


@dataclass(frozen=True, slots=True)
class Locate:
    """A call: where is the lead?"""

    where: Whereabouts


@dataclass(frozen=True, slots=True)
class Read:
    """A call: the lead with this id."""

    lead_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An answer: the call did not do what it was asked. `unknown` when a write may still take effect."""

    error: HunterError
    unknown: bool = False


Call = Locate | Read | Create | Change
Answer = Sequence[CrmRow] | CrmRow | Refused | Failed | None


@dataclass(frozen=True, slots=True)
class Found:
    """Outcome: these leads are there; nothing was written by this act, or its fence kept it out.

    `alike`: what else was met that only its website ties to the company.
    """

    rows: tuple[CrmRow, ...]
    conflict: bool = False
    lost: HunterError | None = None  # a write of this act may still arrive
    alike: tuple[CrmRow, ...] = ()


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """Outcome: there is no lead for this company yet, but open ones that only their website ties to it."""

    rows: tuple[CrmRow, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """Outcome: there is no lead for this company yet."""


@dataclass(frozen=True, slots=True)
class Written:
    """Outcome: our write took effect, and this is the lead right after it; `beside` what else was there by then."""

    row: CrmRow
    step: Create | Change
    beside: tuple[CrmRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Outcome: a write is on its way, or has arrived, or is lost."""

    error: HunterError


@dataclass(frozen=True, slots=True)
class Gone:
    """Outcome: the lead that we know is no more."""


@dataclass(frozen=True, slots=True)
class DomainElsewhere:
    """Outcome: another lead holds the company's domain, perhaps a closed or merged one; nothing was written."""


@dataclass(frozen=True, slots=True)
class NotDone:
    """Outcome: the service refused or could not be reached, and this act wrote nothing."""

    error: HunterError


Outcome = Found | LookAlikes | Absent | Written | Unknown | Gone | DomainElsewhere | NotDone


def act(step: Step) -> Generator[Call, Answer, Outcome]:
    """The calls of one push, one after the other; its value is the outcome."""
    match step:
        case Look():
            return (yield from _look(step))
        case Create() | Change():
            answer = yield step
            match answer:
                case CrmRow():
                    return Written(answer, step, (yield from _beside(step, answer)))
                case Refused():
                    return (yield from _after_refusal(step, answer))
                case Failed(error=error, unknown=True):
                    return (yield from _after_lost_answer(step.lead_id, error))
                case Failed(error=error):
                    return NotDone(error)
                case _:
                    raise TypeError(f"A write was answered by {answer!r}.")
        case _:
            assert_never(step)


def _look(step: Look) -> Generator[Call, Answer, Outcome]:
    answer = yield Locate(step.where)
    if isinstance(answer, Failed):
        return NotDone(answer.error)
    found = _rows(answer)
    rows = tuple(row for row in found if step.where.names(row))
    alike = tuple(row for row in found if step.where.resembles(row))
    if rows:
        return Found(rows, alike=alike)
    if step.known:
        return Gone()
    return LookAlikes(alike) if alike else Absent()


def _beside(step: Create | Change, row: CrmRow) -> Generator[Call, Answer, tuple[CrmRow, ...]]:
    """What people made between the look and the first lead, which no fence keeps out (§4). Whatever comes of this look,
    the write is confirmed: where it fails, the next pull tells."""
    where = step.where if isinstance(step, Create) else step.look_after
    if where is None or row.owed:
        return ()
    return tuple(other for other in _rows((yield Locate(where))) if other.lead_id not in where.lead_ids)


def _after_refusal(step: Create | Change, refused: Refused) -> Generator[Call, Answer, Outcome]:
    """A fence kept us out: read what is there. It is settled, never written to by this act (rule 1)."""
    if refused is Refused.MISSING:
        return Gone()
    if refused is Refused.DOMAIN_TAKEN and isinstance(step, Change):
        return DomainElsewhere()
    if isinstance(step, Create) and refused is Refused.DOMAIN_TAKEN:
        answer = yield Locate(replace(step.where, look_alikes=False))
    else:
        answer = yield Read(step.lead_id)
    if isinstance(answer, Failed):
        return NotDone(answer.error)
    rows = _rows(answer)
    if not rows:
        return Unknown(HunterError("The CRM refused the lead as one that it has, and then did not have it."))
    return Found(rows, conflict=True)


def _after_lost_answer(lead_id: str, error: HunterError) -> Generator[Call, Answer, Outcome]:
    answer = yield Read(lead_id)
    rows = () if isinstance(answer, Failed) else _rows(answer)
    return Found(rows, lost=error) if rows else Unknown(error)


def _rows(answer: Answer) -> tuple[CrmRow, ...]:
    if answer is None or isinstance(answer, Refused | Failed):
        return ()
    return (answer,) if isinstance(answer, CrmRow) else tuple(answer)


def carry_out(step: Step, crm: Crm) -> Outcome:
    """The act, its calls made on this CRM."""
    walk = act(step)
    call = next(walk)
    while True:
        try:
            call = walk.send(answer_of(call, crm))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def answer_of(call: Call, crm: Crm) -> Answer:
    """The CRM's answer. What the service refuses is an answer too; a defect of ours is not."""
    word = {Locate: "locate", Read: "read"}.get(type(call), "write")
    crash_point(f"push.before_{word}")
    try:
        answer = _asked(call, crm)
    except HunterError as error:
        answer = Failed(error, unknown=isinstance(error, RemoteError) and error.outcome_unknown)
    crash_point(f"push.after_{word}")
    return answer


def _asked(call: Call, crm: Crm) -> Answer:
    match call:
        case Locate(where=where):
            return crm.locate(where)
        case Read(lead_id=lead_id):
            return crm.read(lead_id)
        case Create(lead_id=lead_id, body=body):
            return crm.create(lead_id, body)
        case Change(lead_id=lead_id, body=body, etag=etag):
            return crm.change(lead_id, body, etag=etag)
        case _:
            assert_never(call)
