"""Which column a refusal of Dataverse is about, as far as its message names one (contract 6.2)."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = r"'(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:@[A-Za-z.]+)?'"
# The column is what stands at its own place in the sentence: beside it the table, the value and the type are quoted too.
SENTENCES: Final = tuple(
    re.compile(sentence.replace("NAME", NAME), re.IGNORECASE)
    for sentence in (
        r"undeclared property NAME",
        r"invalid property NAME",
        r"could not find a property named NAME",
        r"\bNAME is a navigation property",
        r"length of the NAME attribute",
        r"value (?:'[^']*'|[^' ]+) of NAME on record",
        r"value of NAME",
        r"\bfield NAME contains",
        r"\bproperty NAME cannot be",
        r"\b(?:attribute|field|column) NAME",
        r"\bNAME (?:attribute|field|column)\b",
    )
)
LONGEST_MESSAGE: Final = 4000  # what comes behind is no sentence of the service's


def column_named(message: str) -> str:
    """The column's name as the message has it, in small letters; empty where it names none."""
    for sentence in SENTENCES:
        if found := sentence.search(message[:LONGEST_MESSAGE]):
            return found["name"].lower()
    return ""
