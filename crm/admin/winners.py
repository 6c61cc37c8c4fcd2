"""Who wins a column, in the words that people read, on the mapping page and wherever a push is told beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from crm.mapping.columns import Winner
from crm.services.previewing import Difference

WINNERS: Mapping[Winner, str] = {
    Winner.HUNTER: "Hunter",
    Winner.CRM: "the CRM",
    Winner.NEWER: "the newer change",
    Winner.HAND: "a person, each time",
    Winner.PERSONS_NAME: "a name set in Hunter, else the CRM",
}


@dataclass(frozen=True, slots=True)
class DifferenceShown:
    """A column that a push would change."""

    column: str
    there: JsonValue
    here: JsonValue
    winner: str


def differences_shown(differences: Iterable[Difference]) -> list[DifferenceShown]:
    return [
        DifferenceShown(one.column, one.there, one.here, WINNERS[Winner(one.winner)] if one.winner else "–")
        for one in differences
    ]
