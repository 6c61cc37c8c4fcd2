"""How fast the ledger is, as ratios: its drainers, one django-q2 task for each item, a bare loop over SKIP LOCKED.

All run on one throw-away embedded database, each in processes of its own that start together, with an act that does
nothing. They take turns; figures are medians. On a busy machine the processor time of an item says more than the
clock: that of the process and of its backend, both (Linux, embedded database).
    python benchmarks/ledger.py [ITEMS] [TURNS]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from _database import ROOT, throw_away_database

BLOCK = 500
PROCESSES = (1, 2, 4)
TASKS_SHARE = 0.04  # of the items: a task for each is slow
HOLD = timedelta(minutes=3)

BARE_PICK = """
select id from work_item where lane = 'outgoing' and priority = 1 and due_at <= clock_timestamp()
order by due_at limit %s for no key update skip locked
"""
BARE_CLAIM = """
update work_item set lease = %s, due_at = clock_timestamp() + interval '3 minutes', attempts = attempts + 1, taken = requested
where id = any(%s)
"""
BARE_SETTLE = """
with mine as materialized (
    select id from work_item where id = any(%s) and lease = %s order by kind, key for no key update)
update work_item i set lease = null, served = taken, attempts = 0, due_at = null, last_success_at = clock_timestamp()
from mine where i.id = mine.id
"""


def main() -> None:
    """Measure everything, or do the part of one process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="?", type=int, default=50_000)
    parser.add_argument("turns", nargs="?", type=int, default=3)
    parser.add_argument("--contestant", choices=list(CONTESTANTS))
    asked = parser.parse_args()
    if asked.contestant:
        take_part(asked.contestant)
        return
    with throw_away_database():
        declare()
        measure(asked.items, turns=asked.turns)


def measure(items: int, *, turns: int) -> None:
    """Print what each way gets through in a second, and the ratios."""
    told = asking(items)
    print(f"asking for {items:,} items: new {told[0]:,.0f}/s, known {told[1]:,.0f}/s")
    rates: dict[str, list[float]] = {}
    efforts: dict[str, list[float]] = {}
    for _ in range(turns):
        rates.setdefault("queue", []).append(queue_rate(max(500, int(items * TASKS_SHARE))))
        for name in ("bare", "drainer"):
            for processes in PROCESSES:
                through, effort = rate(name, items, processes=processes)
                rates.setdefault(f"{name} {processes}", []).append(through)
                efforts.setdefault(f"{name} {processes}", []).append(effort)
    middle = {name: median(values) for name, values in rates.items()}
    task, bare = middle["queue"], middle["bare 1"]
    print(f"{'one django-q2 task for each':<34}{task:>9,.0f}/s   1 x")
    for processes in PROCESSES:
        for name, title in (("bare", "bare loop"), ("drainer", "drainer")):
            one = middle[f"{name} {processes}"]
            words = f"{title}, {processes} process{'es' if processes > 1 else ''}"
            effort, least = median(efforts[f"{name} {processes}"]), median(efforts[f"bare {processes}"])
            print(
                f"{words:<34}{one:>9,.0f}/s {one / task:>5.0f} x   {one / bare:.2f} of the bare loop in one process; "
                f"{effort * 1e6:.0f} µs of processor time, {least / effort:.2f} of the bare loop in as many"
            )


def rate(contestant: str, items: int, *, processes: int) -> tuple[float, float]:
    """Items a second through so many processes that start together, and seconds of processor time for each item."""
    fill(items)
    arguments = [sys.executable, str(Path(__file__).resolve()), "--contestant", contestant]
    there = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    for one in there:
        line_of(one)
    for one in there:
        if one.stdin is not None:
            one.stdin.write("go\n")
            one.stdin.flush()
    ends = [json.loads(line_of(one)) for one in there]
    for one in there:
        one.communicate()
    done = sum(end["done"] for end in ends)
    if done != items:
        raise SystemExit(f"{contestant} did {done:,} of {items:,} items.")
    worked = [end for end in ends if end["done"]]
    clock = max(end["ended"] for end in worked) - min(end["began"] for end in worked)
    return items / clock, sum(end["effort"] for end in ends) / items


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that it says."""
    return process.stdout.readline() if process.stdout is not None else ""


def take_part(contestant: str) -> None:
    """Get ready, wait for the others, do one's part, and tell when that was."""
    sys.path.insert(0, str(ROOT))
    import django  # noqa: PLC0415

    django.setup()
    declare()
    print("ready", flush=True)
    sys.stdin.readline()
    from django.db import connection  # noqa: PLC0415

    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    effort, began = -processor_time(backend), time.time()
    done = CONTESTANTS[contestant]()
    ended, effort = time.time(), effort + processor_time(backend)
    print(json.dumps({"done": done, "began": began, "ended": ended, "effort": effort}), flush=True)


