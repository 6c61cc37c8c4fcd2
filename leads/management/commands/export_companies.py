from __future__ import annotations

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from leads.services.exporting import CompanyFilters, ExportReport, export_companies


class Command(HunterCommand):
    help = "Write companies to a file, CSV or XLSX by its name; with the filters of the list."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="where to, like companies.csv or companies.xlsx; it is written anew")
        parser.add_argument("--search", default="", metavar="TEXT", help="part of the domain, name or provider")
        parser.add_argument("--segment", default="", help="like Migration")
        parser.add_argument("--provider", default="", help="like Google")
        parser.add_argument("--category", default="", help="priority category, like P2")
        parser.add_argument("--least-score", type=int, metavar="POINTS", help="this score or more, like 60")
        parser.add_argument("--scan-status", default="", metavar="STATUS", help="like success")
        parser.add_argument(
            "--order", default="priority", help="priority, score, domain, name, segment, provider, scanned"
        )

    def run(self, *, file: str, **filters: object) -> ExportReport:
        return export_companies(file, filters=CompanyFilters(**filters), progress=self.progress)  # type: ignore[arg-type]  # parsed by the options above
