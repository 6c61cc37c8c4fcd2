from __future__ import annotations

from pathlib import Path

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from leads.services.import_reports import ImportReport, import_list
from leads.services.imports import Choices

ASKED_BY = "import_companies"


class Command(HunterCommand):
    help = "Import a list of companies, CSV or XLSX, and wait until it is in. An interrupted import is taken up again."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="like companies.xlsx or companies.csv")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and touch no company")
        parser.add_argument("--no-scan", action="store_true", help="have no new company scanned")

    def run(self, *, file: Path, dry_run: bool, no_scan: bool) -> ImportReport:
        return import_list(
            file,
            choices=Choices(dry_run=dry_run, scan_new=not no_scan),
            asked_by=ASKED_BY,
            progress=self.progress,
        )
