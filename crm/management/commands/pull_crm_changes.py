"""Read what changed in the CRM."""

from __future__ import annotations

from django.core.management.base import CommandParser

from crm.registry import enabled_crm
from crm.services.pulling import PullReport, pull_crm_changes
from hunter.commands import HunterCommand


class Command(HunterCommand):
    help = "Read what people changed in the CRM since the last time, and take it in by the mapping's winners."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--full", action="store_true", help="read everything, not only what changed")

    def run(self, *, full: bool) -> PullReport:
        return pull_crm_changes(enabled_crm(), full=full, progress=self.progress)
