"""The day in a registry's words: each writes dates its own way. What can't be read for certain is no date."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

EARLIEST, LATEST = 1980, 2200  # the first domain is of 1985; registrations are for ten years, some for a hundred

NAMES_OF_MONTHS = (
    "jan january ocak oca januar janvier enero janeiro gennaio",
    "feb february şubat şub februar fevrier février febrero fevereiro febbraio",
    "mar march mart märz marz mars marzo março",
    "apr april nisan nis avril abril aprile",
    "may mayıs mai mayo maio maggio",
    "jun june haziran haz juni juin junio junho giugno",
    "jul july temmuz tem juli juillet julio julho luglio",
    "aug august ağustos ağu aout août agosto",
    "sep sept september eylül eyl septembre septiembre setembro settembre",
    "oct october ekim eki oktober okt octobre octubre outubro ottobre",
    "nov november kasım kas novembre noviembre novembro",
    "dec december aralık ara dezember dez decembre décembre diciembre dezembro dicembre",
)
MONTHS = {name: number for number, names in enumerate(NAMES_OF_MONTHS, start=1) for name in names.split()}

YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[-./年]\s?(\d{1,2})\s?[-./月]\s?(\d{1,2})(?!\d)")
COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")
YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})[-./](\d{1,2})[-./](\d{4})(?!\d)")
YEAR_MONTH_NAME = re.compile(r"(?<!\d)(\d{4})[-./ ]([^\W\d_]+)[-./ ](\d{1,2})(?!\d)")
DAY_MONTH_NAME = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[-./ ]{1,2}([^\W\d_]+)[-./, ]{1,2}(\d{4})(?!\d)")
MONTH_NAME_DAY = re.compile(
    r"([^\W\d_]+) {1,2}(\d{1,2})(?:st|nd|rd|th)?,?(?: \d\d:\d\d:\d\d(?: [A-Z]{2,5})?)? (\d{4})(?!\d)"
)
BEFORE = re.compile(r"\s*(before|until|prior|vor|avant)\b", re.IGNORECASE)  # Nominet: "before Aug-1996" is no day


def day_in(text: str) -> date | None:
    """The first day that a text names; None where there is none, or where it could be another."""
    if BEFORE.match(text):
        return None
    return next((found for read in READERS if (found := read(text))), None)


def year_first(text: str) -> date | None:
    found = YEAR_FIRST.search(text)
    return day(found[1], found[2], found[3]) if found else None


def year_month_name(text: str) -> date | None:
    found = YEAR_MONTH_NAME.search(text)
    return day(found[1], month_in(found[2]), found[3]) if found else None


def day_month_name(text: str) -> date | None:
    found = DAY_MONTH_NAME.search(text)
    return day(found[3], month_in(found[2]), found[1]) if found else None


def month_name_day(text: str) -> date | None:
    found = MONTH_NAME_DAY.search(text)
    return day(found[3], month_in(found[1]), found[2]) if found else None


def year_last(text: str) -> date | None:
    """The day before the month, as all registries but a few write it, unless only the other order is a day."""
    found = YEAR_LAST.search(text)
    return (day(found[3], found[2], found[1]) or day(found[3], found[1], found[2])) if found else None


def compact(text: str) -> date | None:
    found = COMPACT.search(text)
    return day(found[1], found[2], found[3]) if found else None


READERS: tuple[Callable[[str], date | None], ...] = (
    year_first, year_month_name, day_month_name, month_name_day, year_last, compact,
)  # fmt: skip


def month_in(word: str) -> int:
    """The number of a month; 0 for a word that is none."""
    return MONTHS.get(word.replace("İ", "i").lower(), 0)


def day(year: str, month: str | int, number: str) -> date | None:
    try:
        found = date(int(year), int(month), int(number))
    except ValueError:
        return None
    return found if EARLIEST <= found.year <= LATEST else None
