from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet

from hunter.commands import HunterCommand
from hunter.errors import HunterError
from referrals.kinds import LinkStatus
from referrals.models import Referral, RelinkRun, RelinkTarget
from referrals.services.linking import valid_domain
from referrals.services.relink_runs import RelinkCounts, RelinkPlan, RelinkWish, finish, relink_many, undo_run

TARGETS = {"best": RelinkTarget.BEST, "own": RelinkTarget.OWN, "unlink": RelinkTarget.NONE}


class Command(HunterCommand):
    help = "Link many referrals at once, and wait until it is done; no sync changes these links afterwards."

    def configure(self, parser: CommandParser) -> None:
        wanted = parser.add_mutually_exclusive_group(required=True)
        wanted.add_argument("--to", metavar="DOMAIN", help="all to the company of this domain, e.g. example.com")
        wanted.add_argument("--best", action="store_true", help="each to its best candidate that is a company")
        wanted.add_argument("--own", action="store_true", help="each to the company of the domain it names")
        wanted.add_argument("--unlink", action="store_true", help="leave all without a company")
        wanted.add_argument(
            "--undo", type=int, metavar="RUN", help="put all referrals of a run back to where they were"
        )
        parser.add_argument(
            "--id", action="append", metavar="ID", help="a referral's id; may be given often, - reads them"
        )
        parser.add_argument("--waiting", action="store_true", help="only those that a person can decide on now")
        parser.add_argument(
            "--link-status", choices=[one.value for one in LinkStatus], help="only with this link status"
        )
        parser.add_argument("--status", help="only with this status, e.g. New")
        parser.add_argument("--names", metavar="DOMAIN", help="only those that name this domain")
        parser.add_argument("--company", metavar="DOMAIN", help="only those linked to this company")
        parser.add_argument("--all", action="store_true", help="every referral; needed where nothing else narrows")
        parser.add_argument("--why", default="", help="the reason, for the history of each link")
        parser.add_argument("--dry-run", action="store_true", help="only say how many they are")

    def run(self, **options: Any) -> RelinkCounts | RelinkPlan:
        if options["undo"] is not None:
            return finish(undo_run(run_of(options["undo"]), by=None, why=options["why"]), progress=self.progress)
        referrals, about = chosen(options)
        if options["dry_run"]:
            return RelinkPlan(referrals.count())
        target = next((goal for name, goal in TARGETS.items() if options[name]), RelinkTarget.DOMAIN)
        wish = RelinkWish(target, domain=options["to"] or "", why=options["why"])
        return finish(relink_many(referrals, wish=wish, about=about, by=None), progress=self.progress)


def chosen(options: dict[str, Any]) -> tuple[QuerySet[Referral], str]:
    """The referrals that the options leave, and the choice in words. Raises HunterError where nothing narrows."""
    rows: QuerySet[Referral] = Referral.objects.to_review() if options["waiting"] else Referral.objects.all()
    wanted: dict[str, Any] = {"link_status": options["link_status"], "status": options["status"]}
    if options["names"]:
        wanted["domain"] = valid_domain(options["names"])
    if options["company"]:
        wanted["company__domain"] = valid_domain(options["company"])
    if options["id"]:
        wanted["referral_id__in"] = ids(options["id"])
    narrowed = {name: value for name, value in wanted.items() if value is not None}
    if not narrowed and not options["waiting"] and not options["all"]:
        raise HunterError("Say which referrals: by --id, --status, --waiting and the like, or --all.")
    told = ["waiting"] if options["waiting"] else []
    told += [f"{name} {value}" for name, value in narrowed.items() if name != "referral_id__in"]
    told += [f"{len(wanted['referral_id__in']):,} ids"] if options["id"] else []
    return rows.filter(**narrowed), f"command: {', '.join(told) or 'all'}"


def ids(given: list[str]) -> list[str]:
    lines = sys.stdin.read().split() if "-" in given else []
    return [*(one for one in given if one != "-"), *lines]


def run_of(number: int) -> RelinkRun:
    run = RelinkRun.objects.filter(pk=number).first()
    if run is None:
        raise HunterError(f"There is no run {number}. The page Links in the admin lists them.")
    return run
