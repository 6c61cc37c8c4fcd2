"""A run: the crew works, the plan goes wrong, and then it is quiet until everything has settled."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F

from hunter.sandbox.control import ControlRefused
from hunter.sandbox.running import RunningSandbox
from hunter.work.asking import ask_step
from hunter.work.kinds import Step
from hunter.work.models import Attempt, ErrorRecord, Item
from hunter.work.retrying import retry_errors
from leads.models import Company
from tests.chaos import balance, world
from tests.chaos.crew import Crew
from tests.chaos.ground import LEASE_SECONDS
from tests.chaos.plan import Event, Plan, Trouble
from tests.own_server import Database

LOOK_SECONDS = 0.25
LONGEST_STALL_SECONDS = 10.0  # then the plan goes on, whatever has been done
TIME_PASSES_EVERY_SECONDS = 1.0
QUIET_SECONDS = 3000
EDITED_AT_ONCE = 5
TOLD_EVERY = 20  # events

DONE = """
select count(*) from work_item where kind = %s and (last_success_at is not null or dead_at is not null)
"""
# What would be waited for in minutes or hours comes after seconds; leases and slots of the dead end by themselves.
TIME_PASSES = """
update work_item set due_at = clock_timestamp()
where lease is null and served < taken and due_at > clock_timestamp() + interval '2 seconds';
update remote_lane set paused_until = clock_timestamp() where paused_until > clock_timestamp() + interval '2 seconds';
update remote_host set paused_until = clock_timestamp() where paused_until > clock_timestamp() + interval '2 seconds'
"""
# Nobody waits for the leases of a killed drainer either: there are a thousand of them.
DEAD_LET_GO = """
with dead as (select tag from work_holder where process like %(process)s),
leases as (update work_item i set due_at = clock_timestamp() from dead
    where i.lease is not null and right(i.lease::text, 12) = dead.tag)
update remote_slot s set held_until = clock_timestamp() from dead where right(s.holder::text, 12) = dead.tag
"""
CLOCK_JUMPS = "update remote_storedtoken set expires_at = expires_at + %s * interval '1 hour'"


@dataclass(slots=True)
class Told:
    """The figures of a run."""

    seed: int
    items: int
    events: dict[str, int]
    killed: int = 0
    started: int = 0
    ended_by_force: int = 0
    lost_leases: int = 0
    failed_attempts: int = 0
    tried_by_hand: int = 0
    given_up: int = 0
    repeated_writes: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As the command prints them."""
        return {name: getattr(self, name) for name in self.__slots__}


