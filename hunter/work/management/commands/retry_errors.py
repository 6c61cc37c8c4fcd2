"""`manage.py retry_errors`: failed work is tried again."""

from __future__ import annotations

from datetime import timedelta

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from hunter.errors import HunterError
from hunter.remote.errors import ErrorKind
from hunter.remote.lanes import LaneName
from hunter.work.kinds import all_kinds
from hunter.work.retrying import RetryCounts, matching_errors, retry_errors

LONGEST_DAYS = 36_500


def known_services() -> list[str]:
    """The names that an error record may have for its service."""
    return sorted({*LaneName, *(kind.service for kind in all_kinds())})


class Command(HunterCommand):
    help = "Try failed work again: all of it, or only what matches."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--class", dest="error_class", default="", metavar="CLASS", help="a class of error, like transient"
        )
        parser.add_argument("--service", default="", help="a service, like dynamics365")
        parser.add_argument("--cause", default="", help="one cause, as the API and the address of its page name it")
        parser.add_argument(
            "--older-than", type=float, metavar="DAYS", help="last seen more than so many days ago, like 0.5"
        )
        parser.add_argument("--dry-run", action="store_true", help="only count what matches")

    def run(
        self, *, error_class: str, service: str, cause: str, older_than: float | None, dry_run: bool
    ) -> RetryCounts:
        if error_class and error_class not in set(ErrorKind):
            raise HunterError(f"There is no class {error_class!r}. Known: {', '.join(ErrorKind)}.", field="class")
        if service and service not in known_services():
            raise HunterError(
                f"There is no service {service!r}. Known: {', '.join(known_services())}.", field="service"
            )
        if older_than is not None and not 0 <= older_than <= LONGEST_DAYS:
            raise HunterError(f"--older-than takes a number of days from 0 to {LONGEST_DAYS}.", field="older-than")
        age = timedelta(days=older_than) if older_than is not None else None
        errors = matching_errors(error_class=error_class, service=service, cause=cause, older_than=age)
        return RetryCounts(matched=errors.count(), queued=0) if dry_run else retry_errors(errors, by=None)
