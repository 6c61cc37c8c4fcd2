"""Companies written to a file on the server (g.7)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hunter.errors import HunterError
from hunter.ops.exporting import Export, Form, begin_export
from leads.company_lists import ORDERS, found_by
from leads.company_sheet import company_sheet
from leads.models import Company, choices
from leads.models.company import CompanyQuerySet

KNOWN: Mapping[str, tuple[str, frozenset[str]]] = {
    "segment": ("segment", frozenset(word for word, _ in choices.SEGMENTS)),
    "provider": ("provider", frozenset(word for word, _ in choices.PROVIDERS)),
    "category": ("priority_category", frozenset(word for word, _ in choices.PRIORITY_CATEGORIES)),
    "scan_status": ("scan_status", frozenset(choices.ScanState.values)),
}


@dataclass(frozen=True, slots=True)
class CompanyFilters:
    """Which companies, and in which order; what is empty narrows nothing."""

    search: str = ""
    segment: str = ""
    provider: str = ""
    category: str = ""
    scan_status: str = ""
    least_score: int | None = None
    order: str = "priority"

    def companies(self) -> CompanyQuerySet:
        """The companies that they leave, in order. Raises HunterError for a word that there is not."""
        rows = Company.objects.all()
        for name, (column, known) in KNOWN.items():
            if wanted := getattr(self, name):
                refuse_unknown(name, wanted, known=known)
                rows = rows.filter(**{column: wanted})
        if self.least_score is not None:
            rows = rows.filter(score__gte=self.least_score)
        if self.search:
            rows = rows.filter(found_by(self.search))
        refuse_unknown("order", self.order, known=frozenset(ORDERS))
        return rows.order_by(*ORDERS[self.order][1])

    def told(self) -> dict[str, Any]:
        """Those that are set, for the audit log."""
        return {name: value for name, value in asdict(self).items() if value not in {"", None}}


def refuse_unknown(name: str, wanted: str, *, known: frozenset[str]) -> None:
    """Raises HunterError, which names the words there are."""
    if wanted not in known:
        option = f"--{name.replace('_', '-')}"
        raise HunterError(f"{option} is {wanted!r}; choose one of: {', '.join(sorted(known))}.", field=name)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Which file has how many companies."""

    file: str
    rows: int
    failed: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {"file": self.file, "rows": self.rows}

    def sentence(self) -> str:
        return f"{self.rows:,} companies are in {self.file}."


def export_companies(
    file: str, *, filters: CompanyFilters, progress: Callable[[str], None] | None = None
) -> ExportReport:
    """Write the companies to the file; it is there whole or, when anything fails, as it was. Audited.

    Raises HunterError for a name that says no form, and for a place that can't be written to.
    """
    path = Path(file)
    form = path.suffix.removeprefix(".").lower()
    if form not in set(Form):
        raise HunterError(f"{file}: the name of the file says its form; end it with .csv or .xlsx.", field="file")
    companies = filters.companies()
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as error:
        raise HunterError(f"{file} can't be written: {error.strerror}. Choose another place.", field="file") from error
    try:
        with os.fdopen(handle, "wb") as target:
            export = begin_export(companies, sheet=company_sheet(), form=Form(form), by=None, filters=filters.told())
            write(export, target, progress=progress)
        Path(beside).replace(path)
    except OSError as error:
        raise HunterError(f"{file} can't be written: {error.strerror}. Nothing is left of it.", field="file") from error
    finally:
        Path(beside).unlink(missing_ok=True)
    return ExportReport(file, export.count)


def write(export: Export, target: Any, *, progress: Callable[[str], None] | None) -> None:
    """The blocks of the file, one after the other."""
    written = 0
    for block in export.blocks():
        target.write(block)
        written += len(block)
        if progress:
            progress(f"{written / 1_000_000:,.1f} MB of {export.count:,} companies")
