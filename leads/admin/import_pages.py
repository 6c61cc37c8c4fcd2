"""What the page of an import shows: the preview before it begins, then how far it is and what became of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from hunter.ops.model_admin import Tab
from hunter.ops.showing import Tone, ago, badge, exact, list_url, number, piece, span_in_words
from leads.admin.import_forms import COLUMN_LABELS
from leads.importing.encodings import Encoding
from leads.importing.listed import column_letters
from leads.importing.opening import Format
from leads.importing.separated import Separator
from leads.models import CompanyImport, ImportState, RowOutcome
from leads.services.imports import imported_before

SHOWN_BELOW = 12
MOST_COLUMNS_SHOWN = 40
TONES: dict[str, Tone] = {
    ImportState.PREPARING: Tone.NEEDS_YOU,
    ImportState.RUNNING: Tone.RUNNING,
    ImportState.STOPPED: Tone.ASIDE,
    ImportState.DONE: Tone.GOOD,
    ImportState.DONE_WITH_REFUSED: Tone.NEEDS_YOU,
    ImportState.FAILED: Tone.FAILED,
}
GIVEN_UP = "Given up after several tries: see its error record, then Go on."


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """A column as the preview's head shows it."""

    letters: str
    header: str
    chosen: str


def state_badge(run: Any) -> SafeString:
    """The state in words; a check says that it is one."""
    if run.state == ImportState.RUNNING and getattr(run, "has_given_up", False):
        return badge("gave up", Tone.FAILED, why=GIVEN_UP)
    words = ImportState(run.state).label.lower()
    if run.state == ImportState.DONE_WITH_REFUSED:
        words = f"{'checked' if run.dry_run else 'done'}, {run.rejected:,} refused"
    elif run.dry_run:
        words = {"done": "checked", "running": "checking"}.get(words, words)
    return badge(words, TONES[run.state], why=run.error)


def preview(run: CompanyImport, *, token: str, may_start: bool) -> SafeString:
    """The first rows, with what each column is taken for, and the ways to begin."""
    plan, rows = run.reading_plan, run.file.sample
    header_row = plan.layout.header_row
    width = min(MOST_COLUMNS_SHOWN, max((len(cells) for _, cells in rows), default=0))
    chosen = {place: column.value for column, place in plan.layout.columns.items()}
    headers = plan.layout.headers
    before = imported_before(run.file)
    return piece(
        "admin/import_preview.html",
        {
            "run": run,
            "file": run.file,
            "plan": plan,
            "is_csv": plan.format is Format.CSV,
            "encodings": [(one.value, one.words, one is plan.encoding) for one in Encoding],
            "separators": [(one.value, one.words, one is plan.separator) for one in Separator],
            "columns": [
                PreviewColumn(
                    column_letters(place), headers[place] if place < len(headers) else "", chosen.get(place, "")
                )
                for place in range(width)
            ],
            "kinds": [(column.value, label) for column, label in COLUMN_LABELS.items()],
            "rows": [
                (row, [*cells[:width], *[""] * (width - len(cells))], row == header_row, row < header_row)
                for row, cells in rows
                if row <= header_row + SHOWN_BELOW
            ][: header_row + SHOWN_BELOW],
            "tells_a_domain": plan.layout.tells_a_domain,
            "before": before,
            "before_at": exact(before.finished_at) if before and before.finished_at else "",
            "may_start": may_start,
            "csrf_token": token,
            "urls": {name: act_address(name) for name in ("read_again", "check", "start")},
        },
    )


def act_address(name: str) -> str:
    return reverse("admin:leads_companyimport_act", args=[name])


def progress(run: Any) -> SafeString:
    """How far it is, and what became of the rows."""
    left = run.time_left
    return piece(
        "admin/import_progress.html",
        {
            "run": run,
            "is_running": run.state == ImportState.RUNNING,
            "has_given_up": getattr(run, "has_given_up", False),
            "given_up": GIVEN_UP,
            "share": round(100 * run.share),
            "rate": number(round(run.rate)),
            "left": span_in_words(left) if left else "",
            "tabs": row_tabs(run),
            "read_as": run.reading_plan.words(),
            "started": ago(run.started_at),
            "finished": ago(run.finished_at),
            "took": span_in_words(run.finished_at - run.started_at) if run.finished_at and run.started_at else "",
            "rejects_url": rejects_url(run.pk),
        },
    )


def row_tabs(run: CompanyImport, *, now: str | None = None) -> Sequence[Tab]:
    """New, changed, same, merged, refused: each leads to exactly those rows."""
    everything = Tab("All", rows_url(run.pk), run.rows, active=now == "")
    return [everything] + [
        Tab(outcome.label, rows_url(run.pk, outcome.value), getattr(run, outcome.value), active=now == outcome.value)
        for outcome in RowOutcome
    ]


def rows_url(pk: int, outcome: str = "") -> str:
    filters = {"company_import": pk} | ({"outcome__exact": outcome} if outcome else {})
    return list_url("leads_importrow", **filters)


def rejects_url(pk: int) -> str:
    return reverse("admin:leads_companyimport_rejects", args=[pk])
