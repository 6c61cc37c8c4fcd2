"""How fast the ledger is, as ratios: blocks of different sizes, an item already known against a new one.

Runs on a throw-away embedded database; `python benchmarks/ledger.py [items]`.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from _database import throw_away_database

BLOCKS = (1, 10, 100, 500)
HOLD = timedelta(minutes=3)


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def work_off(keys: list[str], *, block: int) -> None:
    """Claim and settle everything that is due, in blocks."""
    from django.db import transaction  # noqa: PLC0415  after Django is set up

    from hunter.remote.lanes import LaneName  # noqa: PLC0415
    from hunter.work import claims, settling  # noqa: PLC0415
    from hunter.work.kinds import Done, Outcome, kind_named  # noqa: PLC0415
    from hunter.work.settling import Settlement  # noqa: PLC0415

    done = 0
    while done < len(keys):
        with transaction.atomic():
            claimed = claims.claim(
                LaneName.HUNTER, kinds=["bench"], count=block, lease=uuid.uuid4(), hold=HOLD, alone=False
            )
        now = datetime.now(UTC)
        with transaction.atomic():
            settling.still_ours(claimed)
            outcomes: list[Outcome[object]] = [Outcome(one, None, None, now, now) for one in claimed]
            settling.write(kind_named("bench"), [Settlement(one, Done()) for one in outcomes])
        done += len(claimed)


def measure(count: int) -> None:
    """Print what each way costs, the slowest as 1.0."""
    from django.db import connection  # noqa: PLC0415

    from hunter.work.asking import ask  # noqa: PLC0415

    keys = [f"{number:07}" for number in range(count)]
    new, again = timed(lambda: ask("bench", keys)), timed(lambda: ask("bench", keys))
    print(f"asking for {count:,} items: new {count / new:,.0f}/s, known {count / again:,.0f}/s ({new / again:.1f} x)")

    slowest = 0.0
    for block in BLOCKS:
        some = keys[: min(count, block * 100)]
        with connection.cursor() as cursor:
            cursor.execute("update work_item set due_at = null")
            ask("bench", some)
            cursor.execute("vacuum analyze work_item")
        seconds = timed(partial(work_off, some, block=block)) / len(some)
        slowest = slowest or seconds
        print(f"claim and settle in blocks of {block:>3}: {1 / seconds:>8,.0f}/s   {slowest / seconds:>5.1f} x")


def main() -> None:
    """Bring up a database, measure, and leave nothing behind."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with throw_away_database():
        from hunter.remote.lanes import LaneName  # noqa: PLC0415
        from hunter.work.kinds import Handler, Kind, register  # noqa: PLC0415
        from hunter.work.policies import RetryPolicy  # noqa: PLC0415

        policy = RetryPolicy(attempts=3, first_wait=timedelta(seconds=1))
        register(Kind("bench", LaneName.HUNTER, Handler, policy, "hunter", "measure", longest_act=HOLD))
        measure(count)


if __name__ == "__main__":
    main()
