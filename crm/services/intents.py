"""Which lead a company has, before the first call: records made and locked, ids derived (R1.8, R1.1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid5

from crm.interface import ColumnValues
from crm.mapping.columns import Winner
from crm.mapping.merge import Taken, Undecided
from crm.models import CrmRecord, Installation
from crm.push.record import Dispute, LeadRecord, LeadState, LookAlike, PushResult
from leads.models import Company

SHOWN_AS_CONFLICT = 2  # f.7: when it comes back twice


def own_lead_id(installation: UUID, *, crm: str, domain: str, generation: int) -> UUID:
    """The id of Hunter's own lead: the same for ever, so that no repeat and no restore makes a second one."""
    return uuid5(installation, f"{crm} {domain} {generation}")


def installation_id() -> UUID:
    """This installation's identity, made by the migration that made its table."""
    return Installation.objects.get_or_create(pk=1)[0].identity


def known_records(companies: Iterable[Company], *, crm: str) -> Mapping[int, CrmRecord]:
    """The companies' records by company id, locked in key order; nothing for a company that has none."""
    locked = CrmRecord.objects.of_companies(companies).of_crm(crm).select_for_update(no_key=True)
    return {record.company_id: record for record in locked}


def locked_records(companies: Iterable[Company], *, crm: str) -> Mapping[int, CrmRecord]:
    """The companies' records by company id, made where there is none, locked in key order.

    Takes part in the caller's transaction; a constant number of queries.
    """
    wanted = sorted(companies, key=lambda company: company.pk)
    known = set(CrmRecord.objects.of_companies(wanted).of_crm(crm).values_list("company_id", flat=True))
    missing = [company for company in wanted if company.pk not in known]
    if missing:
        identity = installation_id()
        made = [_new_record(company, crm=crm, installation=identity) for company in missing]
        CrmRecord.objects.bulk_create(made, ignore_conflicts=True)
    return known_records(wanted, crm=crm)


def _new_record(company: Company, *, crm: str, installation: UUID) -> CrmRecord:
    own_id = own_lead_id(installation, crm=crm, domain=company.domain, generation=0)
    return CrmRecord(company=company, crm=crm, own_id=own_id, lead_id=own_id)


def as_value(row: CrmRecord, *, domain: str) -> LeadRecord:
    """The record as the decisions read it."""
    return LeadRecord(
        own_id=str(row.own_id),
        lead_id=str(row.lead_id),
        domain=domain,
        generation=row.generation,
        etag=row.etag,
        confirmed=row.confirmed,
        ever_confirmed=row.ever_confirmed,
        seen=row.seen,
        sent=tuple(row.sent),
        taken={
            column: Taken(held["value"], held["over"], Winner(held["winner"]), held.get("why", ""))
            for column, held in row.taken.items()
        },
        disputed={column: Dispute(held["times"], held["sent_back"]) for column, held in row.disputed.items()},
        undecided={column: Undecided(held["here"], held["there"]) for column, held in row.undecided.items()},
        look_alikes=tuple(LookAlike(one["lead_id"], one["name"]) for one in row.look_alikes),
        kept_apart=frozenset(row.kept_apart),
        absent_at=row.absent_at,
        conflicts=row.conflicts,
        hops=row.hops,
        state=LeadState(row.state),
        result=None,
        words=row.sync_error,
    )


def put(row: CrmRecord, record: LeadRecord, *, mapping_version: int, now: datetime) -> None:
    """The decision's record into the row, which the caller writes."""
    first_confirmed = record.ever_confirmed and not row.ever_confirmed  # a person may be asked about others beside it
    confirmed_anew = first_confirmed or record.result in {PushResult.CREATED, PushResult.UPDATED, PushResult.ADOPTED}
    row.lead_id = UUID(record.lead_id)
    row.etag, row.ever_confirmed = record.etag, record.ever_confirmed
    row.confirmed = None if record.confirmed is None else dict(record.confirmed)
    row.payload_hash = "" if record.confirmed is None else hash_of(record.confirmed)
    row.seen = None if record.seen is None else dict(record.seen)
    row.sent = [dict(payload) for payload in record.sent]
    row.taken = {
        column: {"value": held.value, "over": held.over, "winner": held.winner.value, "why": str(held.why)}
        for column, held in record.taken.items()
    }
    row.disputed = {
        column: {"times": held.times, "sent_back": held.sent_back} for column, held in record.disputed.items()
    }
    row.undecided = {column: {"here": held.here, "there": held.there} for column, held in record.undecided.items()}
    row.look_alikes = [{"lead_id": one.lead_id, "name": one.name} for one in record.look_alikes]
    row.kept_apart = sorted(record.kept_apart)
    row.has_conflict = bool(record.undecided) or any(
        held.times >= SHOWN_AS_CONFLICT for held in record.disputed.values()
    )
    row.absent_at, row.conflicts, row.hops = record.absent_at, record.conflicts, record.hops
    row.state, row.sync_error, row.looked_at = record.state.value, record.words, now
    if record.result is not None:
        row.last_result, row.last_result_at = record.result.value, now
    if confirmed_anew:
        row.synced_at, row.mapping_version = now, mapping_version


WRITTEN = (
    "lead_id", "etag", "ever_confirmed", "confirmed", "payload_hash", "seen", "sent", "taken", "disputed", "undecided",
    "look_alikes", "kept_apart", "has_conflict", "absent_at", "conflicts", "hops", "state", "sync_error", "looked_at",
    "last_result", "last_result_at", "synced_at", "mapping_version", "wanted_by_person", "pull",
)  # fmt: skip


def write_records(rows: Iterable[CrmRecord]) -> None:
    """All rows, which are locked in this transaction, in one statement and in key order.

    As an upsert: `bulk_update` builds a CASE of each column and row, which took most of a push's processor time.
    """
    CrmRecord.objects.bulk_create(
        sorted(rows, key=lambda row: row.company_id),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=list(WRITTEN),
    )


def hash_of(values: ColumnValues) -> str:
    """SHA-256 of the values in one spelling."""
    return hashlib.sha256(json.dumps(dict(values), sort_keys=True, ensure_ascii=False).encode()).hexdigest()
