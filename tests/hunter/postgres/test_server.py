"""The embedded PostgreSQL: it comes up whatever was left behind, or says clearly what is in its way."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import socketserver
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from hunter.errors import HunterError
from hunter.postgres.layout import LONGEST_SOCKET_PATH, PORT, SOCKET_NAME, Layout
from hunter.postgres.server import DATABASE, USER, EmbeddedServer, processes_on
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).resolve().parent.parent.parent.parent
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as another user")

pytestmark = pytest.mark.processes


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Iterator[Path]:
    """A stopped cluster to copy: initdb takes most of a first start."""
    with short_folder() as folder:
        server = EmbeddedServer(folder / "made")
        server.ensure_running()
        server.stop()
        yield folder / "made"


class short_folder:  # noqa: N801  reads like a function
    """A folder with a short path, which anybody may enter; pytest's own are neither."""

    def __enter__(self) -> Path:
        self.path = Path(tempfile.mkdtemp(prefix="hunter-test-"))
        self.path.chmod(0o755)
        return self.path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


@pytest.fixture
def empty() -> Iterator[EmbeddedServer]:
    """A server that does not exist yet."""
    with short_folder() as folder:
        server = EmbeddedServer(folder / "postgres")
        yield server
        end(server)


@pytest.fixture
def server(made_once) -> Iterator[EmbeddedServer]:
    """A server that was stopped in order."""
    with short_folder() as folder:
        subprocess.run(["cp", "-a", str(made_once), str(folder / "postgres")], check=True)
        server = EmbeddedServer(folder / "postgres")
        yield server
        end(server)


def end(server: EmbeddedServer) -> None:
    """Nothing of it outlives the test, whatever it left in its files."""
    for number in processes_on(server.layout.data):
        with contextlib.suppress(psutil.NoSuchProcess):  # the children go with their postmaster
            psutil.Process(number).kill()
    until(lambda: not processes_on(server.layout.data))


def asked(server: EmbeddedServer, sql: str) -> object:
    connection = psycopg2.connect(host=str(server.layout.sockets), port=PORT, user=USER, dbname=DATABASE)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def postmaster(server: EmbeddedServer) -> psutil.Process:
    return psutil.Process(int((server.layout.data / "postmaster.pid").read_text().split()[0]))


