"""One run: two workers, a ledger with one item, a CRM, people on both sides, and everything that can go wrong.

A run is its seed: the same seed gives the same events in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from pydantic import JsonValue

from crm.mapping.columns import Winner
from crm.push.act import Answer, Call, Failed, Locate, LookAlikes, Outcome, Read
from crm.push.brief import Wanted
from crm.push.look_alikes import taken_over, told_apart
from crm.push.record import LeadRecord, LeadState
from crm.push.settle import Next
from hunter.errors import HunterError
from tests.crm.interleaving.crm_model import ModelCrm
from tests.crm.interleaving.protocols import Protocol

DOMAIN = "contoso.com"
WINNERS = {"hnt_domain": Winner.HUNTER, "score": Winner.HUNTER, "phone": Winner.NEWER}
BEGAN = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LOST = HunterError("The answer was lost.")
REFUSED = HunterError("The service was out of reach.")
TROUBLES = ("refused", "answer lost", "stuck", "stuck", "never arrives")


@dataclass(slots=True)
class Ledger:
    """What the database holds: the company, the record, the one work item."""

    score: int = 0
    phone: str = "h0"
    record: LeadRecord | None = None
    requested: int = 1
    taken: int = 0
    due: bool = True
    lease: int | None = None


@dataclass(slots=True)
class Worker:
    """A worker in the middle of an act. It may sleep for as long as it likes between two steps."""

    lease: int
    walk: Generator[Call, Answer, Outcome]
    call: Call | None
    answer: Answer = None
    answered: bool = False
    outcome: Outcome | None = None


@dataclass(slots=True)
class World:
    """Everything there is in one run; `story` says what happened, for people who replay a seed."""

    protocol: Protocol
    rng: Random
    loses_commits: bool
    crm: ModelCrm
    calm: float  # how many of the calls go well
    ledger: Ledger = field(default_factory=Ledger)
    snapshots: list[Ledger] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    now: datetime = BEGAN
    drawn: int = 0
    look_alikes: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)  # what a settle has heard of look-alikes, before there was a lead
    taken_over: set[str] = field(default_factory=set)
    hunters_phones: list[str] = field(default_factory=lambda: ["h0"])
    quiet: bool = False
    story: list[str] = field(default_factory=list)

    @classmethod
    def seeded(cls, seed: int, protocol: Protocol, *, loses_commits: bool) -> World:
        rng = Random(seed)
        crm = ModelCrm(DOMAIN, domain_is_key=rng.random() < 0.3)
        return cls(protocol, rng, loses_commits, crm, calm=rng.choice((0.35, 0.6, 0.85, 1)))

    def run(self) -> list[str]:
        """Play the events, then let all settle; what is wrong at the end, empty when nothing is."""
        weights = [weight * self.rng.choice((0.2, 1, 1, 3)) for _, _, weight in self._events()]
        for _ in range(self.rng.randint(15, 45)):
            self.now += timedelta(seconds=self.rng.choice((1, 5, 20)))
            possible = [(event, share) for (event, can, _), share in zip(self._events(), weights, strict=True) if can]
            events, shares = zip(*possible, strict=True)
            self.rng.choices(events, shares)[0]()
        self._settle_down()
        return self._faults()

    def _events(self) -> list[tuple[Callable[[], None], bool, float]]:
        """What can happen, whether it can now, and how often it does."""
        ledger, crm = self.ledger, self.crm
        return [
            (self.claim, ledger.due and ledger.lease is None and len(self.workers) < 2, 6),
            (self.step, bool(self.workers), 10),
            (self.edit_here, True, 1.5),
            (self.edit_there, bool(crm.leads), 1),
            (self.lead_by_person, "person" not in crm.leads, 0.3),
            (self.look_alike_by_person, len(self.look_alikes) < 2, 0.3),
            (self.decide, self._is_asked(), 2),
            (self.push_again, self._is_asked(), 0.5),
            (self.kill, bool(self.workers), 0.5),
            (self.end_lease, ledger.lease is not None, 1),
            (self.land, bool(crm.stuck), 1),
            (self.lose_commits, self.loses_commits and bool(self.snapshots), 0.7),
        ]

    # The ledger

    def commit(self, **changes: object) -> None:
        self.snapshots.append(copy(self.ledger))
        del self.snapshots[:-6]
        for name, value in changes.items():
            setattr(self.ledger, name, value)

    def claim(self) -> None:
        ledger = self.ledger
        record = ledger.record or self._new_record()
        plan = self.protocol.plan(record, self._wanted(record), now=self.now)
        if plan.step is None:
            self.commit(record=plan.record, due=False, taken=ledger.requested)
            self._tell("claimed: nothing to do")
            return
        self.drawn += 1
        self.commit(record=plan.record, lease=self.drawn, taken=ledger.requested)
        walk = self.protocol.act(plan.step)
        self.workers.append(Worker(self.drawn, walk, next(walk)))
        self._tell(f"worker {self.drawn} claimed: {plan.step}")

    def step(self) -> None:
        """Some worker goes on: its call goes out, or its answer comes, or it settles."""
        worker = self.rng.choice(self.workers)
        if worker.outcome is not None:
            self._settle(worker)
        elif not worker.answered and worker.call is not None:
            worker.answer, worker.answered = self._sent(worker.call), True
            self._tell(f"worker {worker.lease} sent {type(worker.call).__name__}")
        else:
            self._go_on(worker)

    def _go_on(self, worker: Worker) -> None:
        try:
            worker.call, worker.answered = worker.walk.send(worker.answer), False
        except StopIteration as end:
            worker.call, worker.outcome = None, end.value

    def _sent(self, call: Call) -> Answer:
        """The call goes out: it takes effect and is answered, or not, or later, or nobody knows."""
        if self.quiet or self.rng.random() < self.calm:
            return self.crm.answer(call)
        trouble = self.rng.choice(TROUBLES)
        if trouble == "refused":
            return Failed(REFUSED)
        if isinstance(call, Locate | Read):
            return Failed(LOST)
        if trouble == "answer lost":
            self.crm.answer(call)
        elif trouble == "stuck":
            self.crm.stuck.append(call)
        return Failed(LOST, unknown=True)

    def _settle(self, worker: Worker) -> None:
        self.workers.remove(worker)
        ledger = self.ledger
        if ledger.lease != worker.lease or ledger.record is None:
            self._tell(f"worker {worker.lease} lost its lease: {type(worker.outcome).__name__} is dropped")
            return
        if isinstance(worker.outcome, LookAlikes):
            self.shown |= {row.lead_id for row in worker.outcome.rows}
        settled = self.protocol.settle(ledger.record, worker.outcome, self._wanted(ledger.record), now=self.now)
        due = settled.next is not Next.REST or ledger.requested > ledger.taken
        self.commit(record=settled.record, due=due, lease=None)
        self._tell(f"worker {worker.lease} settled {worker.outcome}: {settled.next}")

    def _new_record(self) -> LeadRecord:
        own_id = self.protocol.lead_id(self.rng)
        return LeadRecord(own_id=own_id, lead_id=own_id, domain=DOMAIN)

    def _wanted(self, record: LeadRecord) -> Wanted:
        own: dict[str, JsonValue] = {"hnt_domain": DOMAIN, "score": self.ledger.score, "phone": self.ledger.phone}
        return Wanted(own, WINNERS, bookkeeping={"time": self.now.isoformat()}, touch="hnt_domain")

    # What happens to it

    def edit_here(self) -> None:
        """An operator edits the company, often back to a value that it had."""
        changes: dict[str, object] = {"requested": self.ledger.requested + 1, "due": True}
        if self.rng.random() < 0.5:
            changes["score"] = self.rng.randrange(2)
        elif self.rng.random() < 0.25:
            changes["phone"] = self.rng.choice(self.hunters_phones)
        else:
            self.hunters_phones.append(f"h{len(self.hunters_phones)}")
            changes["phone"] = self.hunters_phones[-1]
        self.commit(**changes)
        self._tell(f"edited here: {changes}")

    def edit_there(self) -> None:
        lead_id = self.rng.choice(sorted(self.crm.leads))
        column = self.rng.choice(("phone", "phone", "score"))
        self.drawn += 1
        self.crm.edit(lead_id, column, f"c{self.drawn}")
        self._tell(f"edited there: {column} = c{self.drawn}")

    def lead_by_person(self) -> None:
        self.crm.add_by_person("person", f"c{self.drawn}p")
        self._tell("a person made a lead there, unless the key forbade it")

    def look_alike_by_person(self) -> None:
        self.look_alikes.append(f"alike{len(self.look_alikes)}")
        self.crm.add_look_alike(self.look_alikes[-1], f"c{self.drawn}l")
        self._tell(f"a person made {self.look_alikes[-1]}, with the website alone")

    def _is_asked(self) -> bool:
        record = self.ledger.record
        return record is not None and record.state is LeadState.REVIEW and bool(record.look_alikes)

    def decide(self) -> None:
        """A person says what the look-alikes are, as the service lets him."""
        record = self.ledger.record
        assert record is not None
        after = told_apart(record)
        if not record.known and self.rng.random() < 0.5:
            chosen = self.rng.choice(record.look_alikes).lead_id
            after = taken_over(record, chosen)
            self.taken_over.add(chosen)
        self.commit(record=after, requested=self.ledger.requested + 1, due=True)
        self._tell(f"a person decided: {'taken over' if after.adopted else 'told apart'}")

    def push_again(self) -> None:
        """A person wants the push, and does not say what the look-alikes are."""
        record = self.ledger.record
        assert record is not None
        anew = replace(record, state=LeadState.PENDING, etag="", absent_at=None, hops=0)
        self.commit(record=anew, requested=self.ledger.requested + 1, due=True)
        self._tell("a person pushed again")

    def kill(self) -> None:
        killed = self.workers.pop(self.rng.randrange(len(self.workers)))
        self._tell(f"worker {killed.lease} was killed")

    def end_lease(self) -> None:
        self.commit(lease=None)
        self._tell("the lease ran out")

    def land(self) -> None:
        self.crm.land(self.rng)
        self._tell("a stuck write landed")

    def lose_commits(self) -> None:
        """A fail-over: the database is as it was some commits ago."""
        self.ledger = self.rng.choice(self.snapshots)
        self.snapshots = []
        self._tell("the last commits were lost")

    # The end

    def _settle_down(self) -> None:
        """Nobody edits any more and no call fails; what is stuck still lands at any time."""
        self.quiet = True
        for _ in range(400):
            if not (self.workers or self.ledger.due or self.crm.stuck or self.ledger.lease):
                return
            self.now += timedelta(seconds=20)
            if self.ledger.lease is not None and all(worker.lease != self.ledger.lease for worker in self.workers):
                self.end_lease()
            possible = [event for event, can, _ in self._events() if can]
            self.rng.choice([event for event in possible if event in (self.claim, self.step, self.land)])()

    def _faults(self) -> list[str]:
        faults = []
        ours = list(self.crm.made_by_hunter())
        record = self.ledger.record
        if len(ours) > 1:
            faults.append(f"Hunter made {len(ours)} leads")
        if unasked := (self.crm.written & set(self.look_alikes)) - self.taken_over:
            faults.append(f"Hunter wrote to {sorted(unasked)}, and nobody had taken it over")
        if self.loses_commits or record is None:
            return faults
        if self.ledger.due or self.workers:
            faults.append("it never came to rest")
        if record.adopted and ours:
            faults.append("a lead was adopted, and a lead of ours landed beside it")
        faults += self._passed_over(record) if ours else []
        if not record.rests and record.lead_id in self.crm.leads:
            faults += self._wrong_values(record)
        return faults

    def _passed_over(self, record: LeadRecord) -> list[str]:
        """Look-alikes of which no person was asked, or was asked and had not answered yet when Hunter made its lead."""
        faults = []
        if self.shown - record.kept_apart:
            faults.append("a lead was made while a person was to say whether it is needed")
        nobody_asked = self.crm.beside_ours - record.kept_apart
        if self.calm == 1 and nobody_asked and not record.rests:
            faults.append(f"{sorted(nobody_asked)} was passed over in silence")
        return faults

    def _wrong_values(self, record: LeadRecord) -> list[str]:
        lead, faults = self.crm.leads[record.lead_id], []
        score, phone = lead.values.get("score"), lead.values.get("phone")
        if score != self.ledger.score and not str(score).startswith("c"):
            faults.append(f"an old score stays in the CRM: {score}, Hunter has {self.ledger.score}")
        allowed = {self.ledger.phone} | ({lead.phone_by_person} if lead.phone_by_person is not None else set())
        if phone not in allowed:
            faults.append(f"an old phone stays in the CRM: {phone}, the newest are {sorted(map(str, allowed))}")
        return faults

    def _tell(self, what: str) -> None:
        self.story.append(f"{(self.now - BEGAN).total_seconds():6.0f} s  {what}")


def replayed(seed: int, protocol: Protocol, *, loses_commits: bool) -> tuple[list[str], list[str]]:
    """The faults of a seed, and its story."""
    world = World.seeded(seed, protocol, loses_commits=loses_commits)
    return world.run(), world.story
