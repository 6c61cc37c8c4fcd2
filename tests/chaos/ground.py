"""What a run stands on: the environment of its processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tests.own_server import Database

LEASE_SECONDS = 3
SLOTS = 24
FREELY = "100000,100000"


def environment(database: Database, folder: Path, other_side: Mapping[str, str]) -> dict[str, str]:
    """The environment of every process of a run; nothing comes from the developer's own settings."""
    own = {
        "DATABASE_URL": database.url, "DJANGO_SETTINGS_MODULE": "hunter.settings", "HUNTER_VAR": str(folder),
        "DEBUG": "1", "READ_DOT_ENV": "0", "LEASE_SECONDS": str(LEASE_SECONDS), "LIMIT_DYNAMICS365": FREELY,
        "LIMIT_ENTRA": FREELY, "CONCURRENCY_DYNAMICS365": str(SLOTS), "PARTNER_CENTER_WRITE_REFERENCE": "0",
    }  # fmt: skip
    return dict(other_side) | own


def take_over(wanted: Mapping[str, str]) -> None:
    """Make this process one of the run's: before anything of Django's is set up."""
    for name in [
        name for name in os.environ if name.startswith(("D365_", "PARTNER_CENTER_", "LIMIT_", "CONCURRENCY_"))
    ]:
        del os.environ[name]
    os.environ.update(wanted)
