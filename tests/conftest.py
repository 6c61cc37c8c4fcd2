"""What all tests use."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import settings as hypothesis_settings

from hunter.postgres.server import EmbeddedServer

hypothesis_settings.register_profile("hunter", deadline=None, derandomize=True)
hypothesis_settings.load_profile("hunter")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The database server ends with the run that started it; workers of a parallel run leave it to their parent."""
    if not hasattr(config, "workerinput"):
        EmbeddedServer(Path(settings.DATABASES["default"]["HUNTER_FOLDER"])).stop()
