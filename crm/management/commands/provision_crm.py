"""Create what the mapping needs and the CRM lacks."""

from __future__ import annotations

from django.core.management.base import CommandParser

from crm.registry import enabled_crm
from crm.services.provisioning import ProvisionReport, provision_crm
from hunter.commands import HunterCommand


class Command(HunterCommand):
    help = "Create the columns and the key that the mapping needs and the CRM lacks; changes and deletes nothing there."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is missing, and create nothing")
        parser.add_argument(
            "--with-optional", action="store_true", help="also the columns that the mapping uses only where they are"
        )

    def run(self, *, dry_run: bool, with_optional: bool) -> ProvisionReport:
        return provision_crm(enabled_crm(), with_optional=with_optional, dry_run=dry_run, progress=self.progress)
