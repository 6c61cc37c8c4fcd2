"""A list imported from the command line: begun or taken up again, worked to its end, told in one report."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from hunter.errors import HunterError
from hunter.remote.lanes import LaneName
from hunter.work.models import ErrorRecord
from hunter.work.waiting import work_until
from leads.importing.layout import Layout
from leads.importing.rejects import ROW_AND_REASON, headers_of, rejects_csv
from leads.models import CompanyImport, ImportRow, ImportState, RowOutcome
from leads.models.imports import COUNTS
from leads.services.import_files import survey
from leads.services.imports import KIND, Choices, gave_up, prepare_import, resume_import, start_import

PAGE = 1000
LOOK_EVERY_SECONDS = 0.2
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or what a dry run would do: rows = created + updated + unchanged + merged + rejected."""

    run: int
    dry_run: bool
    counts: dict[str, int]
    rejects_file: str | None
    seconds: float
    trouble: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.counts["rejected"] or self.trouble)

    def sentence(self) -> str:
        told = ", ".join(f"{self.counts[name]:,} {name}" for name in COUNTS if name != "rows")
        where = "Dry run, no company was touched. " if self.dry_run else f"Import {self.run}: "
        rejects = f" The refused rows, each with its reason: {self.rejects_file}." if self.rejects_file else ""
        trouble = f" {self.trouble}" if self.trouble else ""
        return f"{where}{self.counts['rows']:,} rows in {self.seconds:.1f} s: {told}.{rejects}{trouble}"

    def as_dict(self) -> dict[str, Any]:
        told = self.counts | {"rejects_file": self.rejects_file, "import": self.run, "seconds": round(self.seconds, 3)}
        return told | ({"error": self.trouble} if self.trouble else {})


def import_list(path: Path, *, choices: Choices, asked_by: str, progress: Progress = lambda text: None) -> ImportReport:
    """Import the file, or go on with an import of the same file that was interrupted, and work it to its end.

    Not inside a transaction. Raises HunterError when it can't begin.
    """
    began = time.monotonic()
    run = begin_or_resume(path, choices=choices, asked_by=asked_by)
    progress(f"{run}: read as {run.reading_plan.words()}")

    work_until([LaneName.HUNTER], done=Watch(run, progress=progress).is_done)
    run.refresh_from_db()
    return ImportReport(
        run=run.pk,
        dry_run=run.dry_run,
        counts=run.counts,
        rejects_file=write_rejects(run, beside=path) if run.rejected else None,
        seconds=time.monotonic() - began,
        trouble=trouble_of(run),
    )


class Watch:
    """Looks at an import while it is worked on; asked many times a second, it looks a few times only."""

    def __init__(self, run: CompanyImport, *, progress: Progress) -> None:
        self._run, self._progress = run, progress
        self._look_at = 0.0
        self._ended = False

    def is_done(self) -> bool:
        """Whether nothing more will happen by itself."""
        if not self._ended and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_SECONDS
            self._run.refresh_from_db()
            self._progress(told_progress(self._run))
            self._ended = self._run.has_ended or gave_up(self._run)
        return self._ended


def begin_or_resume(path: Path, *, choices: Choices, asked_by: str) -> CompanyImport:
    """The import of this file that was interrupted, else a new one. Raises HunterError."""
    try:
        with path.open("rb") as content:
            unfinished = interrupted(survey(content).sha256, choices=choices)
            if unfinished is None:
                run = prepare_import(content, name=path.name, asked_by=asked_by)
    except OSError as error:
        raise HunterError(
            f"{path} can't be read ({error.strerror}). Give a .csv or .xlsx file.", field="file"
        ) from error
    if unfinished is None:
        return start_import(run, choices=choices, layout=run.reading_plan.layout, by=None)
    return unfinished if unfinished.state == ImportState.RUNNING else resume_import(unfinished, by=None)


def interrupted(sha256: str, *, choices: Choices) -> CompanyImport | None:
    """The newest import of the same bytes with the same choices, when that one has not come to its end."""
    same = CompanyImport.objects.filter(
        file__sha256=sha256, file__kept=True, dry_run=choices.dry_run, scan_new=choices.scan_new
    )
    newest = same.exclude(state=ImportState.PREPARING).select_related("file").order_by("-id").first()
    going_on = (ImportState.RUNNING, ImportState.STOPPED, ImportState.FAILED)
    return newest if newest and newest.state in going_on else None


def told_progress(run: CompanyImport) -> str:
    """How far it is, in words."""
    left = run.time_left
    about = f", about {left.total_seconds():,.0f} s left" if left else ""
    return f"{run}: {run.rows:,} rows, {run.rate:,.0f}/s{about}"


def trouble_of(run: CompanyImport) -> str:
    """Why it did not come to its end; empty when it did."""
    if run.state == ImportState.FAILED:
        return run.error
    if run.state == ImportState.STOPPED:
        return f"A person stopped it after {run.rows:,} rows; run the command again to go on."
    if run.state == ImportState.RUNNING:
        record = ErrorRecord.objects.unsettled().filter(kind=KIND, key=str(run.pk)).first()
        return record.message if record else f"It goes on by itself from row {run.position + 1:,}."
    return ""


def write_rejects(run: CompanyImport, *, beside: Path) -> str:
    """The refused rows as a file beside the list; where nothing may be written there, below HUNTER_VAR."""
    name = f"{beside.stem}.rejected.csv"
    fallback = settings.HUNTER_VAR / "imports"
    for folder in (beside.resolve().parent, fallback):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                file.writelines(rejects_csv(rejected_rows(run), run.reading_plan.layout))
        except OSError:
            continue
        return str(folder / name)
    raise HunterError(f"The refused rows can't be written to {fallback}. They stand on the import's page in the admin.")


def retry_rejected(run: CompanyImport, *, by: AbstractBaseUser | None) -> CompanyImport:
    """Import the refused rows once more, as a list of their own: the rules or the consumer domains may have changed.

    Not inside a transaction. Raises HunterError when there are none.
    """
    if run.dry_run or not run.has_ended or not run.import_rows.filter(outcome=RowOutcome.REJECTED).exists():
        raise HunterError("There are no refused rows to try again: none were refused, or they were cleared away.")
    layout = run.reading_plan.layout
    with tempfile.TemporaryFile() as content:
        content.writelines(one.encode() for one in rejects_csv(rejected_rows(run), layout))
        again = prepare_import(
            content,
            name=f"Refused of {run.file.name}"[:250] + ".csv",
            asked_by=by.get_username() if by else run.asked_by,
        )
    columns = {column: place + len(ROW_AND_REASON) for column, place in layout.columns.items()}
    headers = (*ROW_AND_REASON, *headers_of(layout))
    return start_import(again, choices=Choices(scan_new=run.scan_new), layout=Layout(1, headers, columns), by=by)


def rejected_rows(run: CompanyImport) -> Iterator[tuple[int, str, Sequence[str]]]:
    """The refused rows in their order, by pages (R7.3)."""
    after = 0
    rows = ImportRow.objects.filter(company_import=run, outcome=RowOutcome.REJECTED).order_by("number")
    while page := list(rows.filter(number__gt=after).values_list("number", "reason", "told")[:PAGE]):
        yield from ((number, reason, cells or []) for number, reason, cells in page)
        after = page[-1][0]
