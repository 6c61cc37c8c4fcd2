"""Which row is the header and which column is what: worked out from the first rows, or chosen by a person (g.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leads.importing.headers import Column, HeaderWords
from leads.importing.rows import Row

MOST_HEADER_ROWS = 20  # g.1: the header is looked for in the first twenty rows
LONGEST_HINT_WORDS = 6  # a title is a sentence, a header is not
LOOKS_LIKE_ADDRESS = ("http://", "https://", "www.", ".com", ".com.tr", ".net", ".org", ".tr", "@")
PLACES = (Column.WEBSITE, Column.DOMAIN)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a list's rows mean. `header_row` is its number in the file, 0 where there is none; places count from 0."""

    header_row: int = 0
    headers: tuple[str, ...] = ()
    columns: Mapping[Column, int] = field(default_factory=dict)

    @property
    def tells_a_domain(self) -> bool:
        """Whether any column could say which company a row is about."""
        return not self.columns.keys().isdisjoint((*PLACES, Column.EMAIL))

    def as_dict(self) -> dict[str, Any]:
        """For JSON, and back by `layout_from`."""
        return {
            "header_row": self.header_row,
            "headers": list(self.headers),
            "columns": {column.value: place for column, place in self.columns.items()},
        }


def layout_from(told: Mapping[str, Any]) -> Layout:
    """What `as_dict` gave."""
    columns = {Column(name): int(place) for name, place in told.get("columns", {}).items()}
    return Layout(int(told.get("header_row", 0)), tuple(told.get("headers", ())), columns)


def find_layout(rows: Sequence[Row], words: HeaderWords) -> Layout:
    """The layout of a list by its first rows, which need not be all of it."""
    header = find_header(rows[:MOST_HEADER_ROWS], words)
    return layout_under(header, rows, words)


def layout_under(header: Row | None, rows: Sequence[Row], words: HeaderWords) -> Layout:
    """The layout when this row is the header: what its words tell, the rest by what stands below it."""
    below = [row for row in rows if header is None or row.number > header.number]
    columns = recognized(header, words) if header else {}
    if not any(place in columns for place in PLACES):
        columns |= guessed(Column.WEBSITE, website_place(below, taken=columns.values()))
    if Column.COMPANY not in columns:
        columns |= guessed(Column.COMPANY, company_place(below, taken=columns.values()))
    return Layout(header.number if header else 0, header.cells if header else (), columns)


def find_header(rows: Sequence[Row], words: HeaderWords) -> Row | None:
    """The first row that has a company and a website or domain header; without one, the row that says most."""
    for understood in (words.named, words.hinted):
        for row in rows:
            if is_header({column for cell in row.cells if (column := heard(cell, understood))}):
                return row
    named = [len({column for cell in row.cells if (column := words.named(cell))}) for row in rows]
    most = max(named, default=0)
    return rows[named.index(most)] if most else None


def is_header(columns: set[Column]) -> bool:
    return Column.COMPANY in columns and not columns.isdisjoint(PLACES)


def heard(cell: str, understood: Any) -> Column | None:
    """The column that a cell names; a long sentence names none."""
    return understood(cell) if cell and len(cell.split()) <= LONGEST_HINT_WORDS else None


def recognized(header: Row, words: HeaderWords) -> dict[Column, int]:
    """The columns that a header tells: by their whole name first, then by words among others; the first of a kind."""
    columns: dict[Column, int] = {}
    for understood in (words.named, words.hinted):
        for place, cell in enumerate(header.cells):
            column = heard(cell, understood)
            if column and place not in columns.values():
                columns.setdefault(column, place)
    return columns


def guessed(column: Column, place: int | None) -> dict[Column, int]:
    return {} if place is None else {column: place}


def website_place(rows: Sequence[Row], *, taken: Any) -> int | None:
    """The column with most cells that look like an address."""
    counts = {
        place: sum(looks_like_address(row.cell(place)) for row in rows)
        for place in range(width_of(rows))
        if place not in taken
    }
    best = max(counts, key=lambda place: (counts[place], -place), default=None)
    return best if best is not None and counts[best] else None


def looks_like_address(cell: str) -> bool:
    lowered = cell.lower()
    return any(part in lowered for part in LOOKS_LIKE_ADDRESS)


def company_place(rows: Sequence[Row], *, taken: Any) -> int | None:
    """The first column that holds text and not numbers; addresses are no names."""
    for place in range(width_of(rows)):
        cells = [cell for row in rows if (cell := row.cell(place))]
        texts = sum(any(sign.isalpha() for sign in cell) and not looks_like_address(cell) for cell in cells)
        if place not in taken and cells and 2 * texts > len(cells):
            return place
    return None


def width_of(rows: Sequence[Row]) -> int:
    return max((len(row.cells) for row in rows), default=0)
