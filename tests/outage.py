"""The database goes away from under a test, as when its server is started anew."""

from __future__ import annotations

import psycopg2
from django.db import connection


def out_of_reach() -> None:
    """End this process's connection from another one, as a restart of the server does."""
    params = {
        key: value
        for key, value in connection.get_connection_params().items()
        if key in {"host", "port", "user", "dbname"}
    }
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        backend = cursor.fetchone()[0]
    other = psycopg2.connect(**params)
    other.autocommit = True
    other.cursor().execute("select pg_terminate_backend(%s, 5000)", [backend])
    other.close()
