"""One history: drainers on Hunter's own ledger and lane, a CRM, people on both sides, and everything that can go wrong.

Beats, statements and decisions are the product's own; the clock, chance, scheduling and the CRM are the test's. A
history is its seed: the same seed gives the same events in the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection

from hunter.remote import limits
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane
from hunter.work.asking import ask, sweep
from hunter.work.claim_beat import ClaimBeat
from hunter.work.models import Priority
from hunter.work.retrying import open_lane
from hunter.work.settle_beat import SettleBeat
from hunter.work.shift import Shift
from hunter.work.tasks import mend_clock_leap
from hunter.work.upkeep import Upkeep
from tests.crm.interleaving.crm_model import ModelCrm
from tests.simulation import invariants, tables
from tests.simulation.charges import Charges
from tests.simulation.clock import Clock
from tests.simulation.look_alikes import Judge
from tests.simulation.pushing import Flight, Records, SimulatedActs, SimulatedCompany, SimulatedPush, leave_to_call
from tests.simulation.service import Service, Weather

KIND, LANE = "push_dynamics365", LaneName.DYNAMICS365
SLOTS_OF_A_DRAINER = 2
HOUR = timedelta(hours=1)
QUIET_ROUNDS = 600


@dataclass(slots=True, eq=False)
class SimulatedDrainer:
    """A process: it may be killed, or sleep, between any two of its beats."""

    shift: Shift
    acts: SimulatedActs
    claim: ClaimBeat
    settle: SettleBeat
    upkeep: Upkeep
    renewed_at: datetime


@dataclass(slots=True)
class History:
    """Everything there is in one history; `story` says what happened, for people who replay a seed."""

    rng: Random
    clock: Clock
    companies: dict[str, SimulatedCompany]
    service: Service
    records: Records
    judge: Judge
    jumps: bool
    charges: Charges = field(default_factory=Charges)
    drainers: list[SimulatedDrainer] = field(default_factory=list)
    writes: tables.Writes = field(default_factory=tables.Writes)
    sent: list[Any] = field(default_factory=list)
    closed_until: Any = None
    is_held: bool = False
    has_jumped: bool = False
    drawn: int = 0
    story: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def seeded(cls, seed: int, *, jumps: bool) -> History:
        rng = Random(seed)
        tables.empty()
        names = [f"{name}.example.com" for name in "abc"[: rng.randint(1, 3)]]
        crms = {name: ModelCrm(name, domain_is_key=rng.random() < 0.3) for name in names}
        service = Service(rng, rng.choice((0.4, 0.7, 0.9)), crms)
        companies = {name: SimulatedCompany(name) for name in names}
        history = cls(rng, Clock(), companies, service, Records(), Judge(rng), jumps)
        limits.ensure_lane(LANE)
        for name in names:
            ask(KIND, [name])
        return history

    def handler(self) -> SimulatedPush:
        """What the ledger calls for a push in this history."""
        return SimulatedPush(self.companies, self.records, self.service, self.clock)

    def run(self) -> list[str]:
        """Play the events, then let all settle; what is wrong, empty when nothing is."""
        with connection.execute_wrapper(self.writes):
            return self._played()

    def _played(self) -> list[str]:
        weights = [weight * self.rng.choice((0.3, 1, 1, 3)) for _, _, weight in self._events()]
        for _ in range(self.rng.randint(40, 120)):
            possible = [(event, share) for (event, can, _), share in zip(self._events(), weights, strict=True) if can]
            events, shares = zip(*possible, strict=True)
            self.rng.choices(events, shares)[0]()
            if self.writes.since_last_asked():
                self.faults += invariants.broken_now()
            if self.faults:
                return self.faults
        self._settle_down()
        return [*self.faults, *invariants.broken_now(), *invariants.broken_at_rest(self)]

    def _events(self) -> list[tuple[Callable[[], None], bool, float]]:
        """What can happen, whether it can now, and how often it does."""
        flights = any(drainer.acts.flights for drainer in self.drainers)
        return [
            (self.begin, len(self.drainers) < 2, 4),
            (self.take, bool(self.drainers), 8),
            (self.step, flights, 24),
            (self.settle, bool(self.drainers), 10),
            (self.renew, bool(self.drainers), 1),
            (self.kill, bool(self.drainers), 0.7),
            (self.end, bool(self.drainers), 0.5),
            (self.let_time_pass, True, 5),
            (self.tick, True, 0.3),
            (self.edit_here, True, 4),
            (self.edit_there, any(crm.leads for crm in self.service.crms.values()), 2),
            (self.lead_by_person, True, 0.2),
            (self.look_alike_by_person, True, 0.2),
            (self.decide, bool(self._asked_about()), 1),
            (self.sweep, True, 0.3),
            (self.try_again, True, 0.3),
            (self.hold, not self.is_held, 0.2),
            (self.resume, self.is_held, 3),
            (self.change_weather, True, 1.5),
            (self.outage, not self.is_held, 0.5),
            (self.spoil_one, not self.is_held and len(self.companies) > 1, 0.3),
            (self.storm, not self.is_held and len(self.companies) > 1, 0.3),
            (self.refuse_or_not, True, 0.6),
            (self.land, any(crm.stuck for crm in self.service.crms.values()), 2),
            (self.jump, self.jumps, 0.4),
        ]

    # The drainers

    def begin(self) -> None:
        """A process starts, where a slot is free for it."""
        shift = Shift(LANE, rng=self.rng)
        shift.slots = limits.take_slots(LANE, holder=shift.holder, count=SLOTS_OF_A_DRAINER, hold=shift.hold)
        if shift.slots:
            beats = ClaimBeat(shift), SettleBeat(shift), Upkeep(shift)
            self.drainers.append(SimulatedDrainer(shift, SimulatedActs(), *beats, self.clock.now))
        self._tell(f"a drainer began with {shift.slots} slots")

    def take(self) -> None:
        drainer = self.rng.choice(self.drainers)
        self._tell(f"claimed {drainer.claim.take(drainer.acts)}")  # type: ignore[arg-type]  # as acts, step by step

    def step(self) -> None:
        """The next call of some act goes out, and is answered or not."""
        drainer = self.rng.choice([drainer for drainer in self.drainers if drainer.acts.flights])
        self._step(drainer, self.rng.choice(drainer.acts.by_key()))

    def _step(self, drainer: SimulatedDrainer, flight: Flight) -> None:
        leave = leave_to_call(LANE)
        if leave is False:
            self._tell("no leave to call yet")
            return
        if leave is True:
            self.sent.append(self.clock.now)
            self.faults += invariants.broken_by_a_call(self)
            answer = self.service.answer(flight.claimed.key, flight.call)
        else:
            answer = leave
        self._tell(f"{flight.claimed.key}: {type(flight.call).__name__}: {answer}")
        drainer.acts.go_on(flight, answer)

    def settle(self) -> None:
        self._settle(self.rng.choice(self.drainers))

    def _settle(self, drainer: SimulatedDrainer) -> None:
        drainer.settle.collect(drainer.acts)  # type: ignore[arg-type]
        ready, drainer.shift.ready = drainer.shift.ready, []
        invariants.remember_pauses(self, ready)
        if ready:
            lost = invariants.lost_leases(self, ready)
            drainer.settle._settle(ready)  # how long it may wait is a matter of real time
            self.faults += invariants.broken_by_a_settle(self, ready, lost)
            self._tell(f"settled {[(one.claimed.key, type(one.result).__name__, one.error) for one in ready]}")

    def renew(self) -> None:
        drainer = self.rng.choice(self.drainers)
        self._renew_slots(drainer)
        drainer.upkeep._renew_leases(list(drainer.shift.running.values()), now=0.0)
        self._tell("leases were renewed")

    def _renew_slots(self, drainer: SimulatedDrainer) -> None:
        drainer.upkeep._renew_slots()
        drainer.renewed_at = self.clock.now

    def kill(self) -> None:
        self.drainers.remove(self.rng.choice(self.drainers))
        self._tell("a drainer was killed")

    def end(self) -> None:
        """A drainer that has nothing in hand ends in order."""
        idle = [one for one in self.drainers if not one.shift.running and not one.acts.flights and not one.shift.ready]
        if idle:
            self._settle(idle[0])
            limits.give_back_slots(idle[0].shift.holder)
            self.drainers.remove(idle[0])

    # What happens to it

    def let_time_pass(self) -> None:
        step = timedelta(seconds=self.rng.choice((0.2, 1, 1, 5, 20, 70, 200, 1000)))
        self.clock.move(step)
        self._tell(f"{step.total_seconds()} s went by")

    def tick(self) -> None:
        mend_clock_leap()

    def jump(self) -> None:
        """The database's clock is put right, or wrong."""
        self.has_jumped = True
        self.clock.move(self.rng.choice((HOUR, -HOUR)))
        self._tell("the clock jumped")

    def edit_here(self) -> None:
        """An operator edits a company, often one whose push is under way, and often back to a value that it had."""
        flying = sorted({flight.claimed.key for drainer in self.drainers for flight in drainer.acts.flights})
        among = flying if flying and self.rng.random() < 0.6 else sorted(self.companies)
        self._edit(self.companies[self.rng.choice(among)])

    def _edit(self, company: SimulatedCompany) -> None:
        if self.rng.random() < 0.5:
            company.score = self.rng.randrange(2)
        elif self.rng.random() < 0.25:
            company.phone = self.rng.choice(company.phones)
        else:
            company.phones.append(f"h{len(company.phones)}")
            company.phone = company.phones[-1]
        ask(KIND, [company.domain], priority=self.rng.choice((Priority.PERSON, Priority.SCHEDULE, Priority.BULK)))
        self._tell(f"edited here: {company.domain} {company.score} {company.phone}")

    def edit_there(self) -> None:
        domain = self.rng.choice([name for name, crm in self.service.crms.items() if crm.leads])
        crm = self.service.crms[domain]
        self.drawn += 1
        crm.edit(self.rng.choice(sorted(crm.leads)), self.rng.choice(("phone", "phone", "score")), f"c{self.drawn}")
        self._tell(f"edited there: {domain} c{self.drawn}")

    def lead_by_person(self) -> None:
        crm = self.service.crms[self.rng.choice(sorted(self.companies))]
        if "person" not in crm.leads:
            crm.add_by_person("person", f"c{self.drawn}p")
            self._tell(f"a person made a lead there: {crm.domain}")

    def look_alike_by_person(self) -> None:
        domain = self.rng.choice(sorted(self.companies))
        self.judge.add(self.service.crms[domain], phone=f"c{self.drawn}l")
        self._tell(f"a person made a lead with the website of {domain} alone")

    def _asked_about(self) -> list[str]:
        return [name for name in sorted(self.companies) if self.judge.is_asked(self.records.of(name))]

    def decide(self) -> None:
        domain = self.rng.choice(self._asked_about())
        self.judge.decide(domain, self.records)
        ask(KIND, [domain], priority=Priority.PERSON)
        self._tell(f"a person decided about {domain}: {self.records.of(domain)}")

    def sweep(self) -> None:
        sweep(KIND, self.companies)

    def try_again(self) -> None:
        ask(KIND, [self.rng.choice(sorted(self.companies))], priority=Priority.PERSON, asked_by="anna")
        self._tell("a person asked again")

    def hold(self) -> None:
        """A person stops the lane."""
        self.is_held = True
        Lane.objects.update(held=True)
        self._tell("held")

    def resume(self) -> None:
        """A person lets it go on, which ends its pause too."""
        self.is_held, self.closed_until = False, None
        Lane.objects.update(held=False)
        open_lane(LANE)
        self._tell("resumed")

    def change_weather(self) -> None:
        self.service.change_weather()
        self._tell(f"weather: {self.service.weather}")

    def outage(self) -> None:
        """The service goes down while everybody works on."""
        self.service.weather = Weather.DOWN
        self._tell("an outage")
        for _ in range(self.rng.randint(3, 8)):
            self.clock.move(timedelta(seconds=self.rng.choice((1, 30, 130))))
            self._round()

    def storm(self) -> None:
        """The service wants fewer calls while more of them are about to go out."""
        self.service.weather = Weather.THROTTLED
        self._tell("a storm")
        for company in self.companies.values():
            self._edit(company)
        if len(self.drainers) < 2:
            self.begin()
        for drainer in self.drainers:
            drainer.claim.take(drainer.acts)  # type: ignore[arg-type]
        for drainer in self.drainers:
            for flight in drainer.acts.by_key():
                self._step(drainer, flight)
                self._settle(drainer)
                self.clock.move(timedelta(seconds=2))

    def spoil_one(self) -> None:
        """The writes of one company fail again and again while all goes right with another."""
        spoilt, good = self.rng.sample(sorted(self.companies), 2)
        self._tell(f"spoilt: {spoilt}, not so {good}")
        self.service.weather, self.service.spoilt = Weather.FINE, spoilt
        self._edit(self.companies[spoilt])
        for _ in range(self.rng.randint(4, 8)):
            self._edit(self.companies[good])
            self.clock.move(timedelta(minutes=5))
            self._round()
            self.clock.move(timedelta(seconds=5))
            self._round()
        self.service.spoilt = ""

    def refuse_or_not(self) -> None:
        domain = self.rng.choice(sorted(self.companies))
        self.service.refused ^= {domain}
        self._tell(f"refused: {sorted(self.service.refused)}")

    def land(self) -> None:
        self.service.land()
        self._tell("a stuck write landed")

    # The end

    def _settle_down(self) -> None:
        """Fine weather for good, nobody edits; what is stuck still lands, and in the end a person tries again."""
        self._tell("quiet")
        self.service.clear_up()
        self.service.refused = {name for name in sorted(self.service.refused) if self.rng.random() < 0.5}
        if self.is_held:
            self.resume()
        self._work_on()
        ask(KIND, [key for key in self._given_up() if key not in self.service.refused], priority=Priority.PERSON)
        self._work_on()

    def _work_on(self) -> None:
        for _ in range(QUIET_ROUNDS):
            due = [item.due_at for item in tables.items().values() if item.due_at is not None]
            if not due and not any(crm.stuck for crm in self.service.crms.values()):
                return
            self._wait(due)
            if self.has_jumped:
                self.tick()
            self._round()
            if any(crm.stuck for crm in self.service.crms.values()) and self.rng.random() < 0.3:
                self.land()
        self.faults.append("it never came to rest")

    def _wait(self, due: list[datetime]) -> None:
        """A moment; up to what is due next where nothing goes on before that."""
        step = timedelta(seconds=self.rng.choice((1, 20, 70)))
        if due and not any(one.acts.flights for one in self.drainers) and not self.has_jumped:
            step = max(step, min(due) - self.clock.now)
        self.clock.move(step)

    def _round(self) -> None:
        """Everybody does all beats once, as far as the lane lets them."""
        if len(self.drainers) < 2:
            self.begin()
        for drainer in self.drainers:
            if abs(self.clock.now - drainer.renewed_at) > drainer.shift.hold / 3:
                self._renew_slots(drainer)
            drainer.claim.take(drainer.acts)  # type: ignore[arg-type]
            for flight in drainer.acts.by_key():
                self._step(drainer, flight)
            self._settle(drainer)

    def _given_up(self) -> list[str]:
        return [item.key for item in tables.items().values() if item.dead_at is not None]

    def _tell(self, what: str) -> None:
        self.story.append(f"{self.clock.now:%H:%M:%S}  {what}")
