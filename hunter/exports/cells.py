"""What a value becomes in a file that a spreadsheet opens: text that it never takes for a formula (g.7)."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

Cell = str | int | float | Decimal | date | None  # a datetime is a date, and yes and no are an int

GUARD = "'"
BEGINS_A_FORMULA = frozenset("=+-@")
BREAKS = frozenset("\t\r\n")  # a spreadsheet may begin a cell anew after them
UNSEEN = " \u00a0\u200b\u200c\u200d\u2060\ufeff"
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
EXACT_DIGITS = 15  # a spreadsheet's numbers are floats; longer ones would be rounded


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might take the text for a formula: `=`, `+`, `-`, `@`, tab and line ends, also full width
    or small, and behind blanks that nobody sees.
    """
    first = text[:1]
    if first.isascii() and first.isalnum():  # nearly every text: decided without looking further
        return False
    if first in BREAKS:
        return True
    first = text.lstrip(UNSEEN)[:1]
    return first in BREAKS or unicodedata.normalize("NFKC", first) in BEGINS_A_FORMULA


def harmless(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet might calculate it."""
    return GUARD + text if is_formula(text) else text


def without_guard(text: str) -> str:
    """The text as it was before `harmless`; an apostrophe that guards nothing stays."""
    return text[1:] if text[:1] == GUARD and is_formula(text[1:]) else text


def as_text(value: Cell) -> str:
    """A value in a text file. Numbers stay numbers, moments are ISO 8601 in UTC."""
    match value:
        case None:
            return ""
        case bool():
            return yes_or_no(is_so=value)
        case str():
            return harmless(value)
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def moment(value: datetime) -> str:
    """Like 2026-05-01T09:30:00Z."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def yes_or_no(*, is_so: bool) -> str:
    return "yes" if is_so else "no"


def is_exact(value: float | Decimal) -> bool:
    """Whether a spreadsheet can hold the number without rounding it."""
    return math.isfinite(value) and abs(value) < 10**EXACT_DIGITS
