from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from referrals.services.device_sign_in import Clock, sign_in_by_device_code
from referrals.services.signing_in import SignedIn

OFTEN_BLOCKED = (
    "Many tenants block device codes. Where yours does, sign in under Set-up, Partner Center in the admin.\n"
    "Enter the code only if you have started this command yourself."
)


class Command(HunterCommand):
    help = "Sign in to Partner Center by device code, where no browser reaches Hunter; the token is kept encrypted."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--replace", action="store_true", help="let another account take the place of the one that is signed in"
        )

    def run(self, **options: Any) -> SignedIn:
        return sign_in_by_device_code(
            show=self.show, progress=self.progress, may_replace=options["replace"], clock=Clock()
        )

    def show(self, message: str) -> None:
        """Microsoft's sentence as it is: it names the page and the code."""
        self.stderr.write(f"{message}\n{OFTEN_BLOCKED}")
