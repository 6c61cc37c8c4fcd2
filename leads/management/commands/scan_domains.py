from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from hunter.errors import HunterError
from leads.models import ScanJob
from leads.services.scan_jobs import resume_scan
from leads.services.scanning import (
    MOST_TOLD,
    Caches,
    ScanReport,
    finish_scan,
    stale_companies,
    start_scan,
    start_scan_of,
    unscanned_companies,
)

ASKED_BY = "scan_domains"


class Command(HunterCommand):
    help = "Scan domains and score them, and wait for the answers. Without arguments: every company not scanned yet."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument(
            "domains", nargs="*", metavar="DOMAIN", help="like contoso.com; unknown ones become companies"
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--file",
            metavar="F",
            help="a text file with one domain a line; what was scanned within the hour is skipped",
        )
        which.add_argument("--stale", type=int, metavar="DAYS", help="companies not scanned for so many days, like 30")
        which.add_argument(
            "--job",
            type=int,
            metavar="ID",
            help="go on with a job, also a paused or cancelled one: what it has finished is skipped",
        )

    def run(self, *, domains: list[str], file: str | None, stale: int | None, job: int | None) -> ScanReport:
        if domains and (stale is not None or job is not None):
            raise HunterError("Give either domains, or --stale DAYS, or --job ID.")
        if job is not None:
            resumed = resume_scan(job)
            return self.told(finish_scan(resumed.job, before=resumed.before, progress=self.progress))
        return self.told(finish_scan(self.started(domains, file=file, stale=stale), progress=self.progress))

    def started(self, domains: list[str], *, file: str | None, stale: int | None) -> ScanJob:
        """The job for what was asked: what was named is looked up anew, of a list or a set what is fresh is skipped."""
        if domains or file:
            values = [*domains, *(lines_of(file) if file else [])]
            caches = Caches.COUNT if file else Caches.IGNORED
            return start_scan(values, wanted=file or "given domains", asked_by=ASKED_BY, caches=caches)
        if stale is None:
            return start_scan_of(unscanned_companies(), wanted="companies not scanned yet", asked_by=ASKED_BY)
        if not 0 <= stale <= 36_500:
            raise HunterError("--stale takes a number of days from 0 to 36500.", field="stale")
        old = stale_companies(age=timedelta(days=stale))
        return start_scan_of(old, wanted=f"companies not scanned for {stale} days", asked_by=ASKED_BY)

    def told(self, report: ScanReport) -> ScanReport:
        """Say which values were no domain, and why; the report itself goes on to standard output."""
        for one in report.refused:
            self.stderr.write(f"{one.value!r} is no domain and was not scanned: {one.reason}")
        if len(report.refused) == MOST_TOLD:
            self.stderr.write(f"There may be more: the page of scan {report.job} in the admin lists them all.")
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
