"""Starting Hunter's commands as real processes on the test's own database."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
KILLED = -signal.SIGKILL
LONGEST_RUN = 300.0  # seconds; of a machine with much to do


def database_url() -> str:
    """The DATABASE_URL that leads another process to the database of this test."""
    there = connection.settings_dict
    return f"postgresql://{there['USER']}@/{there['NAME']}?host={quote(str(there['HOST']), safe='')}"


def environment(**changes: str) -> dict[str, str]:
    """The environment of such a process: the test's database, the toys, and no `.env` of the developer."""
    own = {
        "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.processes.settings", "DEBUG": "1",
        "HUNTER_VAR": str(settings.HUNTER_VAR), "READ_DOT_ENV": "0", "PYTHONPATH": str(ROOT),
        "LIMIT_OUTGOING": "100000,100000", "LEASE_SECONDS": "2",
    }  # fmt: skip
    return os.environ | own | changes


def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """A command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment(**changes), capture_output=True, text=True, timeout=LONGEST_RUN, check=False,
    )  # fmt: skip


@contextlib.contextmanager
def started(*arguments: str, **changes: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs beside the test; whatever is left of it and its children is killed in the end."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment(**changes), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        for one in family(process.pid):
            with contextlib.suppress(psutil.Error):
                one.kill()
        process.wait()


def are_gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them works any more; the machine's first process may not have collected them yet."""
    return not any(still_works(one) for one in processes)


def still_works(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def is_asleep(pid: int) -> bool:
    """Whether it has put itself to sleep at the place that HUNTER_STOP_AT names."""
    return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)


def family(pid: int) -> list[psutil.Process]:
    """The process and all that it started, and they."""
    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []
