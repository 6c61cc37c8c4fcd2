"""What people do with imports: bring a list, look at it, check it, import it, stop it, go on."""

from __future__ import annotations

from typing import Any

from hunter.errors import HunterError
from hunter.ops.acts import Act, Chosen, Place, Told, places
from hunter.ops.showing import page_url
from leads.admin.import_forms import BeginForm, ReadingForm, UploadForm, chosen_layout, wished
from leads.models import CompanyImport, ImportState
from leads.models.imports import ENDED_WELL
from leads.services.import_reports import retry_rejected
from leads.services.imports import (
    Choices,
    import_after_check,
    imported_before,
    prepare_import,
    reread,
    resume_import,
    start_import,
    stop_import,
)

PERMISSION = "leads.start_companyimport"


def upload(chosen: Chosen) -> Told:
    given = chosen.answers["file"]
    run = prepare_import(given.file, name=given.name, asked_by=chosen.by.get_username())
    words = f"“{given.name}” is here and was read as {run.reading_plan.words()}. Look at it, then check or import it."
    before = imported_before(run.file)
    if before is not None:
        when = f"{before.finished_at:%d %b %Y at %H:%M}"
        words = (
            f"This file was imported on {when} as “{before.file.name}”. Where nobody has changed anything since, "
            f"importing it again changes nothing. {words}"
        )
    return Told(words, failed=before is not None, lead_to=import_page(run))


def read_again(chosen: Chosen) -> Told:
    run = the_import(chosen)
    run = reread(run, wished(run.reading_plan, chosen.answers), header_row=chosen.answers.get("header_row"))
    return Told(f"Read as {run.reading_plan.words()}.", lead_to=import_page(run))


def check(chosen: Chosen) -> Told:
    return begin(chosen, dry_run=True)


def start(chosen: Chosen) -> Told:
    return begin(chosen, dry_run=False)


def begin(chosen: Chosen, *, dry_run: bool) -> Told:
    run = the_import(chosen)
    choices = Choices(dry_run=dry_run, scan_new=chosen.answers["scan_new"])
    run = start_import(run, choices=choices, layout=chosen_layout(run, chosen.answers), by=person(chosen))
    words = "The check begins; no company is touched." if dry_run else "The import begins."
    return Told(f"{words} This page tells how far it is.", lead_to=import_page(run))


def stop(chosen: Chosen) -> Told:
    run = stop_import(the_import(chosen), by=person(chosen))
    return Told(f"{run} stops after the rows at hand. What is in stays; Go on takes it up again.")


def go_on(chosen: Chosen) -> Told:
    run = resume_import(the_import(chosen), by=person(chosen))
    return Told(f"{run} goes on from row {run.position + 1:,} within a minute.")


def import_checked(chosen: Chosen) -> Told:
    run = import_after_check(the_import(chosen), by=person(chosen))
    return Told("The import begins. This page tells how far it is.", lead_to=import_page(run))


def try_again(chosen: Chosen) -> Told:
    run = retry_rejected(the_import(chosen), by=person(chosen))
    return Told("The refused rows are imported once more, as a list of their own.", lead_to=import_page(run))


def the_import(chosen: Chosen) -> CompanyImport:
    run: CompanyImport | None = chosen.rows.select_related("file").first()
    if run is None:
        raise HunterError("The import is not there any more. Nothing was changed.")
    return run


def person(chosen: Chosen) -> Any:
    return chosen.by


def import_page(run: CompanyImport) -> str:
    return page_url("leads_companyimport", run.pk)


def is_running(run: Any) -> bool:
    return run.state == ImportState.RUNNING and not getattr(run, "has_given_up", False)


def can_go_on(run: Any) -> bool:
    stuck = run.state == ImportState.RUNNING and getattr(run, "has_given_up", False)
    return bool(run.file.kept and (stuck or run.state in (ImportState.STOPPED, ImportState.FAILED)))


def has_refused(run: Any) -> bool:
    return bool(run.rejected and not run.dry_run and run.has_ended)


def is_checked(run: Any) -> bool:
    return bool(run.dry_run and run.file.kept and run.state in ENDED_WELL)


UPLOAD = Act(
    "upload", "Import a list", PERMISSION, upload, places(Place.PAGE), icon="upload_file", is_main=True, form=UploadForm,
    question="Nothing is imported yet: you see the first rows and what Hunter takes each column for, and decide then.",
)  # fmt: skip
# These three belong to the preview, which posts to them with its own fields.
READ_AGAIN = Act("read_again", "Read again", PERMISSION, read_again, places(), form=ReadingForm)
CHECK = Act("check", "Check only (dry run)", PERMISSION, check, places(), form=BeginForm)
START = Act("start", "Import", PERMISSION, start, places(), form=BeginForm)
STOP = Act("stop", "Cancel", PERMISSION, stop, places(Place.ROW, Place.DETAIL), icon="stop", offered=is_running)
GO_ON = Act(
    "go_on", "Go on", PERMISSION, go_on, places(Place.ROW, Place.DETAIL), icon="play_arrow", is_main=True,
    offered=can_go_on,
)  # fmt: skip
TRY_AGAIN = Act(
    "try_again", "Try the refused again", PERMISSION, try_again, places(Place.DETAIL), icon="replay",
    offered=has_refused,
)  # fmt: skip
IMPORT_CHECKED = Act(
    "import_checked", "Import it", PERMISSION, import_checked, places(Place.DETAIL), icon="upload", is_main=True,
    offered=is_checked,
)  # fmt: skip
