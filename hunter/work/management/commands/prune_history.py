"""`manage.py prune_history`: what nobody needs any more is cleared away."""

from __future__ import annotations

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from hunter.errors import HunterError
from hunter.work.pruning import PruneReport, count_history, prune_history

LONGEST_DAYS = 36_500


class Command(HunterCommand):
    help = (
        "Clear old history away, in short transactions. The workers do it once a day; the audit log is never cleared."
    )

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=float,
            metavar="DAYS",
            help="what is more than so many days old, like 30; without it HISTORY_KEEP_DAYS and IMPORT_KEEP_DAYS say",
        )
        parser.add_argument("--dry-run", action="store_true", help="only count what would go")

    def run(self, *, older_than: float | None, dry_run: bool) -> PruneReport:
        if older_than is not None and not 0 <= older_than <= LONGEST_DAYS:
            raise HunterError(f"--older-than takes a number of days from 0 to {LONGEST_DAYS}.", field="older-than")
        return count_history(days=older_than) if dry_run else prune_history(days=older_than, progress=self.progress)
