"""Rows as a workbook that is written while it is sent: no file, no wait for the last row, no memory (R7.3).

A workbook is a ZIP of XML parts. The sheets come first, each row as it is read; what names them comes last.
`docs/decisions/0009-workbooks-are-written-while-they-are-sent.md` says why no library does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from hunter.exports import xlsx_parts as parts
from hunter.exports.cells import NOT_IN_XML, Cell, is_exact, is_formula, moment, yes_or_no

MOST_ROWS = 1_048_576  # Excel's limit for a sheet, the header counted
MOST_BYTES = 1 << 30  # of a sheet before packing; a part above 2 GiB would need an extension that older readers lack
LONGEST_TEXT = 32_767  # Excel's limit for a cell
BLOCK = 64 * 1024
FAST = 1  # the level of packing: a third of the time of the default for a tenth more size
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's moments have no zone; Hunter's are UTC


@dataclass(frozen=True, slots=True)
class Limits:
    """How much goes into one sheet."""

    rows: int = MOST_ROWS
    size: int = MOST_BYTES


class Sink:
    """Where the ZIP is written to; what came in is taken out and sent."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def write(self, block: bytes) -> int:
        self._blocks.append(bytes(block))
        return len(block)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        blocks, self._blocks = self._blocks, []
        return b"".join(blocks)


def xlsx_blocks(
    title: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, limits: Limits | None = None
) -> Iterator[bytes]:
    """The workbook, block by block: one sheet, or as many as the rows need, each with the headers."""
    limits, sink = limits or Limits(), Sink()
    left, sheets = iter(rows), 0
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=FAST) as archive:  # type: ignore[call-overload]  # write is enough
        following: Sequence[Cell] | None = next(left, None)
        while following is not None or not sheets:
            sheets += 1
            written = SheetPart(headers, chain([following], left) if following is not None else iter(()), limits=limits)
            with archive.open(part_info(parts.sheet_name(sheets)), "w") as part:
                for block in written.blocks():
                    part.write(block)
                    yield sink.taken()
            following = next(left, None)
        for name, text in parts.closing_parts(title, sheets=sheets):
            archive.writestr(part_info(name), text, compresslevel=FAST)
    yield sink.taken()


def part_info(name: str) -> ZipInfo:
    """A part, packed; its date says nothing, so that the same rows give the same file."""
    info = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = ZIP_DEFLATED
    return info


class SheetPart:
    """The XML of one sheet, until it is full or the rows end."""

    def __init__(self, headers: Sequence[str], rows: Iterator[Sequence[Cell]], *, limits: Limits) -> None:
        self._headers, self._rows, self._limits = headers, rows, limits
        self._letters = [parts.column_letters(number) for number in range(len(headers))]

    def blocks(self) -> Iterator[bytes]:
        """The sheet, block by block."""
        pieces, held, size, number = [parts.sheet_opening(self._headers), self._header_row()], 0, 0, 1
        while number < self._limits.rows and size + held < self._limits.size:
            row = next(self._rows, None)
            if row is None:
                break
            number += 1
            xml = row_xml(row, number=number, letters=self._letters)
            pieces.append(xml)
            held += len(xml)
            if held >= BLOCK:
                yield "".join(pieces).encode()
                pieces, held, size = [], 0, size + held
        last = f"{self._letters[-1] if self._letters else 'A'}{number}"
        yield "".join([*pieces, parts.sheet_closing(last)]).encode()

    def _header_row(self) -> str:
        cells = [
            text_cell(f"{letters}1", title, style=parts.HEADER)
            for letters, title in zip(self._letters, self._headers, strict=True)
        ]
        return f'<row r="1">{"".join(cells)}</row>'


def row_xml(row: Sequence[Cell], *, number: int, letters: Sequence[str]) -> str:
    """One row; an empty cell is left out."""
    cells = [cell_xml(f"{letter}{number}", value) for letter, value in zip(letters, row, strict=True)]
    return f'<row r="{number}">{"".join(cells)}</row>'


def cell_xml(place: str, value: Cell) -> str:
    """One cell. A text is a text by its type; one that looks like a formula stays one when somebody edits it."""
    match value:
        case None | "":
            return ""
        case str():
            return text_cell(place, value, style=parts.GUARDED if is_formula(value) else parts.PLAIN)
        case bool():
            return text_cell(place, yes_or_no(is_so=value))
        case int() | float() | Decimal():
            return number_cell(place, value) if is_exact(value) else text_cell(place, str(value))
        case datetime():
            return moment_cell(place, value)
        case date():
            return day_cell(place, value)


def text_cell(place: str, value: str, *, style: int = parts.PLAIN) -> str:
    text = escape(NOT_IN_XML.sub("", value[:LONGEST_TEXT])).replace("\r", "&#13;")
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def number_cell(place: str, value: float | Decimal, *, style: int = parts.PLAIN) -> str:
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def day_cell(place: str, value: date) -> str:
    """A day that a spreadsheet can reckon with; one before its time is a text."""
    days = (value - EPOCH.date()).days
    return number_cell(place, days, style=parts.DAY) if days >= 1 else text_cell(place, value.isoformat())


def moment_cell(place: str, value: datetime) -> str:
    """A moment that a spreadsheet can reckon with, shown as ISO 8601; one before its time is a text."""
    days = (value.astimezone(UTC).replace(tzinfo=None, microsecond=0) - EPOCH).total_seconds() / 86_400
    return number_cell(place, round(days, 9), style=parts.MOMENT) if days >= 1 else text_cell(place, moment(value))
