"""What a company's lead is to be: values assembled, mapped, and put beside what its record knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from crm.backend import CrmBackend
from crm.interface import ColumnValues
from crm.mapping.columns import Direction, Winner
from crm.mapping.payload import Payload, PushFacts, bookkeeping, lead_payload
from crm.mapping.resolving import ResolvedMapping
from crm.mapping.values import CompanyValues, faulty_field
from crm.push.brief import Wanted
from crm.push.record import LeadRecord
from crm.services.assembling import Assembled
from hunter.errors import HunterError


@dataclass(frozen=True, slots=True)
class Wishes:
    """The mapping as it can be sent now, and the CRM's one name for a lead's version."""

    resolved: ResolvedMapping
    touch: str

    @classmethod
    def of(cls, backend: CrmBackend, resolved: ResolvedMapping) -> Wishes:
        return cls(resolved, backend.touch)

    def wanted(self, known: Assembled, record: LeadRecord, *, now: datetime, attempts: int = 0) -> Wanted:
        """Raises HunterError with the field when a value can't be sent (R4.6)."""
        try:
            values = known.values()
        except ValidationError as error:
            field, sentence = faulty_field(error)
            raise HunterError(f"{known.company.domain}: {sentence} Correct it in the company.", field=field) from error
        payload = lead_payload(
            values, self.resolved, once_sent=record.once_sent(), first_push=not record.ever_confirmed
        )
        if not isinstance(payload, Payload):
            raise HunterError(f"{known.company.domain}: {payload.sentence()}", field=payload.field)
        return self._with(
            payload.columns, self.winners(values), record, now=now, attempts=attempts, times=known.changed_at()
        )

    def last_wanted(self, record: LeadRecord, *, now: datetime) -> Wanted:
        """What was wanted last, where the company's values of now can't be sent."""
        own = record.sent[-1] if record.sent else record.confirmed or {}
        return self._with(own, self.winners(CompanyValues()), record, now=now, attempts=0)

    def winners(self, values: CompanyValues) -> dict[str, Winner]:
        """Who wins each column, now that it is known whether a person set the name (f.7)."""
        winners = {}
        for sendable in self.resolved.columns:
            column = sendable.column
            if column.bookkeeping or sendable.off:
                continue
            winner = column.winner
            if column.direction is Direction.FIRST_PUSH:
                winner = Winner.CRM
            elif winner is Winner.PERSONS_NAME:
                winner = Winner.HUNTER if values.name_set_by_person else Winner.CRM
            winners[column.name] = winner
        return winners

    def _with(
        self,
        own: ColumnValues,
        winners: dict[str, Winner],
        record: LeadRecord,
        *,
        now: datetime,
        attempts: int,
        times: Mapping[str, datetime] | None = None,
    ) -> Wanted:
        push = PushFacts(time=now, lead_id=record.lead_id, attempts=attempts)
        changed_at = {
            one.name: times[one.column.value] for one in self.resolved.columns if times and one.column.value in times
        }
        told = bookkeeping(self.resolved, push).columns
        return Wanted(own, winners, told, touch=self.touch, changed_at=changed_at)
