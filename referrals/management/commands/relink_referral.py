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
from referrals.services.undoing import last_move, undo_move


class Command(HunterCommand):
    help = (
        "Link a referral to the company of a domain, take its link away, or undo that; no sync changes it afterwards."
    )

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("referral_id", help="Partner Center's id of the referral")
        parser.add_argument("domain", nargs="?", help="the company's domain, e.g. example.com")
        wanted = parser.add_mutually_exclusive_group()
        wanted.add_argument("--create", action="store_true", help="make the company if there is none")
        wanted.add_argument("--unlink", action="store_true", help="take the link away")
        wanted.add_argument("--undo", action="store_true", help="take back what a person did last with its link")
        parser.add_argument("--why", default="", help="the reason, for the link's history and the log")

    def run(self, **options: Any) -> LinkResult:
        referral = found(options["referral_id"])
        domain = options["domain"]
        why = options["why"]
        if domain and (options["unlink"] or options["undo"]):
            raise HunterError(
                f"Give a domain or --{'unlink' if options['unlink'] else 'undo'}, not both.", field="domain"
            )
        if options["undo"]:
            return undone(referral, why=why)
        if options["unlink"]:
            return unlink_referral(referral, by=None, why=why)
        if options["create"]:
            return create_company_from_referral(referral, domain=domain or "", by=None, why=why)
        if not domain:
            raise HunterError("Give the domain of the company, or --unlink.", field="domain")
        company = company_of(domain, way_to_create="Create it with --create")
        return relink_referral(referral, to=company, by=None, why=why)


def undone(referral: Referral, *, why: str) -> LinkResult:
    """What a person did last, taken back. Raises HunterError where there is nothing of the kind."""
    move = last_move(referral)
    if move is None:
        raise HunterError(f"No person moved the link of {referral} last; there is nothing to undo.")
    return undo_move(move, by=None, why=why)


def found(referral_id: str) -> Referral:
    """The referral of that id. Raises HunterError when there is none."""
    referral = Referral.objects.select_related("company").filter(referral_id=referral_id).first()
    if referral is None:
        raise HunterError(
            f"There is no referral {referral_id!r}. Run `manage.py sync_referrals` if it is new.", field="referral_id"
        )
    return referral
