"""Countries as others write them -> two letters as stored: ISO codes (domain document e.2), and names in lists."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

CODES_FILE = Path(__file__).parent / "data" / "country_codes.txt"
NAMES_FILE = Path(__file__).parent / "data" / "country_names.txt"
LONGEST_NAME = 80


@cache
def two_letter_codes() -> dict[str, str]:
    """Every code of ISO 3166-1, of two and of three letters, with its form of two letters."""
    lines = CODES_FILE.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    by_three_letters = {three: two for three, _, two in pairs}
    return by_three_letters | {two: two for two in by_three_letters.values()}


def country_code(text: str) -> str:
    """The code of two letters; empty for what is no ISO code, such as a country's name."""
    return two_letter_codes().get(text.strip().upper(), "")


@cache
def codes_by_name() -> dict[str, str]:
    """The names that lists use, as they are compared, with the code of two letters."""
    lines = NAMES_FILE.read_text(encoding="utf-8").splitlines()
    told = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return {plain(name): code for code, _, names in told for name in names.split("|")}


def country_named(text: str) -> str:
    """The code of two letters for an ISO code or a country's name; empty where it is not clear which is meant."""
    if not text or len(text) > LONGEST_NAME:
        return ""
    return country_code(text) or codes_by_name().get(plain(text), "")


def plain(name: str) -> str:
    """A name without case, accents and anything but letters."""
    parts = unicodedata.normalize("NFKD", name.replace("ı", "i").casefold())
    return "".join(letter for letter in parts if letter.isalpha())
