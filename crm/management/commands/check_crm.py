"""Hold the mapping against the CRM."""

from __future__ import annotations

from crm.registry import enabled_crm
from crm.services.checking import CheckReport, check_crm
from hunter.commands import HunterCommand


class Command(HunterCommand):
    help = "Hold the mapping against the CRM's live columns, and list every fault with its way out."

    def run(self) -> CheckReport:
        return check_crm(enabled_crm())
