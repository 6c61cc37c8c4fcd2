"""A PostgreSQL server of a test's own, which it may restart, kill, copy and fill up."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2

from hunter.postgres.layout import PORT
from hunter.postgres.server import DATABASE, USER, EmbeddedServer, processes_on
from tests.waiting import until


class Database:
    """A PostgreSQL server in a folder of the run."""

    def __init__(self, folder: Path) -> None:
        self._server = EmbeddedServer(folder)
        self._server.ensure_running()

    @property
    def url(self) -> str:
        """What DATABASE_URL is for all who work on it; nobody but the run starts the server anew."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self._server.layout.sockets), safe='')}"

    def asked(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a statement gives, in a connection and a transaction of its own."""
        connection = self.connection()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def connection(self) -> Any:
        """A connection that commits each statement."""
        connection = psycopg2.connect(host=str(self._server.layout.sockets), port=PORT, user=USER, dbname=DATABASE)
        connection.autocommit = True
        return connection

    @property
    def data(self) -> Path:
        return self._server.layout.data

    def own(self, path: Path) -> None:
        """Hand a folder to the server's account."""
        self._server.account.own(path)

    def kill(self) -> None:
        """As a power cut: every process of it is gone at once, and what was not committed with them."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        until(lambda: not processes_on(self.data), what="the end of the server's processes")

    def start(self) -> None:
        """Up again, with all that was committed."""
        self._server.ensure_running()

    def stop(self) -> None:
        """Ended in order."""
        self._server.stop()

    def restart(self) -> None:
        """Ended in order and started again, as after an update of it."""
        self.stop()
        self.start()

    def copy_to(self, folder: Path) -> None:
        """A copy of the data as they are now, as a standby has them that hears of nothing newer."""
        self._server.stop()
        subprocess.run(["cp", "-a", str(self.data), str(folder)], check=True)
        self.start()

    def fail_over_to(self, copy: Path) -> None:
        """The server is lost, and the copy takes its place: what was committed since is gone."""
        self.kill()
        self.data.rename(self.data.with_name("lost"))
        subprocess.run(["cp", "-a", str(copy), str(self.data)], check=True)
        self.start()

    def discard(self) -> None:
        """No process and no file of it is left."""
        with contextlib.suppress(psutil.Error, OSError, ValueError, IndexError):
            self.kill()
        self._server.discard()


@contextlib.contextmanager
def own_server(data: Path | None = None) -> Iterator[tuple[Database, Path]]:
    """A running server, empty or with a copy of these data, and a folder that its account may enter; all go in the end."""
    with tempfile.TemporaryDirectory(prefix="hunter-own-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        if data is not None:
            (folder / "postgres").mkdir()
            subprocess.run(["cp", "-a", str(data), str(folder / "postgres" / "data")], check=True)
        database = Database(folder / "postgres")
        try:
            yield database, folder
        finally:
            database.discard()
