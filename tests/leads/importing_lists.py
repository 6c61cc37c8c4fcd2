"""Lists for tests, as files that people have: and an import worked to its end in this process."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import openpyxl

from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from leads.models import CompanyImport
from leads.services.imports import Choices, prepare_import, start_import
from tests.waiting import PATIENCE

HEADER = "Firma Ünvanı;Web Sitesi;E-Posta;Telefon\n"


def text_list(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> io.BytesIO:
    """A CSV file with these rows below the header."""
    return io.BytesIO((header + "".join(f"{line}\n" for line in lines)).encode(encoding))


def many(count: int, *, prefix: str = "firm") -> io.BytesIO:
    """A list of so many different companies."""
    return text_list(*(f"Firm {n};www.{prefix}-{n}.com;info@{prefix}-{n}.com;0212 {n}" for n in range(count)))


def workbook(*sheets: tuple[str, Sequence[Sequence[Any]]]) -> io.BytesIO:
    """An Excel file with these sheets."""
    book: Any = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    return content


def begun(
    content: io.BytesIO, *, name: str = "list.csv", dry_run: bool = False, scan_new: bool = True
) -> CompanyImport:
    """An import of the list that has been started, and not worked yet."""
    run = prepare_import(content, name=name, asked_by="ayse")
    return start_import(
        run, choices=Choices(dry_run=dry_run, scan_new=scan_new), layout=run.reading_plan.layout, by=None
    )


def work(run: CompanyImport) -> CompanyImport:
    """Drain the lane until the import has ended."""

    def is_done() -> bool:
        run.refresh_from_db()
        return run.has_ended

    Drainer(LaneName.HUNTER, budget=timedelta(seconds=PATIENCE), until=is_done).run()
    run.refresh_from_db()
    return run


def imported(content: io.BytesIO, **how: Any) -> CompanyImport:
    """An import of the list, worked to its end."""
    return work(begun(content, **how))
