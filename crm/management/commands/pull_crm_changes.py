"""Read what changed in the CRM."""

from __future__ import annotations

from django.core.management.base import CommandParser

from crm.services.crm_option import add_crm_option
from crm.services.each_crm import with_each_crm
from crm.services.pulling import pull_crm_changes
from hunter.commands import HunterCommand, Result


class Command(HunterCommand):
    help = "Read what people changed in the CRM since the last time, and take it in by the mapping's winners."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--full", action="store_true", help="read everything, not only what changed")
        add_crm_option(parser)

    def run(self, *, full: bool, crm: str | None) -> Result:
        return with_each_crm(lambda backend: pull_crm_changes(backend, full=full, progress=self.progress), only=crm)
