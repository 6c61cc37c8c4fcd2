"""Columns that both sides changed and no rule settles: each is an error record until a person chooses (R4.7)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from pydantic import JsonValue

from crm.mapping.columns import Winner
from crm.mapping.merge import Taken, Why
from crm.models import CrmRecord
from crm.push.record import LeadRecord
from crm.registry import crm_backend
from crm.services.assembling import assembled
from crm.services.deciding import Decided, locked
from crm.services.intents import as_value, put
from crm.services.taking_over import take_over
from hunter.audit import recording
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.errors import Call, Conflict
from hunter.transactions import retried
from hunter.work.asking import ask
from hunter.work.models import Priority
from hunter.work.problems import record_problem, resolve_problems

VALUES_MOVED = "The values changed again."


class Keep(StrEnum):
    """Whose value holds."""

    HERE = "here"
    THERE = "there"


DECIDED: Mapping[Keep, str] = {
    Keep.HERE: "A person kept Hunter's value.",
    Keep.THERE: "A person took the CRM's value.",
}


@dataclass(frozen=True, slots=True)
class ConflictShown:
    """One column that waits, as people and programs see it. `conflict` names exactly these two values."""

    column: str
    here: JsonValue
    there: JsonValue
    conflict: str


def conflict_kind(crm: str) -> str:
    """What the error records of this CRM's conflicts are filed under; it is no kind of work."""
    return f"conflict_{crm}"


def operation_on(column: str) -> str:
    """What the error record says was to be done: one for each column."""
    return f"choose a value for {column}"[:60]


def conflicts_of(row: CrmRecord) -> tuple[ConflictShown, ...]:
    """What waits for a choice about this lead."""
    return tuple(
        ConflictShown(column, held["here"], held["there"], conflict_id(column, held))
        for column, held in sorted(row.undecided.items())
    )


def conflict_id(column: str, held: Mapping[str, JsonValue]) -> str:
    """Another one as soon as either value is another one, so that nobody chooses between values he has not seen."""
    return hashlib.sha256(json.dumps([column, held["here"], held["there"]]).encode()).hexdigest()[:16]


def tell_conflicts(row: CrmRecord, *, domain: str, before: Mapping[str, Any]) -> None:
    """Keep the error records in step with the columns that wait; in the transaction that writes the record.

    A conflict whose values have moved is a new error, so that a click on the old one is known to be stale.
    """
    kind = conflict_kind(row.crm)
    for column in sorted(before.keys() | row.undecided.keys()):
        held = row.undecided.get(column)
        if held == before.get(column):
            continue
        operation = operation_on(column)
        resolve_problems(kind, [domain], operation, reason=VALUES_MOVED if held else "Both sides agree.")
        if held is not None:
            error = Conflict(
                f"{column} was changed on both sides. Choose whose value holds; the rest goes on meanwhile.",
                call=Call(row.crm, operation),
                field=column,
            )
            context = {"column": column, "conflict": conflict_id(column, held)}
            record_problem(kind, domain, error, operation=operation, service=row.crm, context=context)


@retried
@transaction.atomic
def decide(record: CrmRecord, *, column: str, conflict: str, keep: Keep, by: AbstractBaseUser | None) -> Decided:
    """Settle one column: Hunter's value is pushed, or the CRM's comes into the company. Audited.

    Raises HunterError when it is settled already, or when one of the two values is not the one that was seen.
    """
    company, row = locked(record)
    held = row.undecided.get(column)
    if held is None:
        raise HunterError(f"{column} of {company.domain} waits for no choice any more. Nothing was changed.")
    if conflict_id(column, held) != conflict:
        raise HunterError(
            f"The values of {column} of {company.domain} changed since you looked. Nothing was changed: look again."
        )
    backend = crm_backend(row.crm)
    kept = decided(as_value(row, domain=company.domain), column, keep)
    put(row, kept, mapping_version=row.mapping_version, now=row.looked_at or database_now())
    row.save()
    if keep is Keep.THERE:
        take_over(assembled([company])[company.pk], {column: kept.taken[column]}, backend, by=by)
    resolve_problems(conflict_kind(row.crm), [company.domain], operation_on(column), reason=DECIDED[keep])
    recording.record(row, act=f"keep the value {keep.value}", by=by, before={column: held}, after={column: held[keep]})
    ask(backend.push_kind, [company.domain], priority=Priority.PERSON, asked_by=by.get_username() if by else "")
    if keep is Keep.HERE:
        return Decided(f"Hunter's {column} is pushed to {backend.title} within a minute.")
    return Decided(f"{backend.title}'s {column} holds, in Hunter too.")


def decided(record: LeadRecord, column: str, keep: Keep) -> LeadRecord:
    """The record after the choice. The CRM's value counts as confirmed already, so Hunter's makes a push due."""
    held = record.undecided[column]
    undecided = {name: other for name, other in record.undecided.items() if name != column}
    taken = {name: other for name, other in record.taken.items() if name != column}
    if keep is Keep.THERE:
        taken[column] = Taken(held.there, held.here, Winner.HAND, Why.CHOSEN)
    return replace(record, undecided=undecided, taken=taken)
