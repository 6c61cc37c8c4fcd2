"""Rows of a text with separators: CSV as spreadsheets write it, streamed line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator
from enum import StrEnum
from typing import BinaryIO

from leads.importing.encodings import Encoding
from leads.importing.refusals import line_too_long
from leads.importing.rows import Row

LONGEST_LINE = 1_000_000  # characters; a quoted cell may go over lines, and may hold as much
LONGEST_CELL = 1_000_000


class Separator(StrEnum):
    """What stands between two cells."""

    COMMA = ","
    SEMICOLON = ";"
    TAB = "\t"
    PIPE = "|"

    @property
    def words(self) -> str:
        """What people call it."""
        return WORDS[self]


WORDS = {Separator.COMMA: "comma", Separator.SEMICOLON: "semicolon", Separator.TAB: "tab", Separator.PIPE: "pipe"}

csv.field_size_limit(LONGEST_CELL)


def separated_rows(content: BinaryIO, *, encoding: Encoding, separator: Separator) -> Generator[Row, None, None]:
    """Every row that is not empty, with its number as a spreadsheet counts. Raises FileRefused."""
    lines = Lines(content, encoding=encoding)
    reader = csv.reader(lines, delimiter=separator.value)
    try:
        for number, cells in enumerate(without_hint(reader), start=1):
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                yield Row(number, stripped)
    except csv.Error as error:
        raise line_too_long(reader.line_num, LONGEST_CELL) from error
    finally:
        lines.let_go()


def without_hint(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows but for `sep=;` in the first line, which Excel does not show either."""
    first = next(rows, None)
    if first is not None and not is_hint(first):
        yield first
    yield from rows


def is_hint(cells: list[str]) -> bool:
    """`sep=;` in the first line, by which Excel is told the separator."""
    first = cells[0].strip().lower() if cells else ""
    return first.startswith("sep=") and not any(cells[1:])


class Lines:
    """The lines of a text, none longer than memory should hold. Letters that the encoding has not become `\ufffd`."""

    def __init__(self, content: BinaryIO, *, encoding: Encoding) -> None:
        self._text = io.TextIOWrapper(content, encoding=encoding.value, errors="replace", newline="")
        self._line = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        self._line += 1
        if not line:
            raise StopIteration
        if len(line) >= LONGEST_LINE:
            raise line_too_long(self._line, LONGEST_LINE)
        return line.replace("\0", "")

    def let_go(self) -> None:
        """Leave the file open: it belongs to the caller, who may have closed it by now."""
        if not self._text.closed:
            self._text.detach()


def separator_of(head: bytes, *, encoding: Encoding) -> list[Separator]:
    """The separators that part the first lines into more than one column, those that give most columns first."""
    text = head.decode(encoding.value, errors="replace").replace("\0", "").lstrip("\ufeff")
    if hinted := hinted_separator(text):
        return [hinted]
    widths = {separator: width_of(text, separator) for separator in Separator}
    fitting = [separator for separator in Separator if widths[separator] > 1]
    return sorted(fitting, key=lambda separator: -widths[separator]) or [Separator.COMMA]


def hinted_separator(text: str) -> Separator | None:
    first = text[:10].splitlines()[0] if text else ""
    hint = first.strip().lower().removeprefix("sep=")
    return Separator(hint) if first.lower().startswith("sep=") and hint in set(Separator) else None


def width_of(text: str, separator: Separator) -> int:
    """How many cells most rows have; the last line may be cut off and does not count."""
    whole = text[: text.rfind("\n")] if "\n" in text else text
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(whole, newline=""), delimiter=separator.value) if row]
    except csv.Error:
        return 0
    return max(set(widths), key=lambda width: (widths.count(width), width)) if widths else 0
