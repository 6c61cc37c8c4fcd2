"""The words that sales works by: segments, heats and categories (domain document, d.2 to d.6)."""

from __future__ import annotations

from enum import StrEnum

LONGEST_CODE = 2  # P1 is a name, not a word


class Segment(StrEnum):
    """What a company is to us, by provider and readiness (d.2)."""

    MIGRATION = "Migration"
    EXISTING = "Existing"
    COLD = "Cold"
    SKIP = "Skip"


class TechnicalHeat(StrEnum):
    HOT = "Hot"
    WARM = "Warm"
    COLD = "Cold"


class CommercialSegment(StrEnum):
    GREENFIELD = "GREENFIELD"
    COMPETITIVE = "COMPETITIVE"
    WEAK_PARTNER = "WEAK_PARTNER"
    RENEWAL = "RENEWAL"
    LOW_INTENT = "LOW_INTENT"
    NO_GO = "NO_GO"


class CommercialHeat(StrEnum):
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class PriorityCategory(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"
    P6 = "P6"


def plain_word(word: str) -> str:
    """A class as people read it: WEAK_PARTNER as "weak partner"; what is no shouting stays as it is."""
    return word.replace("_", " ").lower() if word.isupper() and len(word) > LONGEST_CODE else word
