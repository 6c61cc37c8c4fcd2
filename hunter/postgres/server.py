"""The embedded PostgreSQL server: made, started and stopped as the folder it lives in.

Any number of processes may ask for it at once; it belongs to none of them, so Ctrl-C and SIGKILL pass it by.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from hunter.errors import HunterError
from hunter.postgres.account import server_account
from hunter.postgres.layout import PORT, SOCKET_NAME, Layout

USER = DATABASE = "hunter"
MAJOR_VERSION = "18"
START_SECONDS = 60
CONNECT_SECONDS = 5
LOOK_AGAIN_SECONDS = 0.1
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
            return self._stop()

    def discard(self) -> None:
        """End the server and delete its data; whoever asks for it meanwhile waits, and gets an empty one."""
        if not self.layout.folder.exists():
            return
        with self._locked():
            self._stop()
            shutil.rmtree(self.layout.data, ignore_errors=True)
            self.layout.log.unlink(missing_ok=True)

    def _stop(self) -> bool:
        if self._postmaster() is None:
            return False
        self._run("pg_ctl", "stop", "-D", str(self.layout.data), "-m", "fast", "-w", "-t", str(START_SECONDS))
        return True

    def _answers(self) -> bool:
        if not _exists(self.layout.sockets / SOCKET_NAME):
            return False
        try:
            self._connected(DATABASE).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _connected(self, database: str) -> Any:
        return psycopg2.connect(
            host=str(self.layout.sockets), port=PORT, user=USER, dbname=database, connect_timeout=CONNECT_SECONDS
        )

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
        self._wait_for_orphans()
        self._clear_foreign_pid()
        socket_file = self.layout.sockets / SOCKET_NAME
        lock = self.layout.sockets / f"{SOCKET_NAME}.lock"
        if _somebody_listens(socket_file):
            holder = _first_line_number(lock)
            raise HunterError(
                f"Another server{f' (process {holder})' if holder else ''} already listens on {socket_file}, but not on "
                f"the data in {self.layout.data}. End it, or set HUNTER_VAR to another folder."
            )
        lock.unlink(missing_ok=True)
        socket_file.unlink(missing_ok=True)

    def _wait_for_orphans(self) -> None:
        """Let the children of a killed server end by themselves: beside them a new one would spoil the data."""
        until, pause = time.monotonic() + START_SECONDS, threading.Event()
        while orphans := processes_on(self.layout.data):
            if time.monotonic() > until:
                raise HunterError(
                    f"The database server was killed, but parts of it still work on {self.layout.data} "
                    f"(processes {', '.join(map(str, orphans))}). End them, then start again."
                )
            pause.wait(LOOK_AGAIN_SECONDS)

    def _clear_foreign_pid(self) -> None:
        """A number that is free, the server clears by itself; one that another program has got would keep it out."""
        file = self.layout.data / "postmaster.pid"
        number = _first_line_number(file)
        if number is None or not psutil.pid_exists(number):
            return
        if _may_be_postgres(number, data=self.layout.data):
            raise HunterError(
                f"Process {number} seems to be a PostgreSQL server on {self.layout.data}, but doesn't answer. "
                f"End it (kill {number}), then start again."
            )
        file.unlink()

    def _postmaster(self) -> int | None:
        """The process of the server that runs on our data, if there is one."""
        number = _first_line_number(self.layout.data / "postmaster.pid")
        with contextlib.suppress(psutil.Error):
            if number is not None and str(self.layout.data) in psutil.Process(number).cmdline():
                return number
        return None

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
                f"-p {PORT} -k '{self.layout.sockets}'",
            )

    def _make_database(self) -> None:
        connection = self._connected_once_it_answers()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"create database {DATABASE}")
        finally:
            connection.close()

    def _connected_once_it_answers(self) -> Any:
        """A server that recovers from a crash lets nobody in for a while; one that was on its way out is started again."""
        until, pause = time.monotonic() + START_SECONDS, threading.Event()
        while True:
            try:
                return self._connected("postgres")
            except psycopg2.OperationalError as error:
                if time.monotonic() > until:
                    raise HunterError(
                        f"The embedded database in {self.layout.folder} runs but lets nobody in: "
                        f"{' '.join(str(error).split())} {self._last_words()}"
                    ) from error
                if self._postmaster() is None:
                    self._clear_stale_files()
                    self._start()
                pause.wait(LOOK_AGAIN_SECONDS)

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


def processes_on(data: Path) -> list[int]:
    """The PostgreSQL processes that work on these data, as far as we may look: the folder is their own."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name() == "postgres" and process.cwd() == str(data.resolve()):
                found.append(process.pid)
    return found


def _may_be_postgres(number: int, *, data: Path) -> bool:
    """Whether the process is a PostgreSQL that works on these data, or one that we may not look into."""
    try:
        process = psutil.Process(number)
        return bool(process.name() == "postgres" and process.cwd() == str(data.resolve()))
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError):
        return True


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(CONNECT_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # a folder that we may not enter


def main() -> None:
    """`python -m hunter.postgres.server start|stop FOLDER`: bring up or end the embedded server of a folder."""
    if len(sys.argv) != 3 or sys.argv[1] not in {"start", "stop"}:
        sys.stderr.write("Give start or stop, and the folder of the database.\n")
        sys.exit(2)
    server = EmbeddedServer(Path(sys.argv[2]))
    try:
        if sys.argv[1] == "stop":
            server.stop()
        else:
            server.ensure_running()
    except HunterError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
