"""The push as work of the ledger in a history: Hunter's decisions around records that the test keeps.

Which version of a record holds stands in a table, so that a rollback takes it back as it would the record itself.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from pydantic import JsonValue

from crm.mapping.columns import Winner
from crm.push.act import Answer, Call, Failed, NotDone, Outcome, Unknown
from crm.push.brief import Wanted
from crm.push.record import LeadRecord
from crm.push_kind import verdict_of
from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.errors import Deferred
from hunter.remote.gate import Gates
from hunter.work import kinds
from hunter.work.kinds import Claimed, Done, Handler, Verdict
from hunter.work.verdicts import verdict_for
from tests.crm.interleaving.protocols import REAL, derived_id
from tests.simulation.clock import Clock
from tests.simulation.service import Service

WINNERS = {"hnt_domain": Winner.HUNTER, "score": Winner.HUNTER, "phone": Winner.NEWER}
CLOSED = "The lane is closed; no call was made."
READ = "select version from simulated_record where domain = %s"
PUT = """
insert into simulated_record values (%s, %s) on conflict (domain) do update set version = excluded.version
"""


@dataclass(slots=True)
class SimulatedCompany:
    """What Hunter knows of a company, and every phone number it ever had."""

    domain: str
    score: int = 0
    phone: str = "h0"
    phones: list[str] = field(default_factory=lambda: ["h0"])


class Records:
    """The lead records, as the database has them now."""

    def __init__(self) -> None:
        self._versions: list[LeadRecord] = []

    def of(self, domain: str) -> LeadRecord | None:
        with connection.cursor() as cursor:
            cursor.execute(READ, [domain])
            row = cursor.fetchone()
        return self._versions[row[0]] if row else None

    def put(self, record: LeadRecord) -> None:
        self._versions.append(record)
        with connection.cursor() as cursor:
            cursor.execute(PUT, [record.domain, len(self._versions) - 1])


class SimulatedPush(Handler[Any, Outcome]):
    """As crm.push_kind's, with a model in place of rows and of the CRM."""

    def __init__(
        self, companies: Mapping[str, SimulatedCompany], records: Records, service: Service, clock: Clock
    ) -> None:
        self._companies, self._records, self._service, self._clock = companies, records, service, clock

    def renew_credential(self) -> None:
        self._service.renew()

    def trouble_of(self, result: Outcome) -> HunterError | None:
        return result.error if isinstance(result, Unknown) else None

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Any]:
        return {one.item_id: self._planned(one.key) for one in claimed}

    def act(self, brief: Any, gates: Gates) -> Outcome:
        raise AssertionError("the history takes the steps of an act one by one")

    def settle(self, outcomes: Sequence[kinds.Outcome[Outcome]]) -> Mapping[int, Verdict]:
        return {one.claimed.item_id: self._settled(one) for one in outcomes}

    def _planned(self, domain: str) -> Any:
        record = self._record(domain)
        plan = REAL.plan(record, self._wanted(domain), now=self._clock.now)
        self._records.put(plan.record)
        return plan.step if plan.step is not None else Done()

    def _settled(self, outcome: kinds.Outcome[Outcome]) -> Verdict:
        domain = outcome.claimed.key
        if outcome.result is None:
            return verdict_for(outcome)
        settled = REAL.settle(self._record(domain), outcome.result, self._wanted(domain), now=self._clock.now)
        self._records.put(settled.record)
        return verdict_of(settled, outcome)  # type: ignore[arg-type]  # it asks for the error alone

    def _record(self, domain: str) -> LeadRecord:
        own = derived_id(self._service.rng) + domain
        return self._records.of(domain) or LeadRecord(own_id=own, lead_id=own, domain=domain)

    def _wanted(self, domain: str) -> Wanted:
        company = self._companies[domain]
        own: dict[str, JsonValue] = {"hnt_domain": domain, "score": company.score, "phone": company.phone}
        return Wanted(own, WINNERS, bookkeeping={"time": self._clock.now.isoformat()}, touch="hnt_domain")


@dataclass(slots=True)
class Flight:
    """An act under way. Its process may sleep between any two of its steps."""

    claimed: Claimed
    walk: Generator[Call, Answer, Outcome]
    call: Call
    began: datetime


class SimulatedActs:
    """In place of threads: the history says which act takes its next step."""

    def __init__(self) -> None:
        self.flights: list[Flight] = []
        self._ended: list[kinds.Outcome[Any]] = []

    def start(self, handler: Handler[Any, Any], briefs: Iterable[tuple[Claimed, Any]], gates: Gates) -> None:
        for claimed, brief in briefs:
            walk = REAL.act(brief)
            self.flights.append(Flight(claimed, walk, next(walk), datetime.now(UTC)))

    def by_key(self) -> list[Flight]:
        """In an order that does not hang on how the database found them."""
        return sorted(self.flights, key=lambda flight: flight.claimed.key)

    def ready(self) -> list[kinds.Outcome[Any]]:
        ended, self._ended = self._ended, []
        return ended

    def go_on(self, flight: Flight, answer: Answer) -> None:
        """The act hears its answer; it asks for another call, or ends."""
        try:
            flight.call = flight.walk.send(answer)
        except StopIteration as end:
            self.flights.remove(flight)
            error = end.value.error if isinstance(end.value, NotDone) else None
            result = None if error is not None else end.value
            self._ended.append(kinds.Outcome(flight.claimed, result, error, flight.began, datetime.now(UTC)))


def leave_to_call(lane: Any) -> Answer | bool:
    """Bought as a drainer's main thread does: True, or False to wait, or how the act ends where the lane is closed."""
    bought = limits.buy(lane, count=1)
    return Failed(Deferred(CLOSED)) if bought.closed else bought.granted == 1
