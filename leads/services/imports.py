"""Imports as people ask for them: prepared, started, stopped, taken up again; a chunk is taken in `take_chunk`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import BinaryIO

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.audit import recording
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.work.asking import ask
from hunter.work.models import Item, Priority
from leads.importing.headers import Column, header_words
from leads.importing.layout import Layout, layout_under
from leads.importing.listed import ListedRow
from leads.importing.opening import Format, ReadingPlan, first_look
from leads.models import CompanyImport, ImportFile, ImportState
from leads.models.imports import ENDED_WELL
from leads.services.import_files import LocalCopy, look_at_file, sample_of, store_file, survey
from leads.services.import_rows import take_rows

KIND, OPERATION = "import_companies", "import a company list"
STANDSTILL = timedelta(seconds=30)  # a longer gap between two chunks was no work
HEAD_PARTS = 2  # of a text, enough for its first rows
WHOLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decides before an import begins."""

    dry_run: bool = False
    scan_new: bool = True


def prepare_import(content: BinaryIO, *, name: str, asked_by: str = "") -> CompanyImport:
    """Take the file in and work out how it is read; nothing is imported yet. Not inside a transaction.

    Raises FileRefused before anything is kept.
    """
    found = survey(content)
    look = look_at_file(content, name=name, found=found)
    file = store_file(content, name=name, found=found, look=look)
    return CompanyImport.objects.create(file=file, plan=look.plan.as_dict(), asked_by=asked_by)


def imported_before(file: ImportFile) -> CompanyImport | None:
    """The newest import that took the same bytes in to the end."""
    same = CompanyImport.objects.filter(file__sha256=file.sha256, dry_run=False, state__in=ENDED_WELL)
    return same.select_related("file").order_by("-id").first()


def reread(run: CompanyImport, wish: ReadingPlan, *, header_row: int | None = None) -> CompanyImport:
    """Read the first rows anew with another encoding, separator, sheet or header row (0: none; None: look for it).

    Raises HunterError, FileRefused.
    """
    refuse_begun(run)
    copy = LocalCopy(run.file_id)
    copy.fetch(parts=HEAD_PARTS if wish.format is Format.CSV else WHOLE)
    look = first_look(copy.content, replace(wish, layout=Layout()), header_words())
    plan = look.plan
    if header_row is not None and header_row != run.reading_plan.layout.header_row:
        header = next((row for row in look.rows if row.number == header_row), None)
        if header is None and header_row:
            raise HunterError(
                f"Row {header_row} is empty or not among the first rows. Name another.", field="header_row"
            )
        plan = replace(plan, layout=layout_under(header, look.rows, header_words()))
    run.file.sample = sample_of(look)
    run.file.save(update_fields=["sample"])
    run.plan = plan.as_dict()
    run.save(update_fields=["plan"])
    return run


@transaction.atomic
def start_import(run: CompanyImport, *, choices: Choices, layout: Layout, by: AbstractBaseUser | None) -> CompanyImport:
    """Begin the work. Raises HunterError when it has begun, or when no column could tell a company."""
    run = CompanyImport.objects.select_for_update(of=("self",)).select_related("file").get(pk=run.pk)
    refuse_begun(run)
    refuse_without_domain(layout)
    run.plan = replace(run.reading_plan, layout=layout).as_dict()
    run.dry_run, run.scan_new = choices.dry_run, choices.scan_new
    run.state = ImportState.RUNNING
    run.started_at = run.moved_at = database_now()
    run.save()
    ask(KIND, [str(run.pk)], priority=Priority.PERSON, asked_by=run.asked_by)
    recording.record(run, act="check a list" if run.dry_run else "import a list", by=by, after=told_of(run))
    return run


def refuse_begun(run: CompanyImport) -> None:
    """Raises HunterError when the choice was made already."""
    if run.state != ImportState.PREPARING:
        raise HunterError(f"{run} has begun already. Its page says how far it is.")


def refuse_without_domain(layout: Layout) -> None:
    """Raises HunterError when no column is a website, a domain or an e-mail address."""
    if not layout.tells_a_domain:
        raise HunterError(
            "No column is a website, a domain or an e-mail address, so no row could name a company. Choose one.",
            field="columns",
        )


