"""Django's PostgreSQL backend on the embedded server, which comes up with the first connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base as postgresql

from hunter.postgres.server import EmbeddedServer


class DatabaseWrapper(postgresql.DatabaseWrapper):
    """A connection to the server that lives in the setting HUNTER_FOLDER; starts it when it is down."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            EmbeddedServer(Path(self.settings_dict["HUNTER_FOLDER"])).ensure_running()
            return super().get_new_connection(conn_params)
