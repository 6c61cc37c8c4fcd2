"""Create what the mapping needs and the CRM lacks."""

from __future__ import annotations

from django.core.management.base import CommandParser

from crm.services.crm_option import add_crm_option
from crm.services.each_crm import with_each_crm
from crm.services.provisioning import provision_crm
from hunter.commands import HunterCommand, Result


class Command(HunterCommand):
    help = "Create the columns and the key that the mapping needs and the CRM lacks; changes and deletes nothing there."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is missing, and create nothing")
        parser.add_argument(
            "--with-optional", action="store_true", help="also the columns that the mapping uses only where they are"
        )
        add_crm_option(parser)

    def run(self, *, dry_run: bool, with_optional: bool, crm: str | None) -> Result:
        return with_each_crm(
            lambda backend: provision_crm(
                backend, with_optional=with_optional, dry_run=dry_run, progress=self.progress
            ),
            only=crm,
        )
