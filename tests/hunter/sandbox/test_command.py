"""`manage.py sandbox` as a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[3]
NO_DATABASE = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}

pytestmark = pytest.mark.processes


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", *arguments],
        cwd=ROOT,
        env={**os.environ, **NO_DATABASE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly(number):
    with started("--port", "0", "--companies", "15", "--referrals", "20", "--json") as process:
        told = json.loads(line_of(process))
        state = requests.get(f"http://127.0.0.1:{told['port']}/_control/state/partner-center", timeout=PATIENCE).json()
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)

    assert len(state["referrals"]) == 20
    assert told["env"]["DNS_NAMESERVERS"] == f"127.0.0.1:{told['dns_port']}"
    assert (process.returncode, errors) == (0, "")


def test_a_taken_port_is_one_clear_line_and_exit_2():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with started("--port", port) as process:
            output, errors = process.communicate(timeout=PATIENCE)

    assert process.returncode == 2
    assert output == ""
    assert len(errors.splitlines()) == 1
    assert port in errors
    assert "--port 0" in errors


def test_without_json_it_prints_lines_for_a_shell():
    with started("--port", "0", "--companies", "5", "--referrals", "5") as process:
        lines = [line_of(process) for _ in range(6)]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)

    assert "listens at http://127.0.0.1:" in lines[0]
    assert any(line.startswith("export PARTNER_CENTER_ENABLED=") for line in lines)
