"""A row of a list as it stands in the file, before anybody has asked what it means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row as text, without outer white space; `number` as the spreadsheet shows it, from 1."""

    number: int
    cells: tuple[str, ...]

    def cell(self, place: int | None) -> str:
        """A cell's text; empty where the row is shorter, or where there is no such column."""
        return self.cells[place] if place is not None and place < len(self.cells) else ""