def told_of(run: CompanyImport) -> dict[str, object]:
    """What the audit log keeps of the choice."""
    columns = {Column(name).value: place for name, place in run.reading_plan.layout.columns.items()}
    return {"dry_run": run.dry_run, "scan_new": run.scan_new, "read_as": run.reading_plan.words(), "columns": columns}


@transaction.atomic
def stop_import(run: CompanyImport, *, by: AbstractBaseUser | None) -> CompanyImport:
    """Stop after the chunk that is being worked; what is done stays. Raises HunterError when it doesn't run."""
    run = CompanyImport.objects.select_for_update(of=("self",)).select_related("file").get(pk=run.pk)
    if run.state != ImportState.RUNNING:
        raise HunterError(f"{run} does not run, so there is nothing to stop.")
    run.state, run.finished_at = ImportState.STOPPED, database_now()
    run.save()
    recording.record(run, act="stop", by=by, after={"rows": run.rows})
    return run


@transaction.atomic
def resume_import(run: CompanyImport, *, by: AbstractBaseUser | None) -> CompanyImport:
    """Go on where it stopped. Raises HunterError when it has ended, was never begun, or its file is not kept any more."""
    run = CompanyImport.objects.select_for_update(of=("self",)).select_related("file").get(pk=run.pk)
    if run.state == ImportState.PREPARING or run.state in ENDED_WELL:
        raise HunterError(f"{run} has no work left to go on with.")
    if not run.file.kept:
        raise HunterError(
            "The file is not kept any more. Import it again from your disk: rows that are done are the same then."
        )
    run.state, run.finished_at, run.error, run.moved_at = ImportState.RUNNING, None, "", database_now()
    run.save()
    ask(KIND, [str(run.pk)], priority=Priority.PERSON, asked_by=run.asked_by)
    recording.record(run, act="go on", by=by, after={"rows": run.rows})
    return run


@transaction.atomic
def import_after_check(checked: CompanyImport, *, by: AbstractBaseUser | None) -> CompanyImport:
    """Import what a dry run has checked, as it was read then. Raises HunterError when the file is not kept any more."""
    if not checked.dry_run or checked.state not in ENDED_WELL:
        raise HunterError("Only a list that was checked to the end is imported in this way.")
    if not checked.file.kept:
        raise HunterError("The file is not kept any more. Import it again from your disk.")
    asked_by = by.get_username() if by else checked.asked_by
    run = CompanyImport.objects.create(file=checked.file, plan=checked.plan, asked_by=asked_by)
    choices = Choices(dry_run=False, scan_new=checked.scan_new)
    return start_import(run, choices=choices, layout=checked.reading_plan.layout, by=by)


def take_chunk(run: CompanyImport, rows: Sequence[ListedRow], *, position: int, ended: bool) -> None:
    """Write a chunk and the checkpoint behind it. In the caller's transaction, with the run's row locked."""
    take_rows(run, rows)
    now = database_now()
    if run.moved_at:
        run.worked_seconds += min(now - run.moved_at, STANDSTILL).total_seconds()
    run.position, run.moved_at = max(run.position, position), now
    if ended:
        run.state = ImportState.DONE_WITH_REFUSED if run.rejected else ImportState.DONE
        run.finished_at = now
    run.save()
    if ended and not run.dry_run:
        let_file_go(run.file)


def let_file_go(file: ImportFile) -> None:
    """The bytes are needed no longer, once no import of them goes on."""
    waiting = (ImportState.PREPARING, ImportState.RUNNING, ImportState.STOPPED)
    if not CompanyImport.objects.filter(file=file, state__in=waiting).exists():
        file.parts.all().delete()
        file.kept = False
        file.save(update_fields=["kept"])


def fail_import(run: CompanyImport, *, error: HunterError) -> None:
    """End it; what is done stays, and a person may let it go on."""
    run.state, run.finished_at, run.error = ImportState.FAILED, database_now(), error.message
    run.save()


def gave_up(run: CompanyImport) -> bool:
    """Whether it counts as running while its work was given up: its error record says why."""
    return Item.objects.filter(kind=KIND, key=str(run.pk), dead_at__isnull=False).exists()
