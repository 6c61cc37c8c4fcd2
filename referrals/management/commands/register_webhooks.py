from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from referrals.services.registering import Registered, register_webhooks, send_test, show_registration


class Command(HunterCommand):
    help = "Have Partner Center's webhooks sent to Hunter, or show where they go, or try whether they arrive."

    def configure(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--show", action="store_true", help="only show what is registered; changes nothing")
        what.add_argument("--test", action="store_true", help="have a test sent, and wait until it is here")
        what.add_argument("--replace", action="store_true", help="take the events from the address that has them now")

    def run(self, **options: Any) -> Registered:
        if options["show"]:
            return show_registration()
        if options["test"]:
            return send_test(by=None)
        return register_webhooks(replace=options["replace"], by=None)
