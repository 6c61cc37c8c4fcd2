"""How fast referrals are synced, as ratios to what could not be done with less; and how much memory a sync takes.

Runs on a throw-away embedded database, against the sandbox in a process of its own, so that its processor time is not
counted. Ratios are medians of turns, in which the contestants follow each other.
    python benchmarks/sync.py [REFERRALS] [TURNS]
    python benchmarks/sync.py --paced [REFERRALS] [TURNS]  as below, at the lane's own pace of two calls a second
    python benchmarks/sync.py --memory [REFERRALS]     the resident memory of a sync of 100,000 referrals

**Writing**, from pages that were fetched before, so that no network and no sandbox is in the figures:
    sync          reads and checks each row, makes its company, links it, asks for its scan, counts and notes the page
    bare          the very rows that a sync has written (referrals, companies, raw leads, requests for scans), ready made, by
                  INSERT … ON CONFLICT through execute_values into tables with the columns, indexes and constraints of the
                  real ones; a transaction for each page, too. It decides nothing and reads nothing
    row by row    company, raw lead and referral by get_or_create and save, as a first sketch would have it, from values
                  that were read beforehand; it asks for no scan and counts nothing
**The whole way**, over the ledger, with the lane's limit lifted:
    fetch only    each page fetched by the sync's own client, read as JSON and dropped
    first sync, and the same again without a change
**At the lane's own pace**, as an installation has it: the pages fetched through the lane's gate and dropped, and a sync
without a change. What a page costs besides passes while the next call has to wait for its turn.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from statistics import median
from typing import Any

from _database import ROOT, throw_away_database

COPIED = {
    "leads_company": "domain",
    "referrals_referral": "referral_id",
    "leads_rawlead": "id",
    "work_item": "kind, key",
}
FREELY = "100000,100000"
ROWS_BY_ROW = 1000  # the slow one takes a few
TELL_EVERY = 100  # pages

Timed = tuple[float, float]  # seconds by the clock, and of this process's processor


def timed(work: Callable[[], object]) -> Timed:
    """Seconds by the clock and by the processor of this process."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def ratio(ours: list[Timed], theirs: list[Timed], *, rows: tuple[int, int] = (1, 1)) -> str:
    """How many times their rate ours is, by the clock and by the processor; turn by turn, the median."""
    pairs = list(zip(ours, theirs, strict=True))
    by_clock = median((rows[0] / mine[0]) / (rows[1] / other[0]) for mine, other in pairs)
    by_cpu = median((rows[0] / mine[1]) / (rows[1] / other[1]) for mine, other in pairs)
    return f"{by_clock:6.2f} x by the clock, {by_cpu:6.2f} x by this process's processor"


def line(name: str, turns: list[Timed], *, rows: int) -> str:
    rate, cost = median(rows / one[0] for one in turns), median(one[1] / rows for one in turns)
    return f"{name:<14}{rate:>9,.0f} referrals/s  {1e6 * cost:>7,.0f} µs of this process's processor each"


# --- writing --------------------------------------------------------------------------------------------------------


def empty_tables() -> None:
    """Everything that a sync writes, and the tables of the bare loop, as before the first one."""
    from django.db import connection  # noqa: PLC0415  after Django is set up

    copies = ", ".join(f"bare_{table}" for table in COPIED)
    with connection.cursor() as cursor:
        for table in COPIED:
            cursor.execute(f"create table if not exists bare_{table} (like {table} including all)")
        cursor.execute(
            "truncate referrals_referral, referrals_syncrun, referrals_refusedreferral, leads_company, work_item, "
            f"work_errorrecord, {copies} cascade"
        )
        cursor.execute(f"vacuum analyze referrals_referral, leads_company, leads_rawlead, work_item, {copies}")


def written_by_sync(pages: list[tuple[Any, ...]]) -> None:
    """Hunter's own way, a transaction for each page."""
    from django.db import transaction  # noqa: PLC0415

    from leads.services.companies import consumer_domains  # noqa: PLC0415
    from referrals.client import Page  # noqa: PLC0415
    from referrals.services import runs  # noqa: PLC0415

    run = runs.open_run("bench", runs.Wish(full=True))
    for number, rows in enumerate(pages, 1):
        with transaction.atomic():
            following = f"page {number}" if number < len(pages) else ""
            runs.take_page(run, Page(rows, following), consumer_domains=consumer_domains())


def rows_written() -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """The columns and rows of each table as a sync has left them."""
    from django.db import connection  # noqa: PLC0415
    from psycopg2.extras import Json  # noqa: PLC0415

    written = {}
    with connection.cursor() as cursor:
        for table in COPIED:
            cursor.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
                " and attgenerated = '' order by attnum", [table],
            )  # fmt: skip
            columns = [row[0] for row in cursor.fetchall()]
            cursor.execute(f"select {', '.join(columns)} from {table} order by 1")  # noqa: S608  our own names
            rows = [
                tuple(Json(value) if isinstance(value, dict | list) else value for value in row)
                for row in cursor.fetchall()
            ]
            written[table] = (columns, rows)
    return written


