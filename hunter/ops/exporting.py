"""Taking a list out of the house: who may, what is noted, and in which form it goes (g.7)."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from hunter.audit.recording import record_list
from hunter.exports.csv_file import csv_blocks
from hunter.exports.sheet import Sheet, Walk, cells, plan_walk
from hunter.exports.xlsx_file import xlsx_blocks


class Form(enum.StrEnum):
    """The forms a list can leave in."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Mapping[Form, str] = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Export:
    """A list on its way out: how many rows it has, and the blocks of its file, made while they are taken."""

    sheet: Sheet
    form: Form
    walk: Walk

    @property
    def count(self) -> int:
        return self.walk.count

    @property
    def file_name(self) -> str:
        """Like companies-2026-05-01.csv."""
        return f"{self.sheet.title.lower().replace(' ', '-')}-{timezone.now():%Y-%m-%d}.{self.form.value}"

    def blocks(self) -> Iterator[bytes]:
        """The file, block by block; the memory it takes does not grow with the list (R7.3)."""
        rows = cells(self.walk, sheet=self.sheet)
        if self.form is Form.CSV:
            return csv_blocks(self.sheet.headers, rows)
        return xlsx_blocks(self.sheet.title, self.sheet.headers, rows)


def permission_to_export(model: type[Model]) -> str:
    """A permission of its own: what is exported may hold personal data."""
    return f"{model._meta.app_label}.export_{model._meta.model_name}"


@transaction.atomic(durable=True)
def begin_export(
    rows: QuerySet[Any], *, sheet: Sheet, form: Form, by: AbstractBaseUser | None, filters: Mapping[str, Any]
) -> Export:
    """Count the rows and note who takes them out by which filter, before the first one leaves. None is a command."""
    export = Export(sheet, form, plan_walk(rows))
    record_list(
        rows.model,
        act="export",
        by=by,
        about=f"{sheet.title} as {form.value.upper()}: {export.count:,} {'row' if export.count == 1 else 'rows'}",
        after={"rows": export.count, "form": form.value, "filters": dict(filters)},
    )
    return export


def download(export: Export) -> StreamingHttpResponse:
    """The file as an answer that a browser saves."""
    return StreamingHttpResponse(
        export.blocks(),
        content_type=MEDIA_TYPES[export.form],
        headers={
            "Content-Disposition": f'attachment; filename="{export.file_name}"',
            "X-Hunter-Rows": str(export.count),
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",  # nginx would collect it first
        },
    )
