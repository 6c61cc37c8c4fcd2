"""Other people's words, made fit to be kept."""

from __future__ import annotations


def storable(text: str, *, longest: int) -> str:
    """The text as PostgreSQL can keep it: no zero byte, no half of a surrogate pair, not longer than the column."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:longest]
