"""The store that counts the calls is stopped, really: a PostgreSQL server of the test's own. No call goes out uncounted."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest
from django.db import connection

from hunter.postgres.layout import Layout
from hunter.postgres.server import DATABASE, USER, EmbeddedServer
from hunter.remote.gate import UNCOUNTED
from tests.hunter.remote.server import ToyServer, toy_server
from tests.hunter.work.toy import CREATE, LANE, TOY
from tests.processes.running import LONGEST_RUN, ROOT, environment, run, started
from tests.waiting import PATIENCE, until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.proves("R2.2"),
    pytest.mark.fault(27),
]

ITEMS = 150
SLOTS = 8
ASK = """
insert into work_item (kind, key, lane, priority, requested, taken, served, attempts, due_at, died, correlation, asked_by)
select %s, n::text, %s, 1, 1, 0, 0, 0, clock_timestamp(), 0, gen_random_uuid(), '' from generate_series(1, %s) n
"""


@dataclass
class Store:
    """A PostgreSQL server with Hunter's tables, which the test may stop."""

    server: EmbeddedServer

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self.server.layout.sockets), safe='')}"

    def run(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        there = psycopg2.connect(host=str(self.server.layout.sockets), user=USER, dbname=DATABASE)
        try:
            with there, there.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            there.close()


@pytest.fixture
def store(transactional_db) -> Iterator[Store]:
    """A server of its own, with the tables of the test's database and nothing in them."""
    with tempfile.TemporaryDirectory(prefix="hunter-test-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedServer(Path(folder) / "postgres")
        server.ensure_running()
        try:
            copy_tables(Layout(Path(connection.settings_dict["HUNTER_FOLDER"])), server.layout)
            store = Store(server)
            store.run(CREATE)
            yield store
        finally:
            server.discard()


def copy_tables(source: Layout, target: Layout) -> None:
    of_test = ["-h", str(source.sockets), "-U", USER]
    schema = subprocess.run(
        [source.programs / "pg_dump", *of_test, "--schema-only", connection.settings_dict["NAME"]],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    subprocess.run(
        [target.programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(target.sockets), "-U", USER, DATABASE],
        check=True, input=schema, capture_output=True,
    )  # fmt: skip


@pytest.fixture
def service() -> Iterator[ToyServer]:
    with toy_server() as running:
        yield running


def outside(store: Store, service: ToyServer) -> dict[str, str]:
    """The environment of a process that works on this store and calls this service, twenty times a second."""
    return {"DATABASE_URL": store.url, "TOY_URL": service.url, "TOY_ACT": "call", "LIMIT_OUTGOING": "20,1"}


def test_a_drainer_whose_store_is_stopped_calls_nobody_and_nothing_is_lost(store, service):
    store.run(ASK, TOY, LANE.value, ITEMS)

    with started("drain", LANE.value, "--budget", "60", **outside(store, service)) as drainer:
        until(lambda: len(service.requests) >= 10, seconds=PATIENCE, what="ten calls")
        store.server.stop()
        by_then = len(service.requests)
        assert drainer.wait(timeout=LONGEST_RUN) == 2

    assert by_then <= len(service.requests) <= by_then + SLOTS, "none but those that had leave already"
    assert len(service.requests) < ITEMS, "else it was stopped too late"

    store.server.ensure_running()
    until(lambda: after_another_drainer(store, service), seconds=LONGEST_RUN, what="all is done")
    assert store.run("select count(*), count(distinct key) from toy_done") == [(ITEMS, ITEMS)]
    assert store.run("select max(attempts), count(dead_at) from work_item") == [(0, 0)]


def after_another_drainer(store: Store, service: ToyServer) -> bool:
    """Leases of the first one have to run out."""
    run("drain", LANE.value, **outside(store, service) | {"LIMIT_OUTGOING": "100000,100000"})
    return store.run("select count(*) from work_item where due_at is not null") == [(0,)]


def test_a_page_or_command_whose_store_is_stopped_calls_nobody_until_it_is_back(store, service):
    caller = subprocess.Popen(
        [sys.executable, "-m", "tests.processes.toys.direct_calls"],
        cwd=ROOT, env=environment(**outside(store, service)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert caller.stdout is not None
    out, said = caller.stdout, list[str]()
    reader = threading.Thread(target=lambda: said.extend(iter(out.readline, "")), daemon=True)
    reader.start()
    try:
        until(lambda: len(service.requests) >= 10, seconds=PATIENCE, what="ten calls")
        store.server.stop()
        by_then = len(service.requests)
        until(lambda: len(said) >= 20, seconds=PATIENCE, what="it was refused again and again")
        assert len(service.requests) <= by_then + 1, "none but the one that had leave already"
        assert set(said) == {f"{UNCOUNTED}\n"}

        store.server.ensure_running()
        until(lambda: len(service.requests) >= by_then + 10, seconds=PATIENCE, what="calls again")
    finally:
        caller.kill()
        caller.wait()
        reader.join()
        out.close()
