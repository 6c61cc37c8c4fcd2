"""What a push would send now, and how that differs from what is there: nothing is written, nothing is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from crm.backend import CrmBackend
from crm.dueness import Dueness, dueness
from crm.interface import ColumnValues
from crm.mapping.columns import Winner
from crm.mapping.merge import same
from crm.mapping.payload import Payload, lead_payload
from crm.mapping.resolving import ResolvedMapping, by_itself
from crm.models import CrmRecord
from crm.push.brief import as_it_would_be_sent
from crm.push.record import LeadRecord
from crm.push_kind import push_case, running_scans
from crm.registry import crm_backend
from crm.services.assembling import Assembled, assembled
from crm.services.checking import live_mapping
from crm.services.intents import as_value, installation_id, own_lead_id
from crm.services.wanting import Wishes
from hunter.errors import HunterError
from hunter.remote.errors import Deferred, Misconfigured, RemoteError
from hunter.remote.tokens import with_bearer
from hunter.work.outlook import lane_state
from leads.models import Company

TOKEN_OUTLIVES = timedelta(minutes=1)
WAIT_FOR_SLOT = timedelta(seconds=3)  # a person waits for the page


@dataclass(frozen=True, slots=True)
class Difference:
    """A column that a push would change: what was last seen there, what Hunter would send, who wins."""

    column: str
    there: JsonValue
    here: JsonValue
    winner: str


@dataclass(frozen=True, slots=True)
class PushPreview:
    """A push that was not made. `due` is "due" or why not; `checked` says whether the CRM's own columns were asked."""

    domain: str
    crm: str
    due: str
    mapping_version: int
    checked: bool
    payload: ColumnValues
    left_out: Mapping[str, str]
    difference: tuple[Difference, ...]
    refused: str = ""
    is_new: bool = False
    failed: bool = False

    def sentence(self) -> str:
        if self.refused:
            return self.refused
        if not self.difference:
            return f"A push of {self.domain} would change nothing."
        return f"A push of {self.domain} would change {', '.join(one.column for one in self.difference)}."

    def as_dict(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "crm": self.crm,
            "due": self.due,
            "mapping_version": self.mapping_version,
            "checked": self.checked,
            "payload": dict(self.payload),
            "left_out": dict(self.left_out),
            "difference": [
                {"column": one.column, "there": one.there, "here": one.here, "winner": one.winner}
                for one in self.difference
            ],
            "detail": self.sentence(),
        }


def preview_push(company: Company, backend: CrmBackend | None = None) -> PushPreview:
    """What a push of the company to the CRM, the first unless said, would send.

    Raises HunterError with the field when a value can't be sent (R4.6).
    """
    backend = backend or crm_backend()
    resolved, checked = resolved_mapping(backend)
    known = assembled([company])[company.pk]
    row = CrmRecord.objects.of_crm(backend.name).filter(company=company).first()
    scan_runs = bool(running_scans([company.domain]))
    record = _record_of(company, row, crm=backend.name, installation=installation_id())
    return _preview(known, row, Wishes.of(backend, resolved), record, scan_runs=scan_runs, checked=checked)


def previews(companies: Iterable[Company], backend: CrmBackend, wishes: Wishes) -> Iterator[PushPreview]:
    """What pushes of these companies would send, in a constant number of queries; a value that can't be sent is told
    as `refused`."""
    wanted = list(companies)
    rows = {row.company_id: row for row in CrmRecord.objects.of_companies(wanted).of_crm(backend.name)}
    scanned_now, known = running_scans([company.domain for company in wanted]), assembled(wanted)
    installation = installation_id()
    for company in wanted:
        row = rows.get(company.pk)
        record = _record_of(company, row, crm=backend.name, installation=installation)
        try:
            yield _preview(
                known[company.pk],
                row,
                wishes,
                record,
                scan_runs=company.domain in scanned_now,
                checked=True,
            )
        except HunterError as error:
            yield PushPreview(
                domain=company.domain,
                crm=backend.name,
                due=Dueness.DUE.value,
                mapping_version=wishes.resolved.mapping.version,
                checked=True,
                payload={},
                left_out={},
                difference=(),
                refused=error.message,
                is_new=row is None or not row.is_known_there,
            )


def _preview(
    known: Assembled, row: CrmRecord | None, wishes: Wishes, record: LeadRecord, *, scan_runs: bool, checked: bool
) -> PushPreview:
    company, resolved = known.company, wishes.resolved
    wanted = wishes.wanted(known, record, now=datetime.now(UTC))
    record, payload = as_it_would_be_sent(record, wanted)
    filled = lead_payload(known.values(), resolved, once_sent=record.once_sent(), first_push=not record.ever_confirmed)
    return PushPreview(
        domain=company.domain,
        crm=resolved.mapping.crm,
        due=dueness(push_case(known, row, scan_runs=scan_runs)).value,
        mapping_version=resolved.mapping.version,
        checked=checked,
        payload=payload | dict(wanted.bookkeeping),
        left_out=filled.left_out if isinstance(filled, Payload) else {},
        difference=differences(payload, record, winners=wanted.winners),
        is_new=row is None or not row.is_known_there,
    )


def resolved_mapping(backend: CrmBackend) -> tuple[ResolvedMapping, bool]:
    """The mapping held against the CRM's columns, or by itself where the CRM is off or out of reach; and which.

    Raises Misconfigured where a fault of the mapping stands in the way of every push (R4.5).
    """
    if backend.is_enabled() and lane_state(backend.lane).is_open:  # nobody waits on a page for a lane that is closed
        try:
            mapping = with_bearer(
                backend.token_source(),
                lambda token: live_mapping(backend, token=token, wait=WAIT_FOR_SLOT),
                outlives=TOKEN_OUTLIVES,
            )
            return mapping, True
        except Misconfigured:
            raise
        except (RemoteError, Deferred):
            pass  # the error inbox tells of it; a preview without the CRM's columns is better than none
    return by_itself(backend.load_mapping()), False


def _record_of(company: Company, row: CrmRecord | None, *, crm: str, installation: UUID) -> LeadRecord:
    if row is not None:
        return as_value(row, domain=company.domain)
    return fresh_record(company, crm=crm, installation=installation)


def fresh_record(company: Company, *, crm: str, installation: UUID) -> LeadRecord:
    """The record that a first push would begin with."""
    own_id = str(own_lead_id(installation, crm=crm, domain=company.domain, generation=0))
    return LeadRecord(own_id=own_id, lead_id=own_id, domain=company.domain)


def differences(payload: ColumnValues, record: LeadRecord, *, winners: Mapping[str, Winner]) -> tuple[Difference, ...]:
    """The columns in which the payload is not what was last seen or confirmed there."""
    there = {**(record.confirmed or {}), **(record.seen or {})}
    return tuple(
        Difference(column, there.get(column), value, winners[column].value if column in winners else "")
        for column, value in payload.items()
        if not same(value, there.get(column))
    )
