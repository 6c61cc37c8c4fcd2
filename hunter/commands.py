"""What every command of Hunter promises: progress in words, one JSON object on request, exit status 0, 1 or 2."""

from __future__ import annotations

import json
import sys
from abc import abstractmethod
from typing import Any, Protocol

from django.core import checks
from django.core.management.base import BaseCommand, CommandError, CommandParser, SystemCheckError
from django.db import InterfaceError, OperationalError, ProgrammingError

from hunter.errors import HunterError

SOME_FAILED, NOT_STARTED = 1, 2
UNDEFINED_TABLE = "42P01"
NOT_TO_BE_HAD = (
    "08",
    "53",
    "57P",
    "28",
    "3D",
)  # connection, resources, shutdown, sign-in, no such database (PostgreSQL's classes)
NOT_OURS = (  # what Django itself gives to every command
    "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks", "stdout", "stderr",
)  # fmt: skip


def what_is_wrong_with_the_database(error: Exception) -> str:
    """One line for what a person can put right: it is out of reach, or not migrated. Empty for a fault of ours."""
    code = getattr(error.__cause__, "pgcode", None)
    if code == UNDEFINED_TABLE:
        return "The database lacks Hunter's tables. Run `python manage.py migrate`, then this command again."
    is_away = isinstance(error, OperationalError) and (code is None or code.startswith(NOT_TO_BE_HAD))
    if is_away or isinstance(error, InterfaceError):  # the second by those who still use the lost connection
        reason = " ".join(str(error).split())
        return (
            f"The database can't be reached ({reason}). Check DATABASE_URL and the server, then run this command again."
        )
    return ""


class Result(Protocol):
    """What happened, for people and for programs."""

    @property
    def failed(self) -> bool:
        """Whether some items failed; each has an error record."""

    def sentence(self) -> str:
        """What happened, in words."""

    def as_dict(self) -> dict[str, Any]:
        """What happened, as the JSON object that `--json` prints."""


class PlainCommand(BaseCommand):
    """A command that could not start says why in one line, and exits with 2."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.called_from_command_line = False  # so that it raises, in place of printing all that it takes
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except CommandError as error:
            wrong = str(error).removeprefix("Error: ")
            self.stderr.write(f"{wrong}. `manage.py {argv[1]} --help` tells what it takes.")
            sys.exit(NOT_STARTED)

    def check(self, *args: Any, **options: Any) -> None:
        """Django's checks, told in one line; `manage.py check` tells them in full."""
        try:
            super().check(*args, **options)
        except SystemCheckError:
            first, *rest = [one for one in checks.run_checks() if one.is_serious() and not one.is_silenced()]
            more = f" {len(rest)} more: `manage.py check` lists them." if rest else ""
            words = " ".join(filter(None, (str(first.msg), first.hint)))
            self.stderr.write(words + more)
            sys.exit(NOT_STARTED)


class HunterCommand(PlainCommand):
    """A command that parses, calls one service and prints its result.

    Exit status: 0 done, 1 some items failed, 2 could not start (one line on standard error, no traceback).
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")
        self.configure(parser)

    def configure(self, parser: CommandParser) -> None:
        """Declare the command's own options."""

    @abstractmethod
    def run(self, *args: Any, **options: Any) -> Result:
        """Do the work and say what happened."""

    def progress(self, text: str) -> None:
        """Tell a person how far the work is; silent where nobody watches."""
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{text}", ending="")

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options.pop("json")
        for name in NOT_OURS:
            options.pop(name, None)
        try:
            result = self.run(**options)
        except HunterError as error:
            self.progress("")
            self.stderr.write(error.message)
            sys.exit(NOT_STARTED)
        except (InterfaceError, OperationalError, ProgrammingError) as error:
            if not (words := what_is_wrong_with_the_database(error)):
                raise
            self.progress("")
            self.stderr.write(words)
            sys.exit(NOT_STARTED)
        except KeyboardInterrupt:
            self.stderr.write("\nInterrupted. What is done is kept; run the command again to go on.")
            sys.exit(130)

        self.progress("")
        self.stdout.write(json.dumps(result.as_dict(), ensure_ascii=False) if as_json else result.sentence())
        if result.failed:
            sys.exit(SOME_FAILED)
