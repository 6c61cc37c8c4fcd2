from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from hunter.errors import HunterError
from referrals.services.previewing import preview_sync
from referrals.services.runs import Wish
from referrals.services.syncing import SyncReport, sync_referrals


class Command(HunterCommand):
    help = "Fetch referrals from Partner Center, tie each to its company, and wait until that is done."

    def configure(self, parser: CommandParser) -> None:
        wanted = parser.add_mutually_exclusive_group()
        wanted.add_argument("--full", action="store_true", help="read all referrals, not only what changed")
        wanted.add_argument("--since", metavar="ISO", help="read what changed since then, e.g. 2026-05-01T00:00:00Z")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say what would change, keep that as a dry run under Syncs, and write no referral",
        )

    def run(self, **options: Any) -> SyncReport:
        wish = Wish(full=options["full"], since=read_since(options["since"]))
        if options["dry_run"]:
            return preview_sync(wish, asked_by="command", progress=self.progress)
        return sync_referrals(wish, asked_by="command", progress=self.progress)


def read_since(text: str | None) -> datetime | None:
    """The time given to --since, in UTC where it names no offset. Raises HunterError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise HunterError(f"--since {text} is no time; give one like 2026-05-01T00:00:00Z.", field="since") from error
