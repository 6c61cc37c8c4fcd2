"""After a restore or a fail-over: look anew at every lead that was written since."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.management.base import CommandParser

from crm.services.crm_option import add_crm_option
from crm.services.each_crm import with_each_crm
from crm.services.verifying import verify_crm
from hunter.commands import HunterCommand, Result
from hunter.errors import HunterError


class Command(HunterCommand):
    help = "Have every lead that was written since a moment located, merged and written again, as after a restore."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--since", required=True, metavar="ISO", help="a moment, like 2026-05-04T12:00:00Z")
        add_crm_option(parser)

    def run(self, *, since: str, crm: str | None) -> Result:
        try:
            moment = datetime.fromisoformat(since)
        except ValueError as error:
            raise HunterError(
                f"--since takes a moment like 2026-05-04T12:00:00Z, not {since!r}.", field="since"
            ) from error
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return with_each_crm(lambda backend: verify_crm(backend, since=aware), only=crm)
