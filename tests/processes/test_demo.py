"""`make demo`: the whole pipeline on a small world, in processes of its own (C4, C6)."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.running import LONGEST_RUN, ROOT
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the demo's data goes: a short path that the database's own account may enter."""
    with tempfile.TemporaryDirectory(prefix="hunter-demo-") as made:
        Path(made).chmod(0o755)
        yield Path(made) / "demo"


def listens(address: str) -> bool:
    """Whether anybody takes a connection at this address, like 127.0.0.1:8000."""
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((host, int(port))) == 0


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The demo to its end, with nothing of this environment."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "hunter.demo", *arguments],
        cwd=ROOT, env=bare, capture_output=True, text=True, timeout=LONGEST_RUN, check=False,
    )  # fmt: skip


@pytest.mark.proves("C4", "C6", "R6.3")
def test_the_demo_prints_figures_that_add_up_and_ends(folder):
    done = demo("--exit", "--json", "--companies=12", "--referrals=20", "--port=0", f"--folder={folder}")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    parts = told["referrals"]
    assert parts["received"] == parts["linked"] + parts["unlinked"] + parts["skipped"] + parts["failed"] > 0
    assert told["companies"] == told["scanned"] + told["scan_failed"] > 0
    assert told["due"] == told["pushed"] + told["push_failed"]
    assert told["crm"]["leads"] == told["crm"]["domains"] == told["pushed"] > 0
    shell = folder / "env.sh"
    assert shell.stat().st_mode & 0o077 == 0
    assert f"export HUNTER_VAR={folder}\n" in shell.read_text()


@pytest.mark.proves("C4")
def test_the_demo_that_is_told_twice_to_end_leaves_no_process_behind(folder):
    command = [
        sys.executable,
        "-m",
        "hunter.demo",
        "--companies=12",
        "--referrals=20",
        "--port=0",
        f"--folder={folder}",
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stderr
        said = ""
        while "in another terminal" not in said and (line := running.stderr.readline()):
            said += line
        addresses = re.findall(r"http://([0-9.]+:[0-9]+)/", said)
        until(lambda: all(listens(address) for address in addresses), what="the demo's addresses")

        running.send_signal(signal.SIGTERM)
        until(lambda: not listens(addresses[0]), what="the end of the admin")
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=LONGEST_RUN)

    assert [listens(address) for address in addresses] == [False, False], said
    assert not (folder / "postgres" / "data" / "postmaster.pid").exists()


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("--companies=-1", "--companies takes a number from 0 to 100000"),
        ("--port=70000", "--port takes a number from 0 to 65535"),
    ],
)
def test_what_the_demo_can_not_do_is_said_before_it_starts(argument, words):
    done = demo("--exit", argument)

    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
