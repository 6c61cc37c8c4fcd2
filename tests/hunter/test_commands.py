from __future__ import annotations

import json
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from hunter.commands import HunterCommand
from hunter.errors import HunterError
from tests.processes.running import run


@dataclass(frozen=True)
class Told:
    failed: bool = False

    def sentence(self) -> str:
        return "Ümit: 3 done."

    def as_dict(self) -> dict[str, Any]:
        return {"name": "Ümit", "done": 3}


class Greeting(HunterCommand):
    """Ends as the test says."""

    help = "Greet."

    def __init__(self, end: Exception | BaseException | Told) -> None:
        super().__init__()
        self.end = end
        self.got: dict[str, Any] = {}

    def configure(self, parser) -> None:
        parser.add_argument("--times", type=int, default=1)

    def run(self, **options: Any) -> Told:
        self.got = options
        self.progress("half of it")
        if isinstance(self.end, BaseException):
            raise self.end
        return self.end


def told(end: Exception | BaseException | Told, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command(Greeting(end), *arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, out.getvalue(), err.getvalue()


@pytest.mark.proves("C6")
def test_a_command_says_in_words_what_happened():
    assert told(Told()) == (0, "Ümit: 3 done.\n", "")


def test_with_json_it_prints_one_object_and_nothing_else():
    status, out, err = told(Told(), "--json")

    assert (status, err) == (0, "")
    assert out.count("\n") == 1
    assert json.loads(out) == {"name": "Ümit", "done": 3}


@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=["in words", "as JSON"])
def test_items_that_failed_are_exit_status_1_and_the_result_is_printed_all_the_same(arguments):
    status, out, _ = told(Told(failed=True), *arguments)

    assert status == 1
    assert "3" in out


@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=["in words", "as JSON"])
def test_what_cannot_start_is_exit_status_2_and_one_line(arguments):
    assert told(HunterError("The mapping is gone. Put it back."), *arguments) == (
        2, "", "The mapping is gone. Put it back.\n",
    )  # fmt: skip


def test_an_interrupted_command_says_what_is_kept():
    status, _, err = told(KeyboardInterrupt())

    assert status == 130
    assert "What is done is kept" in err


def test_a_command_gets_its_own_options_only():
    command = Greeting(Told())

    call_command(command, "--times", "4", stdout=StringIO())

    assert command.got == {"times": 4}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("postgresql://hunter@127.0.0.1:1/hunter", "The database can't be reached (", id="nobody listens"),
        pytest.param(
            "mysql://hunter@127.0.0.1/hunter", "DATABASE_URL must begin with postgresql://", id="not PostgreSQL"
        ),
    ],
)
@pytest.mark.processes
@pytest.mark.django_db
@pytest.mark.proves("C6")
def test_without_its_database_a_command_says_so_in_one_line(url, words):
    done = run("work_status", DATABASE_URL=url)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(words)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ("scan_domains", "--stale", "x"),
            "argument --stale: invalid int value: 'x'. `manage.py scan_domains --help` tells what it takes.",
            id="an option that can't be read",
        ),
        pytest.param(
            ("explain_domain", "--as", "foo", "a.com"),
            "argument --as: invalid choice: 'foo' (choose from 'domain', 'website', 'email'). "
            "`manage.py explain_domain --help` tells what it takes.",
            id="of a command that explains",
        ),
        pytest.param(
            ("sandbox", "--seed", "x"),
            "argument --seed: invalid int value: 'x'. `manage.py sandbox --help` tells what it takes.",
            id="of one that needs no database",
        ),
    ],
)
@pytest.mark.processes
@pytest.mark.django_db
@pytest.mark.proves("C6")
def test_what_can_not_be_read_is_one_line_that_names_the_help(arguments, words):
    done = run(*arguments)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{words}\n")


@pytest.mark.parametrize("command", ["work_status", "workers"])
@pytest.mark.processes
@pytest.mark.django_db
@pytest.mark.proves("C6")
def test_without_what_must_be_set_a_command_says_so_in_one_line(command):
    done = run(command, DEBUG="0", SECRET_KEY="x" * 60, CREDENTIAL_KEYS="", DJANGO_SETTINGS_MODULE="hunter.settings")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "CREDENTIAL_KEYS is not set, so access tokens can't be kept. Set it in the environment"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.processes
@pytest.mark.django_db
def test_in_a_database_that_is_not_migrated_a_command_names_the_way_out():
    empty = f"postgresql://hunter@/postgres?host={settings.DATABASES['default']['HOST']}"
    done = run("work_status", DATABASE_URL=empty)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "The database lacks Hunter's tables. Run `python manage.py migrate`, then this command again.\n"
    )
