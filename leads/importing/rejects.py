"""Refused rows as a file that people mend and import again: the row's number, the reason, and its cells as they were."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from hunter.exports.cells import harmless
from leads.importing.layout import Layout
from leads.importing.listed import column_letters

ROW_AND_REASON = ("Row", "Reason")
MARK = "\ufeff"  # without it Excel takes the letters for another encoding


def rejects_csv(rows: Iterable[tuple[int, str, Sequence[str]]], layout: Layout) -> Iterator[str]:
    """The lines of the file, one at a time; each row is its number, the reason, and its cells."""
    yield MARK + line([*ROW_AND_REASON, *headers_of(layout)])
    for number, reason, cells in rows:
        yield line([str(number), reason, *cells])


def headers_of(layout: Layout) -> list[str]:
    """The list's own headers; where it has none, what Hunter took the columns for, or their letters."""
    if layout.headers:
        return list(layout.headers)
    by_place = {place: column.value for column, place in layout.columns.items()}
    return [by_place.get(place, column_letters(place)) for place in range(max(by_place, default=-1) + 1)]


def line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()
