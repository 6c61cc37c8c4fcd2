"""What a row of a list says about a company, or why it says nothing (g.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from hunter.exports.cells import without_guard
from leads.countries import country_named
from leads.domains import DomainReading, ReadAs, Reason, read_domain
from leads.importing.headers import Column
from leads.importing.layout import Layout
from leads.importing.rows import Row

BETWEEN_MAILS = re.compile(r"[\s,;<>()/|]+")
PLAIN_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST_EMAIL = 254
MOST_EMAILS = 20  # of one row: a cell with more is no contact list but a mistake
LONGEST_CELL_KEPT = 2_000
LONGEST_CELL_TOLD = 60
EXTRA = (Column.FAX, Column.SECTOR, Column.PLOT, Column.STATE, Column.NUMBER)
BAD_SIGNS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ListedCompany:
    """A company as one row describes it. `domain` is valid, in ASCII, and no consumer's; texts fit their columns."""

    row: int
    domain: str
    name: str = ""
    phone: str = ""
    address: str = ""
    city: str = ""
    country_text: str = ""
    country: str = ""
    emails: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row without a domain: which one, why, and what stands in it."""

    row: int
    reason: str
    cells: tuple[str, ...]


ListedRow = ListedCompany | RefusedRow


def read_row(row: Row, layout: Layout, *, consumer_domains: AbstractSet[str]) -> ListedRow:
    """What the row says. Never raises."""
    cells = {column: clean(row.cell(place)) for column, place in layout.columns.items()}
    domain, reason = domain_of(cells, consumer_domains=consumer_domains)
    if domain is None:
        return RefusedRow(row.number, reason, tuple(clean(cell)[:LONGEST_CELL_KEPT] for cell in row.cells))
    country = cells.get(Column.COUNTRY, "")
    return ListedCompany(
        row=row.number,
        domain=domain,
        name=cells.get(Column.COMPANY, "")[:255].rstrip(),
        phone=cells.get(Column.PHONE, "")[:50].rstrip(),
        address=cells.get(Column.ADDRESS, "")[:250].rstrip(),
        city=cells.get(Column.CITY, "")[:80].rstrip(),
        country_text=country[:80].rstrip(),
        country=country_named(country),
        emails=emails_in(cells.get(Column.EMAIL, "")),
        extra=extra_of(row, layout, cells),
    )


def domain_of(cells: Mapping[Column, str], *, consumer_domains: AbstractSet[str]) -> tuple[str | None, str]:
    """The domain of a row: by the website, else by the domain column, else by the e-mail; or why there is none."""
    refused = []
    for column, read_as in (
        (Column.WEBSITE, ReadAs.WEBSITE),
        (Column.DOMAIN, ReadAs.DOMAIN),
        (Column.EMAIL, ReadAs.EMAIL),
    ):
        for value in values_in(cells.get(column, ""), column):
            reading = read_domain(value, read_as=read_as, consumer_domains=consumer_domains)
            if reading.identifies_company:
                return reading.domain, ""
            refused.append(refusal(column, value, reading))
    return None, " ".join(refused) or "The row names no website, domain or e-mail address."


def values_in(cell: str, column: Column) -> list[str]:
    """The values to try in turn; a cell with several mail addresses may begin with a private one."""
    if not cell:
        return []
    parts = [part for part in BETWEEN_MAILS.split(cell) if "@" in part] if column is Column.EMAIL else []
    return parts[:MOST_EMAILS] or [cell]


def refusal(column: Column, value: str, reading: DomainReading) -> str:
    """Why a value gave no domain, in a sentence."""
    shown = value if len(value) <= LONGEST_CELL_TOLD else f"{value[: LONGEST_CELL_TOLD - 1]}…"
    if reading.consumer:
        return f"{shown} ({column.value}): {Reason.CONSUMER}."
    return f"“{shown}” ({column.value}) gives no domain: {reading.reason}."


def emails_in(cell: str) -> tuple[str, ...]:
    """The mail addresses of a cell, lower case, each once (g.3)."""
    found = (part.strip(".,;:'\"").lower().removeprefix("mailto:") for part in BETWEEN_MAILS.split(cell))
    fitting = (one for one in found if len(one) <= LONGEST_EMAIL and PLAIN_MAIL.fullmatch(one))
    return tuple(dict.fromkeys(fitting))[:MOST_EMAILS]


def extra_of(row: Row, layout: Layout, cells: Mapping[Column, str]) -> dict[str, str]:
    """What is kept and not understood: the columns that only tell, and those that nobody knows, by their header."""
    extra = {column.value: cells[column][:LONGEST_CELL_KEPT] for column in EXTRA if cells.get(column)}
    known = set(layout.columns.values())
    for place, cell in enumerate(row.cells):
        if cell and place not in known:
            header = layout.headers[place] if place < len(layout.headers) else ""
            extra.setdefault(clean(header)[:100] or column_letters(place), clean(cell)[:LONGEST_CELL_KEPT])
    return extra


def column_letters(place: int) -> str:
    """What a spreadsheet calls a column: A, B, … Z, AA."""
    letters, rest = "", place + 1
    while rest:
        rest, last = divmod(rest - 1, 26)
        letters = chr(65 + last) + letters
    return letters


def clean(cell: str) -> str:
    """A cell without what no database keeps, and without the quote that makes a formula harmless."""
    return without_guard(BAD_SIGNS.sub("", cell)).strip()