def written_bare(written: dict[str, tuple[list[str], list[tuple[Any, ...]]]], *, pages: int) -> None:
    """The least that could be done, written by hand; a transaction for each page, too."""
    from django.db import connection, transaction  # noqa: PLC0415
    from psycopg2.extras import execute_values  # noqa: PLC0415

    for page in range(pages):
        with transaction.atomic(), connection.cursor() as cursor:
            for table, key in COPIED.items():
                columns, rows = written[table]
                part = rows[len(rows) * page // pages : len(rows) * (page + 1) // pages]
                updates = ", ".join(f"{one} = excluded.{one}" for one in columns)
                upsert = f"insert into bare_{table} ({', '.join(columns)}) values %s on conflict ({key}) do update set {updates}"  # noqa: S608
                if part:
                    execute_values(cursor, upsert, part, page_size=len(part))


def written_row_by_row(rows: list[dict[str, Any]]) -> None:
    from leads.models import Company, RawLead  # noqa: PLC0415
    from referrals.models import Referral  # noqa: PLC0415

    for row in rows:
        link: dict[str, Any] = {}
        if row["domain"]:
            company, _ = Company.objects.get_or_create(domain=row["domain"], defaults={"name": row["company_name"]})
            company.azure_tenant_id = row["azure_tenant_id"]
            company.save()
            RawLead.objects.get_or_create(
                source="partnercenter",
                reference=row["referral_id"],
                defaults={"company": company, "payload": row["raw_data"]},
            )
            link = {"company": company, "link_status": "auto_linked"}
        referral, _ = Referral.objects.get_or_create(referral_id=row["referral_id"])
        for name, value in (row | link).items():
            setattr(referral, name, value)
        referral.save()


def values_of(pages: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The values of the first rows that can be stored, by their columns."""
    from leads.services.companies import consumer_domains  # noqa: PLC0415
    from referrals.contract import UnreadableReferral  # noqa: PLC0415
    from referrals.reading import read_referral  # noqa: PLC0415
    from referrals.services.storing import COLUMNS  # noqa: PLC0415

    private, named = consumer_domains(), []
    for row in (row for page in pages for row in page):
        with contextlib.suppress(UnreadableReferral):
            reading = read_referral(row, consumer_domains=private)
            if reading.admission.ingested:
                named.append({name: getattr(reading.fields, name) for name in COLUMNS})
        if len(named) == ROWS_BY_ROW:
            break
    return named


def compare_writing(pages: list[tuple[Any, ...]], *, turns: int) -> None:
    """Print what each way of writing the same rows costs."""
    rows, named = sum(len(page) for page in pages), values_of(pages)
    sync, again, bare, by_row = [], [], [], []
    for _ in range(turns):
        empty_tables()
        sync.append(timed(lambda: written_by_sync(pages)))
        written = rows_written()
        bare.append(timed(partial(written_bare, written, pages=len(pages))))
        again.append(timed(lambda: written_by_sync(pages)))
        empty_tables()
        by_row.append(timed(lambda: written_row_by_row(named)))
    kinds = ", ".join(f"{len(of_table):,} of {table}" for table, (_, of_table) in written.items())
    print(f"\nwriting {rows:,} fetched referrals, all new, {turns} turns, load {os.getloadavg()[0]:.1f} ({kinds})")
    print(line("sync", sync, rows=rows))
    print(line("bare", bare, rows=rows) + f"   the sync: {ratio(sync, bare)}")
    print(line("row by row", by_row, rows=len(named)) + f"   the sync: {ratio(sync, by_row, rows=(rows, len(named)))}")
    print(line("nothing new", again, rows=rows))


# --- the whole way --------------------------------------------------------------------------------------------------


def fetched() -> list[tuple[Any, ...]]:
    """Every page of the list, by the sync's own client."""
    return list(pages_of_the_list())


def pages_of_the_list(gate: Any = None) -> Iterator[tuple[Any, ...]]:
    from django.conf import settings  # noqa: PLC0415

    from hunter.remote.gate import OpenGate  # noqa: PLC0415
    from referrals.authentication import PartnerCenterSignIn  # noqa: PLC0415
    from referrals.client import PartnerCenterClient  # noqa: PLC0415

    token = PartnerCenterSignIn().fetch(OpenGate(), None).access_token
    client = PartnerCenterClient(base_url=settings.PARTNER_CENTER_URL, gate=gate or OpenGate(), bearer=token)
    page = client.first_page(since=None)
    yield page.rows
    while page.next_link:
        page = client.next_page(page.next_link)
        yield page.rows


def fetch_only() -> None:
    for _ in pages_of_the_list():
        pass


def fetch_through_the_gate() -> None:
    from hunter.remote.gate import direct_gate  # noqa: PLC0415
    from hunter.remote.lanes import LaneName  # noqa: PLC0415

    with direct_gate(LaneName.PARTNER_CENTER, wait=timedelta(minutes=1)) as gate:
        for _ in pages_of_the_list(gate):
            pass


def synced() -> None:
    from referrals.services.runs import Wish  # noqa: PLC0415
    from referrals.services.syncing import sync_referrals  # noqa: PLC0415

    report = sync_referrals(Wish(full=True), asked_by="benchmark")
    if report.trouble:
        raise SystemExit(report.sentence())


def compare_whole(*, rows: int, turns: int) -> None:
    """Print what a sync costs beside the fetching of its pages."""
    fetch, first, again = [], [], []
    fetch_only()  # the sandbox sorts its list once
    for _ in range(turns):
        empty_tables()
        fetch.append(timed(fetch_only))
        first.append(timed(synced))
        again.append(timed(synced))
    print(f"\nthe whole way, {rows:,} referrals, {turns} turns, load {os.getloadavg()[0]:.1f}")
    print(line("fetch only", fetch, rows=rows))
    for name, turns_of in (("first sync", first), ("nothing new", again)):
        longer = median(mine[0] / other[0] for mine, other in zip(turns_of, fetch, strict=True))
        print(f"{line(name, turns_of, rows=rows)}   {longer:.2f} x the time of fetching")


def compare_paced(*, rows: int, turns: int) -> None:
    """Print what a sync without a change costs beside the fetching of its pages, both at two calls a second."""
    fetch, again = [], []
    empty_tables()
    synced()
    for _ in range(turns):
        fetch.append(timed(fetch_through_the_gate))
        again.append(timed(synced))
    longer = median(mine[0] / other[0] for mine, other in zip(again, fetch, strict=True))
    print(f"\nat the lane's own pace, {rows:,} referrals, {turns} turns, load {os.getloadavg()[0]:.1f}")
    print(line("fetch only", fetch, rows=rows))
    print(f"{line('nothing new', again, rows=rows)}   {longer:.2f} x the time of fetching")


def measure_memory(*, rows: int) -> None:
    """Print the resident memory before, while and after a sync; the process is this one, the sandbox is not."""
    from referrals.models import SyncRun  # noqa: PLC0415

    fetch_only()
    print(f"{rows:,} referrals; {resident_mb():,.0f} MB before the sync")
    stop = threading.Event()
    seen: list[float] = []

    def watch() -> None:
        while not stop.wait(0.2):
            seen.append(resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    took, _ = timed(synced)
    stop.set()
    watcher.join()
    run = SyncRun.objects.latest("id")
    tenths = [f"{seen[len(seen) * part // 10]:,.0f}" for part in range(1, 10)]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"after each tenth of it: {', '.join(tenths)} MB; at most {most:,.0f} MB")
    print(f"{run.fetched:,} read in {run.pages:,} pages and {took:,.0f} s: {run.created:,} new, {run.failed:,} refused")


def resident_mb() -> float:
    import psutil  # noqa: PLC0415

    return float(psutil.Process().memory_info().rss / 1024**2)


# --- set-up ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def sandbox(*, referrals: int) -> Iterator[dict[str, str]]:
    """The other side in a process of its own; the environment that leads to it."""
    arguments = ["sandbox", "--port", "0", "--json", "--companies", str(referrals // 5), "--referrals", str(referrals)]
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"READ_DOT_ENV": "0", "DEBUG": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None  # noqa: S101  it was asked for
        yield json.loads(process.stdout.readline())["env"]
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Bring up a database and the other side, measure, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("referrals", nargs="?", type=int, default=0)
    parser.add_argument("turns", nargs="?", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--paced", action="store_true")
    asked = parser.parse_args()
    referrals = asked.referrals or (100_000 if asked.memory else 10_000)
    with sandbox(referrals=referrals) as other_side:
        wanted = {name: value for name, value in other_side.items() if name.startswith(("PARTNER_CENTER_", "ENTRA_"))}
        pace = "" if asked.paced else FREELY
        with throw_away_database(**wanted, LIMIT_PARTNER_CENTER=pace, LIMIT_ENTRA=FREELY):
            if asked.memory:
                measure_memory(rows=referrals)
            elif asked.paced:
                compare_paced(rows=referrals, turns=asked.turns)
            else:
                compare_writing(fetched(), turns=asked.turns)
                compare_whole(rows=referrals, turns=asked.turns)


if __name__ == "__main__":
    main()
