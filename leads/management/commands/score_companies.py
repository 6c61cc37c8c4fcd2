from __future__ import annotations

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from leads.rescoring import MOST_EXAMPLES
from leads.services.scoring import DryRunReport, ScoringReport, score_all, score_outdated, try_scores


class Command(HunterCommand):
    help = "Score scanned companies by today's rules: those without a score or with one made by other rules."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", dest="every", help="every scanned company")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
        parser.add_argument(
            "--examples", type=int, default=MOST_EXAMPLES, metavar="N",
            help=f"with --dry-run: name the first N companies that would change ({MOST_EXAMPLES})",
        )  # fmt: skip

    def run(self, *, every: bool, dry_run: bool, examples: int) -> ScoringReport | DryRunReport:
        if dry_run:
            return try_scores(every=every, most_examples=max(0, examples), progress=self.progress)
        return score_all(progress=self.progress) if every else score_outdated(progress=self.progress)
