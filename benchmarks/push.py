"""How much of what Dataverse allows is used by pushes, and how often it says that it was too much.

Runs on a throw-away embedded database, against the sandbox in a process of its own, which holds the service's limits:
6,000 requests in any 300 s, 52 at once; each call takes LATENCY seconds there. Two drainers, each in a process of its own,
push companies that are new to the CRM; their looks go out together, forty to a query, their writes one by one.
    python benchmarks/push.py [--minutes 7] [--latency 0.15] [--scale 4]

`--scale` divides all limits alike, the service's and the lane's, for a machine that is too busy for 20 calls a second.
**used** is what was called of what is allowed in the time from the first call to the last: 20 a second. **busiest window** is
the largest number of calls in any 300 s, which must not be above 6,000. **refused** are calls that met a 429.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from _database import ROOT, throw_away_database

ALLOWED, WINDOW, AT_ONCE = 6_000, 300, 52
DRAINERS = 2


@contextlib.contextmanager
def sandbox() -> Iterator[dict[str, Any]]:
    """The other side in a process of its own: its port, and the environment that leads to it."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", "--port", "0", "--json", "--companies", "0", "--referrals", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"READ_DOT_ENV": "0", "DEBUG": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None  # noqa: S101  it was asked for
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def control(port: int, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the sandbox's own door."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/_control/{path}", data=data, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310  as above
        return json.loads(answer.read() or b"null")


def make_companies(count: int) -> None:
    """Scored companies, and a push asked for of each."""
    from crm.registry import crm_backend  # noqa: PLC0415  after Django is set up
    from hunter.work.asking import ask  # noqa: PLC0415
    from hunter.work.models import Priority  # noqa: PLC0415
    from leads.models import Company  # noqa: PLC0415

    scored = {
        "score": 70, "segment": "Existing", "technical_heat": "Warm", "commercial_segment": "RENEWAL",
        "commercial_heat": "MEDIUM", "priority_category": "P4", "priority": 3, "provider": "M365",
        "scan_status": "success", "rules_version": "1", "sources": ["domain"],
    }  # fmt: skip
    Company.objects.bulk_create(
        [Company(domain=f"c{number}.example.com", name=f"Company {number}", **scored) for number in range(count)],
        batch_size=1000,
    )
    ask(crm_backend().push_kind, [f"c{number}.example.com" for number in range(count)], priority=Priority.BULK)


def work_for(seconds: float) -> None:
    """Two drainers, begun anew when they end, until the time is over or nothing waits."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and waiting():
        command = [sys.executable, "manage.py", "drain", "dynamics365", "--budget", str(ends - time.monotonic())]
        running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(DRAINERS)]
        for one in running:
            one.wait()


def waiting() -> bool:
    from hunter.work.models import Item  # noqa: PLC0415

    return Item.objects.filter(lane="dynamics365", due_at__isnull=False).exists()


def report(calls: list[dict[str, Any]], *, most_open: int, scale: int) -> str:
    """The figures of the calls that the service has received."""
    at = sorted(datetime.fromisoformat(call["at"]).astimezone(UTC).timestamp() for call in calls)
    seconds = at[-1] - at[0]
    busiest = max(bisect_right(at, moment + WINDOW) - place for place, moment in enumerate(at))
    refused = sum(call["status"] == 429 for call in calls)
    written = sum(call["operation"] in {"create", "update"} and call["status"] < 300 for call in calls)
    allowed = ALLOWED // scale
    used = len(at) / (seconds * allowed / WINDOW)
    return "\n".join(
        [
            f"calls            {len(at):>8,} in {seconds:,.0f} s",
            f"used             {used:>8.1%} of {allowed / WINDOW:.0f} a second",
            f"leads written    {written:>8,}, with {len(at) / max(written, 1):.3f} calls each",
            f"busiest window   {busiest:>8,} of {allowed:,}",
            f"at once          {most_open:>8} of {AT_ONCE // scale}",
            f"refused          {refused:>8} ({refused / len(at):.3%})",
        ]
    )


def main() -> None:
    """Bring up a database and the other side, measure, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=7)
    parser.add_argument("--latency", type=float, default=0.15, help="seconds that each call takes there")
    parser.add_argument("--scale", type=int, default=1, help="divide all limits by it")
    asked = parser.parse_args()
    scale = asked.scale
    seconds = asked.minutes * 60
    with sandbox() as other_side:
        port = other_side["port"]
        wanted = {name: value for name, value in other_side["env"].items() if name.startswith(("D365_", "ENTRA_"))}
        limits = {"requests": ALLOWED // scale, "window_seconds": WINDOW, "at_once": AT_ONCE // scale}
        control(port, "edit/dataverse", {"act": "limit", "limits": limits})
        control(port, "faults", {"service": "dataverse", "fault": "slow", "seconds": asked.latency, "probability": 1})
        if scale > 1:
            wanted |= {
                "LIMIT_DYNAMICS365": f"{19.5 / scale},{40 // scale}",
                "CONCURRENCY_DYNAMICS365": str(50 // scale),
            }
        with throw_away_database(**wanted):
            make_companies(int(seconds * ALLOWED / scale / WINDOW * 1.1))
            work_for(seconds)
            told = control(port, "calls/dataverse")
            print(report(told["calls"], most_open=told["most_open"], scale=scale))


if __name__ == "__main__":
    main()
