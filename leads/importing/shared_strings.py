"""The texts of a workbook, which stand in one table apart from its sheets.

A million rows can have millions of texts. They are read as far as a cell asks for, and kept in a temporary file of
which memory holds the places only, so that the size of a workbook does not matter (R7.3).
"""

from __future__ import annotations

import os
import tempfile
import weakref
from array import array
from collections.abc import Mapping
from typing import IO

from leads.importing.cell_values import unescaped
from leads.importing.refusals import damaged
from leads.importing.xml_reading import listened, refuse_endless, whole_text

MOST_REMEMBERED = 10_000


class SharedStrings:
    """The table of texts, asked for by number."""

    def __init__(self, part: IO[bytes] | None) -> None:
        self._listener = StringListener()
        self._events = listened(part, self._listener) if part else iter(())
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the table
        weakref.finalize(self, self._spool.close)
        self._ends = array("Q", [0])
        self._remembered: dict[int, str] = {}

    def text(self, number: int) -> str:
        """Raises FileRefused when there is no such text."""
        known = self._remembered.get(number)
        if known is not None:
            return known
        if number < 0:
            raise damaged("a cell names a text that is not there")
        while number >= len(self._ends) - 1:
            self._read_on()
        start, end = self._ends[number], self._ends[number + 1]
        text = os.pread(self._spool.fileno(), end - start, start).decode("utf-8", errors="replace")
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[number] = text
        return text

    def _read_on(self) -> None:
        try:
            next(self._events)
        except StopIteration:
            raise damaged("a cell names a text that is not there") from None
        fresh = [unescaped(text).encode("utf-8", errors="replace") for text in self._listener.take()]
        end = self._ends[-1]
        for one in fresh:
            end += len(one)
            self._ends.append(end)
        self._spool.write(b"".join(fresh))
        self._spool.flush()


class StringListener:
    """Collects the finished texts of the table; those that only tell how to pronounce a word are left out."""

    def __init__(self) -> None:
        self._wants_text = False
        self._pieces: list[str] = []
        self._finished: list[str] = []
        self._pronunciations = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "t":
            self._wants_text = not self._pronunciations
        elif name == "rPh":
            self._pronunciations += 1

    def text(self, text: str) -> None:
        if self._wants_text:
            self._pieces.append(text)
            refuse_endless(self._pieces)

    def end(self, name: str) -> None:
        if name == "t":
            self._wants_text = False
        elif name == "si":
            self._finished.append(whole_text(self._pieces))
            self._pieces = []
        elif name == "rPh":
            self._pronunciations -= 1

    def take(self) -> list[str]:
        """The texts that were finished since the last time."""
        finished, self._finished = self._finished, []
        return finished