class Siege:
    """One run of one plan."""

    def __init__(self, plan: Plan, *, sandbox: RunningSandbox, database: Database, crew: Crew) -> None:
        self._plan = plan
        self._sandbox = sandbox
        self._database = database
        self._crew = crew
        self._pause = threading.Event()
        self._done_at = (0, time.monotonic())
        self._passed_at = time.monotonic()
        self._edited_there: dict[str, str] = {}
        self._happened: Counter[str] = Counter()

    def run(self, *, minutes: float, say: Callable[[str], None]) -> Told:
        """After so many minutes the rest of the plan is left out. Raises AssertionError when it does not come to rest."""
        began = time.monotonic()
        for number, event in enumerate(self._plan.events, 1):
            self._wait_for(event)
            if time.monotonic() - began > minutes * 60:
                break
            self._bring_about(event)
            self._happened[event.name] += 1
            if number % TOLD_EVERY == 0:
                so_far = f"{self._done()} of {self._plan.items} done, {number} of {len(self._plan.events)} events"
                say(f"{time.monotonic() - began:.0f} s: {so_far}")
        say(f"{time.monotonic() - began:.0f} s. Quiet: everything is to settle now.")
        self._sandbox.control.clear_faults()
        self._settle()
        say(f"{time.monotonic() - began:.0f} s. A person presses Try again.")
        tried = self._try_again_by_hand()
        self._settle()
        say(f"{time.monotonic() - began:.0f} s. All has settled.")
        self._crew.end()
        told = self._told(seconds=time.monotonic() - began)
        told.tried_by_hand = tried
        return told

    # What happens

    def _wait_for(self, event: Event) -> None:
        """Until so much has been done, or nothing more is for a while."""
        while True:
            self._keep_on()
            done, since = self._done_at
            if done >= event.at * self._plan.items or time.monotonic() - since > LONGEST_STALL_SECONDS:
                self._done_at = (done, time.monotonic())
                return
            self._pause.wait(LOOK_SECONDS)

    def _bring_about(self, event: Event) -> None:
        rng = Random(event.chance)
        match event.trouble:
            case Trouble.KILL:
                if killed := self._crew.kill_one(rng):
                    self._insist(lambda: self._run_sql(DEAD_LET_GO, {"process": f"%process {killed}"}))
            case Trouble.SLEEP:
                self._crew.put_one_to_sleep(rng, seconds=LEASE_SECONDS * 1.5)
            case Trouble.RESTART:
                self._restart(rng)
            case Trouble.CLOCK:
                self._insist(lambda: self._run_sql(CLOCK_JUMPS, [rng.choice((-1, 1))]))
            case Trouble.EDIT_HERE:
                self._insist(lambda: self._edit_here(rng))
            case Trouble.EDIT_THERE:
                self._edit_there(rng)
            case Trouble.FAULT:
                self._sandbox.control.add_fault(**{key: one for key, one in event.fault.items() if key != "name"})

    def _restart(self, rng: Random) -> None:
        """In order, or as in a power cut."""
        connection.close()
        if rng.random() < 0.5:
            self._database.restart()
        else:
            self._database.kill()
            self._database.start()

    def _edit_here(self, rng: Random) -> None:
        """Operators change companies; those pushes are due anew."""
        domains = [world.domain_of(self._number(rng)) for _ in range(EDITED_AT_ONCE)]
        summary = f"edited {rng.getrandbits(32)}"
        with transaction.atomic():
            chosen = Company.objects.filter(domain__in=domains).exclude(infrastructure_summary=world.REFUSED)
            changed = list(chosen.order_by("pk").select_for_update(no_key=True).values_list("domain", flat=True))
            Company.objects.filter(domain__in=changed).update(infrastructure_summary=summary)
            ask_step(Step.PUSH, changed)

    def _edit_there(self, rng: Random) -> None:
        """A person in the CRM writes where Hunter does not, and makes a lead without a domain; where the lead that he
        looks for is not there yet, nothing happens."""
        for _ in range(EDITED_AT_ONCE):
            domain, title = world.domain_of(self._number(rng)), f"Director {rng.getrandbits(16)}"
            with contextlib.suppress(ControlRefused):
                change = {"act": "change", "lead": domain, "columns": {"jobtitle": title}}
                self._sandbox.control.edit("dataverse", change)
                self._edited_there[domain] = title
        if not world.is_refused(number := self._number(rng)):  # before Hunter looks, after it, or in between
            made = world.look_alike(world.domain_of(number))
            self._sandbox.control.edit("dataverse", {"act": "create", "columns": made})

    def _number(self, rng: Random) -> int:
        return rng.randrange(self._plan.items)

    # How it goes on

    def _keep_on(self) -> None:
        self._crew.keep_at_work()
        if time.monotonic() - self._passed_at > TIME_PASSES_EVERY_SECONDS:
            self._insist(lambda: self._run_sql(TIME_PASSES))
            self._passed_at = time.monotonic()
        done = self._done()
        if done != self._done_at[0]:
            self._done_at = (done, time.monotonic())

    def _settle(self) -> None:
        """Until nothing is owed and nobody holds anything."""
        ends_at = time.monotonic() + QUIET_SECONDS
        while self._insist(self._owed):
            if time.monotonic() > ends_at:
                raise AssertionError(f"It did not settle: {[str(one) for one in self._left()[:10]]}")
            self._keep_on()
            self._pause.wait(LOOK_SECONDS)

    def _try_again_by_hand(self) -> int:
        """What a person does in the end: *Try again* for all that failed."""
        return retry_errors(ErrorRecord.objects.unsettled(), by=None).queued

    def _owed(self) -> bool:
        return bool(self._left().exists())

    def _left(self) -> Any:
        return Item.objects.filter(dead_at__isnull=True).exclude(served=F("requested"), lease__isnull=True)

    def _done(self) -> int:
        return int(self._insist(lambda: self._run_sql(DONE, [world.KIND])) or 0)

    def _run_sql(self, sql: str, values: list[Any] | dict[str, Any] | None = None) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone()[0] if cursor.description else None

    def _insist(self, work: Callable[[], Any]) -> Any:
        """The run's own look at a database that is restarted under it."""
        for _ in range(20):
            try:
                return work()
            except DatabaseError:
                connection.close()
                self._pause.wait(LOOK_SECONDS)
        return work()

    def _told(self, *, seconds: float) -> Told:
        return Told(
            seed=self._plan.seed,
            items=self._plan.items,
            events=dict(sorted(self._happened.items())),
            killed=self._crew.deaths,
            started=self._crew.starts,
            ended_by_force=self._crew.ended_by_force,
            lost_leases=Attempt.objects.filter(outcome="lost").count(),
            failed_attempts=Attempt.objects.filter(outcome__in=["later", "dead", "deferred"]).count(),
            given_up=Item.objects.filter(dead_at__isnull=False).count(),
            repeated_writes=balance.repeated_writes(self._sandbox),
            seconds=round(seconds, 1),
            wrong=balance.faults(self._sandbox, items=self._plan.items, edited_there=self._edited_there),
        )


def lift_limits(sandbox: RunningSandbox, *, slots: int) -> None:
    """The CRM counts no calls a second, but refuses more at once than Hunter may have open."""
    limits = {"requests": 100_000_000, "execution_seconds": 100_000_000, "at_once": slots}
    sandbox.control.edit("dataverse", {"act": "limit", "limits": limits})
