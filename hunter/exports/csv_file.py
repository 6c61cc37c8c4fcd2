"""Rows as CSV that Excel opens with the right letters: UTF-8 with its mark, fields as RFC 4180 quotes them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from hunter.exports.cells import Cell, as_text, harmless

BLOCK = 64 * 1024  # characters


def csv_blocks(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The file, block by block."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow([harmless(header) for header in headers])
    for row in rows:
        writer.writerow([as_text(value) for value in row])
        if text.tell() >= BLOCK:
            yield taken(text)
    yield taken(text)


def taken(text: io.StringIO) -> bytes:
    """What was written since the last time."""
    block = text.getvalue().encode("utf-8", errors="replace")
    text.seek(0)
    text.truncate()
    return block
