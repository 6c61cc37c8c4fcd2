"""How a drainer in a worker learns that it is to end: django-q2 lets its workers finish what they do, and tells them nothing."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

VARIABLE = "HUNTER_STOP_FILE"  # set by `workers` for the processes it starts; not for people


def stop_file() -> Path:
    """The file whose existence tells this process's workers to end."""
    settings.HUNTER_VAR.mkdir(parents=True, exist_ok=True)
    return Path(settings.HUNTER_VAR) / f"workers-{os.getpid()}.stopping"


def is_stopping() -> bool:
    """Whether the workers this process belongs to are to end."""
    path = os.environ.get(VARIABLE)
    return path is not None and Path(path).exists()
