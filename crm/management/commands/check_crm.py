"""Hold the mapping against the CRM."""

from __future__ import annotations

from django.core.management.base import CommandParser

from crm.services.checking import check_crm
from crm.services.crm_option import add_crm_option
from crm.services.each_crm import with_each_crm
from hunter.commands import HunterCommand, Result


class Command(HunterCommand):
    help = "Hold the mapping against the CRM's live columns, and list every fault with its way out."

    def configure(self, parser: CommandParser) -> None:
        add_crm_option(parser)

    def run(self, *, crm: str | None) -> Result:
        return with_each_crm(check_crm, only=crm)