def processor_time(backend: int) -> float:
    """Seconds that this process and its backend have worked so far."""
    ticks = Path(f"/proc/{backend}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def drain() -> int:
    """Hunter's own drainer, as the workers run it; again while slots or items may still come free."""
    from hunter.remote.lanes import LaneName  # noqa: PLC0415  after Django is set up
    from hunter.work.drainer import Drainer  # noqa: PLC0415

    return Drainer(LaneName.OUTGOING, budget=timedelta(minutes=10)).run().done


def work_bare() -> int:
    """The least that claiming and settling a block of the same rows can cost: three statements of psycopg2, two commits."""
    from django.db import connection  # noqa: PLC0415  after Django is set up

    connection.ensure_connection()
    bare, done = connection.connection, 0
    bare.autocommit = False
    with bare.cursor() as cursor:
        while True:
            lease = str(uuid.uuid4())
            cursor.execute(BARE_PICK, [BLOCK])
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return done
            cursor.execute(BARE_CLAIM + "returning id, kind, key, attempts", [lease, ids])
            cursor.fetchall()
            bare.commit()
            cursor.execute(BARE_SETTLE, [ids, lease])
            bare.commit()
            done += len(ids)


CONTESTANTS = {"drainer": drain, "bare": work_bare}


def declare() -> None:
    """The kind of work that does nothing, in a lane that holds nobody back."""
    from hunter.remote import lanes  # noqa: PLC0415  after Django is set up
    from hunter.remote.gate import Gates  # noqa: PLC0415
    from hunter.work.kinds import Claimed, Handler, Kind, Outcome, Verdict, register  # noqa: PLC0415
    from hunter.work.policies import RetryPolicy  # noqa: PLC0415

    class Nothing(Handler[None, None]):
        def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict | None]:
            return dict.fromkeys(one.item_id for one in claimed)

        def act(self, brief: None, gates: Gates) -> None:
            return None

        def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
            return {}

    own: Any = lanes.FIGURES
    freely = lanes.LaneFigures(1_000_000, 1_000_000, BLOCK * max(PROCESSES), BLOCK, "bench")
    own[lanes.LaneName.OUTGOING] = freely
    policy = RetryPolicy(attempts=3, first_wait=timedelta(seconds=1))
    register(Kind("bench", lanes.LaneName.OUTGOING, Nothing, policy, "bench", "measure", longest_act=HOLD))


def fill(items: int) -> None:
    """As many due items as are wanted, with fresh statistics."""
    from django.db import connection  # noqa: PLC0415  after Django is set up

    from hunter.work.asking import ask  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("truncate work_item; truncate django_q_ormq")
        ask("bench", [f"{number:07}" for number in range(items)])
        cursor.execute("vacuum analyze work_item")


def asking(items: int) -> tuple[float, float]:
    """Requests a second: for items that are new, and for those already there."""
    from hunter.work.asking import ask  # noqa: PLC0415  after Django is set up

    keys = [f"{number:07}" for number in range(items)]
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        ask("bench", keys)
        seconds.append(time.perf_counter() - began)
    return items / seconds[0], items / seconds[1]


def queue_rate(tasks: int) -> float:
    """Tasks a second through a real cluster, from the first that is done to the last."""
    from django_q.models import OrmQ  # noqa: PLC0415  after Django is set up
    from django_q.tasks import async_task  # noqa: PLC0415

    OrmQ.objects.all().delete()
    for _ in range(tasks):
        async_task("time.time")
    queue, pause = OrmQ.objects.all(), threading.Event()
    cluster = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"], cwd=ROOT, start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent), "DJANGO_SETTINGS_MODULE": "_queue_settings"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while queue.count() == tasks:
            pause.wait(0.01)
        began, left = time.perf_counter(), queue.count()
        while queue.exists():
            pause.wait(0.02)
        return float(left / (time.perf_counter() - began))
    finally:
        cluster.terminate()
        cluster.wait()


if __name__ == "__main__":
    main()
