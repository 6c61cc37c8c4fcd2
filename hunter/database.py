"""Which PostgreSQL Hunter works with: the one DATABASE_URL names, or the embedded one under HUNTER_VAR."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

from hunter.errors import HunterError
from hunter.postgres.layout import PORT, Layout
from hunter.postgres.server import DATABASE, USER

IDLE_CONNECTION_SECONDS = 60  # a connection for each task would be three for each; kept, it is three for all


def database_settings(*, url: str, var: Path) -> dict[str, Any]:
    """Django's DATABASES["default"]. Raises HunterError when the URL is not PostgreSQL's."""
    shared = {"CONN_MAX_AGE": IDLE_CONNECTION_SECONDS, "CONN_HEALTH_CHECKS": True}
    if not url:
        return shared | embedded_settings(var / "postgres")

    if not url.startswith(("postgresql://", "postgres://")):
        raise HunterError(
            "DATABASE_URL must begin with postgresql://: Hunter works with PostgreSQL only.", field="DATABASE_URL"
        )
    settings: dict[str, Any] = environ.Env.db_url_config(url)
    return shared | settings


def embedded_settings(folder: Path) -> dict[str, Any]:
    """Settings for the embedded server in `folder`; it is started by the first connection, not here."""
    return {
        "ENGINE": "hunter.postgres",
        "HOST": str(Layout(folder.resolve()).sockets),
        "NAME": DATABASE,
        "USER": USER,
        "PORT": str(PORT),
        "HUNTER_FOLDER": str(folder.resolve()),
    }
