"""Opening a file of either kind as rows, and a first look at it: what was taken, and the rows that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any, BinaryIO

from leads.importing.encodings import Encoding
from leads.importing.headers import HeaderWords
from leads.importing.layout import Layout, find_header, find_layout, is_header, layout_from, recognized
from leads.importing.refusals import nothing_inside, old_excel
from leads.importing.rows import Row
from leads.importing.separated import Separator, separated_rows, separator_of
from leads.importing.workbooks import OLD_MAGIC, ZIP_MAGIC, Workbook

SAMPLE_ROWS = 200
HEAD_BYTES = 64 * 1024
MOST_SHEETS_TRIED = 20
UNKNOWN = Layout()


class Format(StrEnum):
    """The kinds of file that are read."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """How a file is to be read: what was worked out, or what a person chose instead."""

    format: Format
    encoding: Encoding | None = None
    separator: Separator | None = None
    sheet: str = ""
    layout: Layout = UNKNOWN

    def as_dict(self) -> dict[str, Any]:
        """For JSON, and back by `plan_from`."""
        return {
            "format": self.format.value,
            "encoding": self.encoding.value if self.encoding else None,
            "separator": self.separator.value if self.separator else None,
            "sheet": self.sheet,
            "layout": self.layout.as_dict(),
        }

    def words(self) -> str:
        """What was taken, in words."""
        if self.format is Format.XLSX:
            return f"Excel workbook, sheet “{self.sheet}”" if self.sheet else "Excel workbook"
        encoding = self.encoding.words if self.encoding else "?"
        return f"CSV, {encoding}, cells parted by {self.separator.words if self.separator else '?'}"


def plan_from(told: Mapping[str, Any]) -> ReadingPlan:
    """What `as_dict` gave."""
    return ReadingPlan(
        Format(told["format"]),
        Encoding(told["encoding"]) if told.get("encoding") else None,
        Separator(told["separator"]) if told.get("separator") else None,
        told.get("sheet", ""),
        layout_from(told.get("layout", {})),
    )


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The plan for a file, its first rows, and the sheets that a workbook has."""

    plan: ReadingPlan
    rows: tuple[Row, ...]
    sheets: tuple[str, ...] = ()


def format_of(content: BinaryIO, *, name: str) -> Format:
    """The kind of file, by what is in it; the name alone can be wrong. Raises FileRefused for the old Excel."""
    content.seek(0)
    head = content.read(len(OLD_MAGIC))
    lowered = name.lower()
    if lowered.endswith(".xls"):
        raise old_excel()
    if head.startswith(ZIP_MAGIC) or head == OLD_MAGIC or lowered.endswith((".xlsx", ".xlsm")):
        return Format.XLSX
    return Format.CSV


def open_rows(content: BinaryIO, plan: ReadingPlan) -> Iterator[Row]:
    """All rows of the file that are not empty, from its beginning. Raises FileRefused."""
    content.seek(0)
    if plan.format is Format.XLSX:
        return Workbook(content).rows(plan.sheet)
    return separated_rows(content, encoding=plan.encoding or Encoding.UTF8, separator=plan.separator or Separator.COMMA)


def first_look(content: BinaryIO, wish: ReadingPlan, words: HeaderWords) -> FirstLook:
    """Work out what the wish leaves open: separator, sheet, layout. Raises FileRefused, also when nothing is inside."""
    if wish.format is Format.XLSX:
        return look_at_workbook(content, wish, words)
    content.seek(0)
    encoding = wish.encoding or Encoding.UTF8
    separators = [wish.separator] if wish.separator else separator_of(content.read(HEAD_BYTES), encoding=encoding)
    tried = [replace(wish, encoding=encoding, separator=separator) for separator in separators]
    looks = [look_at(content, plan, words) for plan in tried]
    return best_of(looks, words)


def look_at_workbook(content: BinaryIO, wish: ReadingPlan, words: HeaderWords) -> FirstLook:
    names = tuple(sheet.name for sheet in Workbook(content).sheets)
    wanted = [wish.sheet] if wish.sheet in names else list(names[:MOST_SHEETS_TRIED])
    looks = [look_at(content, replace(wish, sheet=name), words) for name in wanted]
    return replace(best_of(looks, words), sheets=names)


def look_at(content: BinaryIO, plan: ReadingPlan, words: HeaderWords) -> FirstLook:
    rows = tuple(islice(open_rows(content, plan), SAMPLE_ROWS))
    return FirstLook(replace(plan, layout=find_layout(rows, words)), rows)


def best_of(looks: Sequence[FirstLook], words: HeaderWords) -> FirstLook:
    """The first look under which a header is recognized in full; else the first that shows rows."""
    for look in looks:
        header = find_header(look.rows, words)
        if header and is_header(set(recognized(header, words))):
            return look
    shown = next((look for look in looks if look.rows), None)
    if shown is None:
        raise nothing_inside()
    return shown