def start_elsewhere(folder: Path, *, user: int | None = None, **environment: str) -> subprocess.Popen[str]:
    """Another process that asks for the same server."""
    return subprocess.Popen(
        [sys.executable, "-c", START_AS, str(user or os.geteuid()), "start", str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment,
    )  # fmt: skip


# It becomes another user after its imports: an interpreter in root's home is closed to others.
START_AS = """
import os, sys
from hunter.postgres.server import main
user = int(sys.argv.pop(1))
if user != os.geteuid():
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
main()
"""


def test_the_first_start_makes_the_database_with_the_extension_that_search_needs(empty):
    empty.ensure_running()

    assert str(asked(empty, "show server_version")).startswith("18.")
    assert asked(empty, "select count(*) from pg_available_extensions where name = 'pg_trgm'") == 1
    assert asked(empty, "show server_encoding") == "UTF8"
    assert asked(empty, "show listen_addresses") == ""
    assert stat.S_IMODE(empty.layout.data.stat().st_mode) == 0o700


def test_processes_that_ask_for_it_at_once_get_the_same_server(empty):
    asking = [start_elsewhere(empty.layout.folder) for _ in range(3)]

    said = [one.communicate(timeout=PATIENCE) for one in asking]

    assert [one.returncode for one in asking] == [0, 0, 0], said
    assert asked(empty, "select 1") == 1


def test_one_that_runs_is_left_alone(server):
    server.ensure_running()
    first = postmaster(server).pid

    server.ensure_running()

    assert postmaster(server).pid == first


def test_it_stops_once_and_starts_again_with_its_data(server):
    server.ensure_running()
    asked(server, "create table kept (a int)")

    assert server.stop()
    assert not server.stop()
    server.ensure_running()

    assert asked(server, "select count(*) from kept") == 0


@pytest.mark.fault(26)
def test_a_killed_server_comes_up_again_with_all_that_was_committed(server):
    server.ensure_running()
    asked(server, "create table kept as select 7 as a")
    connection = psycopg2.connect(host=str(server.layout.sockets), port=PORT, user=USER, dbname=DATABASE)
    postmaster(server).kill()

    server.ensure_running()

    assert asked(server, "select a from kept") == 7
    connection.close()


@pytest.mark.fault(26)
def test_a_server_that_recovers_by_itself_is_waited_for(server):
    server.ensure_running()
    backend = int(str(asked(server, "select pid from pg_stat_activity where backend_type = 'background writer'")))

    psutil.Process(backend).kill()
    until(lambda: "was terminated by signal" in server.layout.log.read_text(), what="the server has noticed")
    server.ensure_running()

    assert asked(server, "select 1") == 1


def leave_stale(server: EmbeddedServer, pid: int) -> None:
    """As after a power cut, when the number of the old server belongs to another process by now."""
    server.ensure_running()
    lines = (server.layout.data / "postmaster.pid").read_text().splitlines()
    killed = postmaster(server)
    killed.kill()
    until(lambda: not processes_on(server.layout.data))
    file = server.layout.data / "postmaster.pid"
    file.write_text("\n".join([str(pid), *lines[1:]]) + "\n")
    (server.layout.sockets / f"{SOCKET_NAME}.lock").write_text(f"{pid}\n")
    server.account.own(file)


def test_a_server_that_is_on_its_way_out_is_started_again(server):
    server.ensure_running()
    last_to_go = psutil.Process(
        int(str(asked(server, "select pid from pg_stat_activity where backend_type = 'checkpointer'")))
    )
    last_to_go.suspend()
    postmaster(server).send_signal(signal.SIGINT)
    until(lambda: "the database system is shutting down" in turned_away(server))
    refused = refusals(server)
    asking = threading.Thread(target=server.ensure_running)

    asking.start()
    until(lambda: refusals(server) > refused + 2)  # it has looked, and waits
    last_to_go.resume()
    asking.join()

    assert asked(server, "select 1") == 1


def turned_away(server: EmbeddedServer) -> str:
    """Why the server lets nobody in; empty where it does."""
    try:
        asked(server, "select 1")
    except psycopg2.OperationalError as error:
        return str(error)
    return ""


def refusals(server: EmbeddedServer) -> int:
    return server.layout.log.read_text().count("the database system is shutting down")


def test_a_number_that_another_program_has_got_keeps_nobody_out(server):
    with subprocess.Popen(["sleep", "600"], **server.account.popen_options()) as foreign:
        leave_stale(server, foreign.pid)

        server.ensure_running()

        assert asked(server, "select 1") == 1
        foreign.kill()


def test_a_number_that_another_postgresql_has_got_keeps_nobody_out(server, made_once):
    with short_folder() as folder:
        subprocess.run(["cp", "-a", str(made_once), str(folder / "other")], check=True)
        other = EmbeddedServer(folder / "other")
        other.ensure_running()
        leave_stale(server, postmaster(other).pid)

        server.ensure_running()

        assert asked(server, "select 1") == asked(other, "select 1") == 1
        end(other)


def test_a_start_that_was_cut_off_in_the_middle_begins_anew(empty):
    empty.layout.folder.mkdir()
    unfinished = empty.layout.unfinished_data
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18")

    empty.ensure_running()

    assert asked(empty, "select 1") == 1
    assert not unfinished.exists()


def refusal(server: EmbeddedServer) -> str:
    with pytest.raises(HunterError) as caught:
        server.ensure_running()
    return caught.value.message


def test_data_of_another_version_are_refused_and_not_touched(server):
    (server.layout.data / "PG_VERSION").write_text("16\n")

    assert "was made by PostgreSQL 16, this is 18. Dump it with the old version" in refusal(server)
    assert (server.layout.data / "PG_VERSION").read_text() == "16\n"


def test_a_folder_with_other_things_in_it_is_refused_and_not_touched(empty):
    empty.layout.data.mkdir(parents=True)
    (empty.layout.data / "thesis.doc").write_text("mine")

    assert "holds files but no database" in refusal(empty)
    assert (empty.layout.data / "thesis.doc").read_text() == "mine"


def test_a_socket_that_another_server_listens_on_is_refused(server):
    server.layout.sockets.mkdir(parents=True, exist_ok=True)
    address = str(server.layout.sockets / SOCKET_NAME)
    with socketserver.UnixStreamServer(address, socketserver.BaseRequestHandler) as taken:
        threading.Thread(target=taken.serve_forever, args=[0.01], daemon=True).start()

        assert "already listens on" in refusal(server)
        taken.shutdown()


def test_a_socket_that_nobody_listens_on_any_more_is_cleared_away(server):
    server.layout.sockets.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(server.layout.sockets / SOCKET_NAME))

    server.ensure_running()

    assert asked(server, "select 1") == 1


