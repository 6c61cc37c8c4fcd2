"""Hunter's commands on a database server of the test's own, with the toy kind of work or with a sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.hunter.work import toy
from tests.own_server import Database, own_server
from tests.processes.pipelines.hunter_process import HunterProcess
from tests.processes.running import LONGEST_RUN, ROOT

FREELY = "100000,100000"
ASK = """
insert into work_item (kind, key, lane, priority, requested, taken, served, attempts, died, due_at, correlation, asked_by)
select 'toy', lpad(n::text, 5, '0'), 'outgoing', 1, 1, 0, 0, 0, 0, clock_timestamp(), gen_random_uuid(), ''
from generate_series(0, %s - 1) n
"""
LET_LEASES_RUN_OUT = """
update work_item set due_at = clock_timestamp() where lease is not null;
update remote_slot set held_until = clock_timestamp() where holder is not null
"""


@dataclass
class Own:
    """A migrated server, and processes of Hunter on it."""

    database: Database
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    begun: list[HunterProcess] = field(default_factory=list)

    def begin(self, *arguments: str, **more: str) -> HunterProcess:
        """A command that runs beside the test."""
        log = self.folder / f"process-{len(self.begun)}.log"
        self.begun.append(HunterProcess(arguments, env=self._environment(more), log=log))
        return self.begun[-1]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self._environment(more),
            capture_output=True, text=True, timeout=LONGEST_RUN, check=False,
        )  # fmt: skip

    def ask(self, count: int) -> None:
        """So many toys are wanted."""
        self.database.asked(ASK, count)

    def done(self) -> list[str]:
        """The toys that were made, each as often as it was."""
        return [row[0] for row in self.database.asked("select key from toy_done order by key")]

    def let_leases_run_out(self) -> None:
        """What the dead held is free: its time is over."""
        self.database.asked(LET_LEASES_RUN_OUT)

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.database.url, "DJANGO_SETTINGS_MODULE": "tests.processes.settings", "DEBUG": "1",
            "HUNTER_VAR": str(self.folder), "READ_DOT_ENV": "0", "LIMIT_OUTGOING": FREELY, "LEASE_SECONDS": "600",
        } | self.env | more  # fmt: skip


@pytest.fixture(scope="session")
def migrated_once() -> Iterator[Path]:
    """The data of a stopped server with Hunter's tables and the toys' own, to be copied."""
    with own_server() as (database, folder):
        migrated = Own(database, folder).run("migrate", "--verbosity", "0")
        assert migrated.returncode == 0, migrated.stderr
        database.asked(toy.CREATE)
        database.stop()
        yield database.data


@pytest.fixture
def own(migrated_once: Path) -> Iterator[Own]:
    """A server that only this test knows."""
    with own_server(migrated_once) as (database, folder):
        own = Own(database, folder)
        try:
            yield own
        finally:
            for one in own.begun:
                one.kill()


def keys(count: int) -> list[str]:
    """The keys of so many toys."""
    return [f"{number:05}" for number in range(count)]
