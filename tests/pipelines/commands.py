"""Hunter's commands in processes of their own, on this test's database and sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

from hunter.sandbox.running import RunningSandbox

ROOT = Path(__file__).resolve().parent.parent.parent


def own_environment(sandbox: RunningSandbox, **more: str) -> dict[str, str]:
    """Everything that a process of Hunter needs to work on this test's database and sandbox."""
    database = connection.settings_dict
    address = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    own = {"DATABASE_URL": address, "HUNTER_VAR": str(settings.HUNTER_VAR), "DEBUG": "1", "READ_DOT_ENV": "0"}
    own["DJANGO_SETTINGS_MODULE"] = "hunter.settings"
    return os.environ | sandbox.env | own | more


def started(*arguments: str, sandbox: RunningSandbox, **environment: str) -> subprocess.Popen[str]:
    """The command while it runs."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=own_environment(sandbox, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(*arguments: str, sandbox: RunningSandbox, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command after its end."""
    with started(*arguments, sandbox=sandbox, **environment) as process:
        out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
