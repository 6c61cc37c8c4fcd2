"""After a restore or a fail-over: look anew at every lead that was written since."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.management.base import CommandParser

from crm.registry import enabled_crm
from crm.services.verifying import VerifyReport, verify_crm
from hunter.commands import HunterCommand
from hunter.errors import HunterError


class Command(HunterCommand):
    help = "Have every lead that was written since a moment located, merged and written again, as after a restore."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--since", required=True, metavar="ISO", help="a moment, like 2026-05-04T12:00:00Z")

    def run(self, *, since: str) -> VerifyReport:
        try:
            moment = datetime.fromisoformat(since)
        except ValueError as error:
            raise HunterError(
                f"--since takes a moment like 2026-05-04T12:00:00Z, not {since!r}.", field="since"
            ) from error
        return verify_crm(enabled_crm(), since=moment if moment.tzinfo else moment.replace(tzinfo=UTC))
