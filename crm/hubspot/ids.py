"""How a company is addressed: by Hunter's id in a unique property, or by HubSpot's own number where it has none yet.

HubSpot chooses a company's number, and only when it is made; Hunter's ids are chosen before the call. So a company of
Hunter's is known by `hnt_lead_id`, and one that people made by its number, put into the form of an id (a UUID of
version 8, whose last twelve digits are the number).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

KEY: Final = "hnt_lead_id"
FORM: Final = "68756273-706f-8000-8{high:03x}-{low:012x}"
PREFIX: Final = "68756273-706f-8000-8"
LOW: Final = 48


def id_of_number(number: str) -> str:
    """The lead id of a company that has no id of Hunter's. Raises ValueError for what is no number of HubSpot's."""
    value = int(number)
    if not 0 <= value < 1 << (LOW + 12):
        raise ValueError(f"{number} is no number of a company in HubSpot")
    return FORM.format(high=value >> LOW, low=value & ((1 << LOW) - 1))


def number_of(lead_id: str) -> str:
    """The company's number that stands in the id; empty for an id of Hunter's own."""
    text = str(UUID(lead_id))
    if not text.startswith(PREFIX):
        return ""
    high, low = text.removeprefix(PREFIX).split("-")
    return str((int(high, 16) << LOW) + int(low, 16))


def lead_id_of(number: str, held: object) -> str:
    """The lead id of a company: what its unique property holds, where that is an id, else its number."""
    try:
        return str(UUID(str(held)))
    except ValueError:
        return id_of_number(number)
