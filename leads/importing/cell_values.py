"""A workbook's cell as people see it: numbers without exponent, dates as dates, escapes as letters."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
IN_QUOTES = re.compile(r'"[^"]*"|\\.|_.|\*.')
IN_BRACKETS = re.compile(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", re.IGNORECASE)
DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
BEGIN_1900, BEGIN_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001  a sheet's dates have no zone
LAST_DAY = 2_958_465  # 31 December 9999
MOST_DIGITS = 21


def unescaped(text: str) -> str:
    """`_x000D_` and its like as the letters they stand for; halves of pairs and zeros are dropped."""
    return ESCAPE.sub(letter_of, text) if "_x" in text else text


def letter_of(match: re.Match[str]) -> str:
    code = int(match.group(1), 16)
    return "" if code == 0 or 0xD800 <= code <= 0xDFFF else chr(code)


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or a time."""
    return bool(DATE_LETTERS.search(IN_BRACKETS.sub("", IN_QUOTES.sub("", code)))) and code.lower() != "general"


def number_text(text: str) -> str:
    """A number as a person would write it; what is none stays as it is."""
    if text.isdecimal():
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or number.adjusted() > MOST_DIGITS:
        return text
    if number == number.to_integral_value():
        return f"{number:.0f}"
    return f"{float(text):.15g}"


def date_text(text: str, *, begin: datetime) -> str:
    """A serial day number as a date, as a time where it has no day, or as both; else as a number."""
    try:
        serial = float(text)
    except ValueError:
        return text
    if not 0 <= serial <= LAST_DAY:
        return number_text(text)
    moment = begin + timedelta(days=serial)
    if serial < 1:
        return moment.strftime("%H:%M:%S")
    moment += timedelta(milliseconds=1) if moment.microsecond > 999_000 else timedelta(0)  # halves of a float
    return moment.strftime("%Y-%m-%d" if serial == int(serial) else "%Y-%m-%d %H:%M:%S")
