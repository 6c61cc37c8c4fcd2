"""Country codes: two or three letters as sent -> two letters as stored (domain document e.2)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

CODES_FILE = Path(__file__).parent / "data" / "country_codes.txt"


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
