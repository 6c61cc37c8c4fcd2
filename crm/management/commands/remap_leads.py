"""Move leads to another version of the mapping."""

from __future__ import annotations

from django.core.management.base import CommandParser

from crm.registry import chosen_crm, enabled_crm
from crm.services.remapping import RemapReport, remap_leads
from crm.services.trying_moves import try_remap
from hunter.commands import HunterCommand
from hunter.errors import HunterError


class Command(HunterCommand):
    help = (
        "Have every lead that was confirmed with another mapping compared with this one, and pushed where it differs."
    )

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, metavar="VERSION", help="a mapping's version, like 2")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be written, also for one that is not in force"
        )
        parser.add_argument(
            "--crm", metavar="NAME", help="the CRM whose leads they are; the first of CRM_BACKEND if omitted"
        )

    def run(self, *, to: str, dry_run: bool, crm: str | None) -> RemapReport:
        number = to.removeprefix("v")
        if not number.isascii() or not number.isdecimal():
            raise HunterError(f"--to takes a version like 2, not {to!r}.", field="to")
        if dry_run:
            return try_remap(chosen_crm(crm), version=int(number), progress=self.progress)
        return remap_leads(enabled_crm(crm), version=int(number), progress=self.progress)
