"""The embedded PostgreSQL server: made, started and stopped as the folder it lives in.

Any number of processes may ask for it at once; it belongs to none of them, so Ctrl-C and SIGKILL pass it by.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2

from hunter.errors import HunterError
from hunter.postgres.account import server_account
from hunter.postgres.layout import SOCKET_NAME, Layout

USER = DATABASE = "hunter"
MAJOR_VERSION = "18"
START_SECONDS = 60
CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
idle_in_transaction_session_timeout = 60s
log_min_messages = warning
"""  # an old snapshot is what slows the ledger down, so none may idle for long


class EmbeddedServer:
    """The server that lives in `folder`. Raises HunterError with the way out when it can't run."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder.resolve())
        self.account = server_account()

    def ensure_running(self) -> None:
        """Make the cluster if there is none, start it if it is down, and wait until it answers."""
        if self._answers():
            return
        with self._locked():
            if self._answers():
                return
            self._prepare_folders()
            self._make_cluster()
            self._clear_stale_files()
            self._start()
            self._make_database()

    def stop(self) -> bool:
        """End the server in order; False when it was not running."""
        if not self.layout.folder.exists():
            return False
        with self._locked():
            if self._postmaster() is None:
                return False
            self._run("pg_ctl", "stop", "-D", str(self.layout.data), "-m", "fast", "-w", "-t", str(START_SECONDS))
        return True

    def _answers(self) -> bool:
        if not (self.layout.sockets / SOCKET_NAME).exists():
            return False
        try:
            psycopg2.connect(host=str(self.layout.sockets), user=USER, dbname=DATABASE, connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.layout.folder.mkdir(parents=True, exist_ok=True)
            handle = self.layout.lock.open("w")
        except OSError as error:
            raise HunterError(
                f"The database folder {self.layout.folder} can't be written ({error.strerror}). "
                "Set HUNTER_VAR to a folder of your own."
            ) from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _prepare_folders(self) -> None:
        for folder in (self.layout.folder, self.layout.sockets):
            folder.mkdir(parents=True, exist_ok=True)
            if folder.stat().st_uid not in {os.geteuid(), self.account.uid}:
                raise HunterError(
                    f"{folder} belongs to another user, so the database can't be kept there. "
                    "Set HUNTER_VAR to a folder of your own."
                )
            self.account.own(folder)
        self.account.reach(self.layout.data)
        self.account.reach(self.layout.sockets)
        self.account.reach(self.layout.programs / "postgres")

    def _make_cluster(self) -> None:
        version = self.layout.data / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != MAJOR_VERSION:
                raise HunterError(
                    f"{self.layout.data} was made by PostgreSQL {found}, this is {MAJOR_VERSION}. Dump it with the old "
                    "version and load it again, or set HUNTER_VAR to a new folder."
                )
            return
        if self.layout.data.exists() and any(self.layout.data.iterdir()):
            raise HunterError(
                f"{self.layout.data} holds files but no database. Move them away, or set HUNTER_VAR to a new folder."
            )

        shutil.rmtree(self.layout.unfinished_data, ignore_errors=True)
        self._run(
            "initdb",
            "-D",
            str(self.layout.unfinished_data),
            "-U",
            USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
        with (self.layout.unfinished_data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        if self.layout.data.exists():
            self.layout.data.rmdir()
        self.layout.unfinished_data.rename(self.layout.data)

    def _clear_stale_files(self) -> None:
        """Remove what a killed server left behind, so that a process id in use again doesn't keep the new one out."""
        if self._postmaster() is not None:
            return
        (self.layout.data / "postmaster.pid").unlink(missing_ok=True)
        lock = self.layout.sockets / f"{SOCKET_NAME}.lock"
        holder = _first_line_number(lock)
        if holder is not None and _is_postgres(holder):
            raise HunterError(
                f"Another PostgreSQL server (process {holder}) already listens in {self.layout.sockets}, but not on this "
                f"data. End it (kill {holder}), or set HUNTER_VAR to another folder."
            )
        lock.unlink(missing_ok=True)
        (self.layout.sockets / SOCKET_NAME).unlink(missing_ok=True)

    def _postmaster(self) -> int | None:
        """The process of the server that runs on our data, if there is one."""
        number = _first_line_number(self.layout.data / "postmaster.pid")
        return number if number is not None and _is_postgres(number) else None

    def _start(self) -> None:
        if self._postmaster() is None:
            self.layout.log.touch()
            self.account.own(self.layout.log)
            self._run(
                "pg_ctl",
                "start",
                "-D",
                str(self.layout.data),
                "-l",
                str(self.layout.log),
                "-w",
                "-t",
                str(START_SECONDS),
                "-o",
                f"-k '{self.layout.sockets}'",
            )

    def _make_database(self) -> None:
        connection = psycopg2.connect(host=str(self.layout.sockets), user=USER, dbname="postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"create database {DATABASE}")
        finally:
            connection.close()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603  our own program from the wheel, arguments are paths of ours
            [str(self.layout.programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            cwd="/",
            check=False,
            text=True,
            **self.account.popen_options(),  # type: ignore[call-overload]
        )
        if done.returncode != 0:
            raise HunterError(
                f"The database server did not do its part ({program}): {done.stderr or self._last_words()}"
            )

    def _last_words(self) -> str:
        if not self.layout.log.exists():
            return "it left no log."
        lines = self.layout.log.read_text(errors="replace").splitlines()[-5:]
        return f"{' '.join(lines)} (whole log: {self.layout.log})"


def _first_line_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _is_postgres(process: int) -> bool:
    try:
        return psutil.Process(process).name() == "postgres"
    except psutil.Error:
        return False


def main() -> None:
    """`python -m hunter.postgres.server stop FOLDER`: end the embedded server of a folder."""
    _, verb, folder = sys.argv
    server = EmbeddedServer(Path(folder))
    if verb == "stop":
        server.stop()
    else:
        server.ensure_running()


if __name__ == "__main__":
    main()