def test_a_file_where_the_folder_is_to_be_is_a_clear_error(tmp_path):
    (tmp_path / "postgres").write_text("a file")

    assert "can't be written" in refusal(EmbeddedServer(tmp_path / "postgres"))


def test_a_path_too_long_for_a_socket_has_its_socket_elsewhere(made_once):
    with short_folder() as folder:
        deep = folder / ("deep" * 15) / ("deeper" * 10)
        deep.mkdir(parents=True)
        subprocess.run(["cp", "-a", str(made_once), str(deep / "postgres")], check=True)
        server = EmbeddedServer(deep / "postgres")
        try:
            server.ensure_running()

            assert asked(server, "select 1") == 1
            assert server.layout.sockets.parent == Path(tempfile.gettempdir())
            assert len(bytes(server.layout.sockets / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
        finally:
            end(server)
            shutil.rmtree(server.layout.sockets, ignore_errors=True)


def test_two_long_paths_have_two_sockets(tmp_path):
    first, second = (Layout(Path("/") / ("x" * 100) / name) for name in "ab")

    assert first.sockets != second.sockets


def test_ctrl_c_in_the_terminal_that_started_it_leaves_it_running(server):
    starter = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(server.layout.folder)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert starter.stdout is not None
    assert starter.stdout.readline() == "up\n"

    os.killpg(starter.pid, signal.SIGINT)
    os.killpg(starter.pid, signal.SIGKILL)
    starter.wait(timeout=PATIENCE)

    assert asked(server, "select 1") == 1
    starter.stdout.close()


START_AND_WAIT = """
import signal, sys
from pathlib import Path
from hunter.postgres.server import EmbeddedServer
EmbeddedServer(Path(sys.argv[1])).ensure_running()
print("up", flush=True)
signal.pause()
"""


def test_the_port_of_the_environment_does_not_move_the_socket(server):
    asking = start_elsewhere(server.layout.folder, PGPORT="6543")

    asking.communicate(timeout=PATIENCE)
    assert asking.returncode == 0
    assert asked(server, "select 1") == 1


def test_data_that_are_discarded_make_room_for_new_ones(server):
    server.ensure_running()
    asked(server, "create table gone (a int)")

    server.discard()
    server.ensure_running()

    assert asked(server, "select to_regclass('gone') is null")


@AS_ROOT
def test_an_ordinary_user_starts_his_own():
    nobody = pwd.getpwnam("nobody")
    with short_folder() as folder:
        own = folder / "own"
        own.mkdir()
        os.chown(own, nobody.pw_uid, nobody.pw_gid)
        server = EmbeddedServer(own / "postgres")

        asking = start_elsewhere(server.layout.folder, user=nobody.pw_uid)
        said = asking.communicate(timeout=PATIENCE)

        try:
            assert asking.returncode == 0, said
            assert asked(server, "select 1") == 1
            assert postmaster(server).uids().real == nobody.pw_uid
        finally:
            end(server)


@AS_ROOT
def test_a_folder_of_somebody_else_is_a_clear_error_for_an_ordinary_user(server):
    nobody = pwd.getpwnam("nobody")
    for path in (server.layout.folder, server.layout.data, server.layout.sockets):
        os.chown(path, 0, 0)
        path.chmod(0o700)

    asking = start_elsewhere(server.layout.folder, user=nobody.pw_uid)
    _, words = asking.communicate(timeout=PATIENCE)

    assert asking.returncode == 2
    assert words.count("\n") == 1
    assert "Set HUNTER_VAR to a folder of your own" in words
