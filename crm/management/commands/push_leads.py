"""Push what is due."""

from __future__ import annotations

from django.core.management.base import CommandParser

from crm.backend import CrmBackend
from crm.services.crm_option import add_crm_option
from crm.services.dry_runs import DryRunReport, try_pushes
from crm.services.each_crm import with_each_crm
from crm.services.pushing import PushReport, push_company, push_due
from hunter.commands import HunterCommand, Result
from hunter.errors import HunterError
from referrals.services.linking import valid_domain


class Command(HunterCommand):
    help = "Push every lead that is due to the CRM, and wait for the answers."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--company", metavar="DOMAIN", help="only this company, like contoso.com, whatever its segment"
        )
        parser.add_argument("--limit", type=int, metavar="N", help="at most so many companies, like 100")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be pushed, and in which columns; push nothing"
        )
        add_crm_option(parser)

    def run(self, *, company: str | None, limit: int | None, dry_run: bool, crm: str | None) -> Result:
        if limit is not None and limit < 1:
            raise HunterError("--limit takes a number from 1 up.", field="limit")
        company = valid_domain(company) if company else None

        def push(backend: CrmBackend) -> PushReport | DryRunReport:
            if dry_run:
                return try_pushes(backend, limit=limit, domain=company, progress=self.progress)
            if company:
                return push_company(company, backend, asked_by="push_leads")
            return push_due(backend, limit=limit, progress=self.progress)

        return with_each_crm(push, only=crm)
