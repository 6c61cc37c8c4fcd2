"""Rows of a worksheet, streamed out of its XML: no more than one piece of the file is held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO

from leads.importing.cell_values import date_text, number_text, unescaped
from leads.importing.refusals import FileRefused, damaged
from leads.importing.rows import Row
from leads.importing.shared_strings import SharedStrings
from leads.importing.xml_reading import listened, refuse_endless, whole_text

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # Excel's own
TRUE_FALSE = {"1": "TRUE", "0": "FALSE"}


def sheet_rows(part: IO[bytes], *, texts: SharedStrings, date_styles: frozenset[str], begin: datetime) -> Iterator[Row]:
    """Every row of the sheet that is not empty. Raises FileRefused."""
    listener = RowListener(texts=texts, date_styles=date_styles, begin=begin)
    for _ in listened(part, listener):
        yield from listener.take()


class RowListener:
    """Makes rows of what the XML tells; a formula's cell has the value that was worked out when it was saved."""

    def __init__(self, *, texts: SharedStrings, date_styles: frozenset[str], begin: datetime) -> None:
        self._wants_text = False
        self._texts, self._date_styles, self._begin = texts, date_styles, begin
        self._pieces: list[str] = []
        self._finished: list[Row] = []
        self._places: dict[str, int] = {}
        self._number = 0
        self._cells: list[str] = []
        self._place = -1
        self._type = self._style = ""
        self._pronunciations = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "v":
            self._wants_text = True
        elif name == "t":
            self._wants_text = not self._pronunciations
        elif name == "row":
            self._begin_row(attributes)
        elif name == "rPh":
            self._pronunciations += 1

    def text(self, text: str) -> None:
        if self._wants_text:
            self._pieces.append(text)
            if len(self._pieces) > 1:
                refuse_endless(self._pieces)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._wants_text = False
        elif name == "c":
            self._end_cell()
        elif name == "row":
            if any(self._cells):
                self._finished.append(Row(self._number, tuple(self._cells)))
        elif name == "rPh":
            self._pronunciations -= 1

    def take(self) -> list[Row]:
        """The rows that were finished since the last time."""
        finished, self._finished = self._finished, []
        return finished

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        told = attributes.get("r", "")
        named = int(told) if told.isdecimal() and len(told) < 8 else 0
        self._number = max(named, self._number + 1)  # rows are told apart by their number, so none comes twice
        if self._number > MOST_ROWS:
            raise FileRefused(f"A sheet has at most {MOST_ROWS:,} rows; this one names a later one.")
        self._cells, self._place = [], -1

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        self._pieces = []
        self._place = self._place_of(attributes.get("r", ""))
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")

    def _place_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        place = self._places.get(letters)
        if place is None:
            if not letters:
                return self._checked(self._place + 1)
            place = self._places[letters] = self._checked(place_of(letters))
        return place

    def _checked(self, place: int) -> int:
        if place >= MOST_COLUMNS:
            raise FileRefused(f"A sheet has at most {MOST_COLUMNS:,} columns; this one names a later one.")
        return place

    def _end_cell(self) -> None:
        value = self._value(whole_text(self._pieces)).strip()
        if not value:
            return
        missing = self._place - len(self._cells)
        if missing == 0:
            self._cells.append(value)
            return
        self._cells.extend([""] * (missing + 1))
        self._cells[self._place] = value

    def _value(self, text: str) -> str:
        match self._type:
            case "s":
                if not text.isdecimal():
                    raise damaged("a cell names a text that is not there")
                return self._texts.text(int(text))
            case "inlineStr" | "str":
                return unescaped(text)
            case "b":
                return TRUE_FALSE.get(text, text)
            case "e":
                return ""  # #N/A and its like: no value
            case "n" if text and self._style in self._date_styles:
                return date_text(text, begin=self._begin)
            case "n":
                return number_text(text)
            case _:
                return text


def place_of(letters: str) -> int:
    """The place of a column from 0: A is 0, Z is 25, AA is 26. What is no column's name lies beyond every sheet."""
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
        return MOST_COLUMNS
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - 64
    return place - 1
