"""The throw-away database that a benchmark measures on."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def throw_away_database(**environment: str) -> Iterator[Path]:
    """An empty, migrated database with Django set up for it, `environment` included; its folder, which goes afterwards.

    Once in a process, before anything of Hunter's is imported.
    """
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="hunter-bench-") as folder:
        os.environ |= environment | {"HUNTER_VAR": folder, "DEBUG": "1", "READ_DOT_ENV": "0", "DATABASE_URL": ""}
        os.environ["DJANGO_SETTINGS_MODULE"] = "hunter.settings"
        Path(folder).chmod(0o755)

        import django  # noqa: PLC0415

        django.setup()
        from django.conf import settings  # noqa: PLC0415
        from django.core.management import call_command  # noqa: PLC0415

        from hunter.postgres.server import EmbeddedServer  # noqa: PLC0415

        settings.DEBUG = False
        try:
            call_command("migrate", verbosity=0)
            yield Path(folder)
        finally:
            EmbeddedServer(Path(folder) / "postgres").stop()
