from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from hunter.errors import HunterError
from leads.services.scanning import (
    ScanReport,
    finish_scan,
    resume_scan,
    stale_domains,
    start_scan,
    unscanned_domains,
)

ASKED_BY = "scan_domains"


class Command(HunterCommand):
    help = "Scan domains and score them, and wait for the answers. Without arguments: every company not scanned yet."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument(
            "domains", nargs="*", metavar="DOMAIN", help="like contoso.com; unknown ones become companies"
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--file", metavar="F", help="a text file with one domain a line")
        which.add_argument("--stale", type=int, metavar="DAYS", help="companies not scanned for so many days, like 30")
        which.add_argument("--job", type=int, metavar="ID", help="go on with a job: what it has finished is skipped")

    def run(self, *, domains: list[str], file: str | None, stale: int | None, job: int | None) -> ScanReport:
        if domains and (stale is not None or job is not None):
            raise HunterError("Give either domains, or --stale DAYS, or --job ID.")
        if job is not None:
            resumed, skipped = resume_scan(job, asked_by=ASKED_BY)
            return self.told(finish_scan(resumed, skipped=skipped, progress=self.progress))
        if domains or file:
            values = [*domains, *(lines_of(file) if file else [])]
            return self.told(
                finish_scan(start_scan(values, wanted="given domains", asked_by=ASKED_BY), progress=self.progress)
            )
        if stale is not None:
            if not 0 <= stale <= 36_500:
                raise HunterError("--stale takes a number of days from 0 to 36500.", field="stale")
            started = start_scan(
                stale_domains(age=timedelta(days=stale)), wanted=f"not scanned for {stale} days", asked_by=ASKED_BY
            )
        else:
            started = start_scan(unscanned_domains(), wanted="companies not scanned yet", asked_by=ASKED_BY)
        return self.told(finish_scan(started, progress=self.progress))

    def told(self, report: ScanReport) -> ScanReport:
        """Say which values were no domain; the report itself goes on to standard output."""
        for value in report.refused:
            self.stderr.write(f"{value!r} is no domain and was not scanned.")
        return report


def lines_of(file: str) -> list[str]:
    """The lines of a text file that are not empty. Raises HunterError when it can't be read."""
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HunterError(
            f"{file} can't be read ({error}). Give a text file with one domain a line.", field="file"
        ) from error
    return [line.strip() for line in text.splitlines() if line.strip()]
