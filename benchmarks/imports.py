"""How fast a list is imported, as a ratio to a bare loop of csv and execute_values; and how much memory it takes.

Runs on a throw-away embedded database; `python benchmarks/imports.py [rows]`. The bare loop reads the same file, writes
domain, name and phone by INSERT … ON CONFLICT in blocks of 1,000, and does nothing else: no domain rules, no raw leads,
no row of what became of each line, no checkpoint, no request for a scan.
"""

from __future__ import annotations

import csv
import resource
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from _database import throw_away_database

BLOCK = 1000
HEADER = ("Firma Ünvanı", "Web Sitesi", "E-Posta", "Telefon", "Adres", "Şehir", "Ülke", "Sektör")
PLAIN = "create unlogged table bare (domain text primary key, name text, phone text)"
UPSERT = "insert into bare values %s on conflict (domain) do update set name = excluded.name, phone = excluded.phone"


def write_list(path: Path, *, rows: int) -> None:
    """A list of so many companies; every hundredth row names a company a second time, every thousandth none."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        for number in range(rows):
            company = number // 2 if number % 100 == 99 else number
            site = "" if number % 1000 == 0 else f"www.sirket-{company}.com.tr"
            mail = "" if not site else f"info@sirket-{company}.com.tr"
            name, phone = f"Şirket {company} A.Ş.", f"+90 224 {company:07d}"
            writer.writerow([name, site, mail, phone, f"Sanayi Cd. {company}", "Bursa", "Türkiye", "Gıda"])


def bare(path: Path) -> None:
    """The least that an import could do, written by hand."""
    from django.db import connection, transaction  # noqa: PLC0415  after Django is set up
    from psycopg2.extras import execute_values  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(PLAIN.replace("unlogged ", ""))
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        next(rows)
        while block := list(islice(rows, BLOCK)):
            values = {row[1].removeprefix("www."): (row[1].removeprefix("www."), row[0], row[3]) for row in block}
            with transaction.atomic(), connection.cursor() as cursor:
                execute_values(cursor, UPSERT, list(values.values()), page_size=BLOCK)


def imported(path: Path) -> None:
    """Hunter's own way, scans asked for and all."""
    from leads.services.import_reports import import_list  # noqa: PLC0415
    from leads.services.imports import Choices  # noqa: PLC0415

    report = import_list(path, choices=Choices(), asked_by="benchmark")
    print(f"    {report.sentence()}")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and by the processor of this process."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(folder: Path, *, rows: int) -> None:
    """Print the rates, the ratio and the memory."""
    path = folder / "list.csv"
    write_list(path, rows=rows)
    print(f"{rows:,} rows, {path.stat().st_size / 1024**2:,.0f} MB of CSV")
    plain, plain_cpu = timed(lambda: bare(path))
    before = peak_mb()
    first, first_cpu = timed(lambda: imported(path))
    after = peak_mb()
    again, _ = timed(lambda: imported(path))
    print(f"bare loop        {rows / plain:>9,.0f} rows/s   {1e6 * plain_cpu / rows:>6,.0f} µs of processor a row")
    print(
        f"import           {rows / first:>9,.0f} rows/s   {1e6 * first_cpu / rows:>6,.0f} µs   {plain / first:.2f} of the loop"
    )
    print(f"the same again   {rows / again:>9,.0f} rows/s   {plain / again:.2f} of the loop")
    print(
        f"memory           {before:,.0f} MB before, {after:,.0f} MB at most, {peak_mb():,.0f} MB after the second run"
    )


def main() -> None:
    """Bring up a database, measure, and leave nothing behind."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with throw_away_database() as folder:
        measure(folder, rows=rows)


if __name__ == "__main__":
    main()
