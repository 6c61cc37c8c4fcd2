"""`python -m tests.chaos --items N --kills K --seed S`: real workers, everything goes wrong, and the books must balance."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys

import django
from django.core.management import call_command

from hunter.sandbox.running import RunningSandbox, running_sandbox
from tests.chaos.crew import Crew
from tests.chaos.ground import SLOTS, environment, take_over
from tests.chaos.nursery import Nursery
from tests.chaos.plan import Plan
from tests.own_server import Database, own_server

COMPANIES = 20
ITEMS_TO_A_REFERRAL = 50
FEWEST_REFERRALS, MOST_REFERRALS = 20, 1000
SHOWN = 20


def main() -> None:
    """Exit status 0 when the books balance, 1 when they don't."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # all that was started goes with it
    options = read_options()
    plan = Plan.drawn(seed=options.seed, items=options.items, kills=options.kills)
    say(f"Seed {plan.seed}: {plan.items} items, {len(plan.events)} events: {json.dumps(plan.counts())}")
    say(f"To play it again: python -m tests.chaos --items {plan.items} --kills {options.kills} --seed {plan.seed}")
    referrals = min(MOST_REFERRALS, max(FEWEST_REFERRALS, plan.items // ITEMS_TO_A_REFERRAL))
    with (
        own_server() as (database, folder),
        running_sandbox(companies=COMPANIES, referrals=referrals, seed=1) as sandbox,
    ):
        env = environment(database, folder, sandbox.env)
        take_over(env)
        django.setup()
        call_command("migrate", verbosity=0)
        everything = os.environ | env
        crew = Crew(everything, folder, Nursery(everything, log=folder / "drainers.log"))
        sys.exit(besiege(plan, database=database, crew=crew, sandbox=sandbox, minutes=options.minutes))


def besiege(plan: Plan, *, database: Database, crew: Crew, sandbox: RunningSandbox, minutes: float) -> int:
    """The run itself; what it came to is one JSON object on standard output."""
    from tests.chaos import siege, world  # noqa: PLC0415  they import models: after the settings are there

    siege.lift_limits(sandbox, slots=SLOTS)
    world.fill(sandbox.control, items=plan.items)
    try:
        told = siege.Siege(plan, sandbox=sandbox, database=database, crew=crew).run(minutes=minutes, say=say)
    finally:
        crew.kill_all()
    for sentence in told.wrong[:SHOWN]:
        say(f"WRONG: {sentence}")
    sys.stdout.write(json.dumps(told.as_dict() | {"wrong": len(told.wrong)}) + "\n")
    return 1 if told.wrong else 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Chaos for Hunter's workers.")
    parser.add_argument("--items", type=int, default=10_000, help="companies to be pushed (10000)")
    parser.add_argument("--kills", type=int, default=300, help="how often a process is killed (300)")
    parser.add_argument("--seed", type=int, default=1, help="which plan; the same seed plays the same one (1)")
    parser.add_argument("--minutes", type=float, default=600, help="then what is left of the plan is left out (600)")
    return parser.parse_args()


def say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
