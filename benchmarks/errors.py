"""The errors page and its acts over very many errors: how long a look and a click take, and what they cost.

Runs on a throw-away embedded database with errors in a few hundred causes, made by SQL as the ledger would have left them.
    python benchmarks/errors.py [ERRORS] [CAUSES]

    page          the list by cause, one cause opened, one line for each error, the dialog that says the size, Home's lines:
                  as a request of the admin, queries counted; median of turns
    by pattern    the same grouping without a stored fingerprint: the messages taken apart at each look
    click         writing down 100,000 errors for a retry, and how fast the ledger then works through them
    watch         a look of the watch that tells news, when nothing is new
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from _database import throw_away_database

TURNS = 7
MAKE = """
insert into work_errorrecord (kind, key, operation, service, error_class, code, field, message, request_id, attempt, gave_up,
    times, context, state, state_reason, first_seen, last_seen)
select 'push_dynamics365', 'company-' || n || '.example', 'push a lead', 'dynamics365', 'validation', '0x80048d19', '',
    'Dynamics 365 answered 400 to change: ''hnt_column_' || chr(97 + (n %% %(causes)s) / 26 %% 26)
    || chr(97 + n %% %(causes)s %% 26) || ''' of company-' || n || '.example takes a whole number, not ''' || n || '''.',
    gen_random_uuid(), 1, true, 1, '{}', 'open', '', now() - random() * interval '2 days', now() - random() * interval '1 day'
from generate_series(1, %(errors)s) n
"""
ITEMS = """
insert into work_item (kind, key, lane, priority, requested, taken, served, attempts, dead_at, died, correlation, asked_by)
select kind, key, 'dynamics365', 1, 1, 1, 0, 4, now(), 0, gen_random_uuid(), '' from work_errorrecord
"""


def make(*, errors: int, causes: int) -> None:
    """Errors and their dead letters."""
    from django.db import connection  # noqa: PLC0415  after Django is set up

    with connection.cursor() as cursor:
        cursor.execute(MAKE, {"errors": errors, "causes": causes})
        cursor.execute(ITEMS)
        cursor.execute("vacuum analyze work_errorrecord, work_item")


def took(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure_pages() -> None:
    """Print how long each page takes, and in how many queries."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.core.cache import cache  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from hunter.ops.causes import causes  # noqa: PLC0415
    from hunter.work.models import ErrorRecord  # noqa: PLC0415

    client = Client()
    client.force_login(get_user_model().objects.create_superuser("bench", "bench@example.com", "bench"))
    key = causes(ErrorRecord.objects.filter(state="open"), most=1)[0].key
    dialog = "/admin/work/errorrecord/act/try_all_again/?state=open"
    pages: dict[str, Callable[[], Any]] = {
        "by cause": lambda: client.get("/admin/work/errorrecord/"),
        "one cause": lambda: client.get(f"/admin/work/errorrecord/?cause={key}"),
        "each error": lambda: client.get("/admin/work/errorrecord/?each=1"),
        "size of a retry": lambda: client.post(dialog, {"everything": "1"}),
        "home": lambda: client.get("/admin/"),
    }
    for name, page in pages.items():
        page()
        turns = []
        for _ in range(TURNS):
            cache.clear()
            with CaptureQueriesContext(connection) as captured:
                turns.append(took(page))
        print(f"{name:<18}{1000 * median(turns):>8,.0f} ms{len(captured):>6} queries")


def measure_grouping() -> None:
    """Print the grouping by the stored column beside one that takes each message apart."""
    from django.db.models import Count, Max  # noqa: PLC0415

    from hunter.work import wordings  # noqa: PLC0415
    from hunter.work.models import ErrorRecord  # noqa: PLC0415

    rows = ErrorRecord.objects.filter(state="open").order_by()
    stored = rows.values("fingerprint").annotate(n=Count("pk"), last=Max("last_seen"))
    derived = (
        rows.annotate(pattern=wordings.fingerprint()).values("pattern").annotate(n=Count("pk"), last=Max("last_seen"))
    )
    by_column = median(took(lambda: list(stored.all())) for _ in range(TURNS))
    by_pattern = median(took(lambda: list(derived.all())) for _ in range(3))
    print(
        f"grouping           {1000 * by_column:,.0f} ms by the fingerprint, {by_pattern / by_column:.0f} x as long by patterns"
    )


def measure_acts(*, errors: int) -> None:
    """Print how long the click on everything takes, and how fast the ledger carries it out."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415

    from hunter.work.cause_watch import look  # noqa: PLC0415
    from hunter.work.error_runs import do_next_block, retry_matching  # noqa: PLC0415
    from hunter.work.models import ErrorRecord, ErrorRun  # noqa: PLC0415

    with transaction.atomic():
        look()
    print(f"watch              {1000 * median(took(transaction.atomic(look)) for _ in range(TURNS)):,.0f} ms")
    by = get_user_model().objects.get(username="bench")
    click = took(lambda: retry_matching(ErrorRecord.objects.filter(state="open"), by=by))
    run, blocks = ErrorRun.objects.get(), []
    more = True
    while more:
        began = time.perf_counter()
        with transaction.atomic():
            more = do_next_block(run)
        blocks.append(time.perf_counter() - began)
    rate, block = errors / sum(blocks), 1000 * median(blocks)
    print(f"click              {click:.2f} s; then {rate:,.0f} errors/s in blocks of {block:,.0f} ms")


def main() -> None:
    """Bring up a database, measure, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("errors", nargs="?", type=int, default=100_000)
    parser.add_argument("causes", nargs="?", type=int, default=300)
    asked = parser.parse_args()
    with throw_away_database(ALLOWED_HOSTS="testserver", D365_ENABLED="1"):
        logging.getLogger("hunter").setLevel(logging.ERROR)
        make(errors=asked.errors, causes=asked.causes)
        print(f"{asked.errors:,} open errors in {asked.causes} causes, load {os.getloadavg()[0]:.1f}")
        measure_grouping()
        measure_pages()
        measure_acts(errors=asked.errors)


if __name__ == "__main__":
    main()
