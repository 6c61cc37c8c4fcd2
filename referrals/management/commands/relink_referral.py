from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from hunter.errors import HunterError
from referrals.models import Referral
from referrals.services.linking import (
    LinkResult,
    company_of,
    create_company_from_referral,
    relink_referral,
    unlink_referral,
)


class Command(HunterCommand):
    help = "Link a referral to the company of a domain, or take its link away; no sync changes that afterwards."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("referral_id", help="Partner Center's id of the referral")
        parser.add_argument("domain", nargs="?", help="the company's domain, e.g. example.com")
        wanted = parser.add_mutually_exclusive_group()
        wanted.add_argument("--create", action="store_true", help="make the company if there is none")
        wanted.add_argument("--unlink", action="store_true", help="take the link away")

    def run(self, **options: Any) -> LinkResult:
        referral = found(options["referral_id"])
        domain = options["domain"]
        if options["unlink"]:
            if domain:
                raise HunterError("Give a domain or --unlink, not both.", field="domain")
            return unlink_referral(referral, by=None)
        if options["create"]:
            return create_company_from_referral(referral, domain=domain or "", by=None)
        if not domain:
            raise HunterError("Give the domain of the company, or --unlink.", field="domain")
        return relink_referral(referral, to=company_of(domain, way_to_create="Create it with --create"), by=None)


def found(referral_id: str) -> Referral:
    """The referral of that id. Raises HunterError when there is none."""
    referral = Referral.objects.select_related("company").filter(referral_id=referral_id).first()
    if referral is None:
        raise HunterError(
            f"There is no referral {referral_id!r}. Run `manage.py sync_referrals` if it is new.", field="referral_id"
        )
    return referral
