from __future__ import annotations

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from leads.services.scoring import ScoringReport, score_all, score_outdated


class Command(HunterCommand):
    help = "Score scanned companies by today's rules: those without a score or with one made by other rules."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", dest="every", help="every scanned company")

    def run(self, *, every: bool) -> ScoringReport:
        return score_all(progress=self.progress) if every else score_outdated(progress=self.progress)
