"""Which columns of a mapping Hunter may create in a CRM, and as what (R4.2): its own, never the CRM's."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

from crm.interface import ColumnType, WantedColumn
from crm.mapping.columns import Column, Kind, Mapping

OWN = "hnt_"
TYPES: MappingOf[Kind, ColumnType] = {
    Kind.TEXT: ColumnType.TEXT,
    Kind.IDENTIFIER: ColumnType.TEXT,
    Kind.LINES: ColumnType.LINES,
    Kind.JSON: ColumnType.LINES,
    Kind.WHOLE: ColumnType.WHOLE,
    Kind.DECIMAL: ColumnType.DECIMAL,
    Kind.YES_NO: ColumnType.YES_NO,
    Kind.CHOICE: ColumnType.CHOICE,
    Kind.MOMENT: ColumnType.MOMENT,
}


def wanted_columns(mapping: Mapping, *, with_optional: bool = False) -> tuple[WantedColumn, ...]:
    """Hunter's own columns in the mapping's order, the domain first: the key rests on it.

    Those marked `when_present` only `with_optional`: a partner chooses them (f.2).
    """
    own = [
        column
        for column in mapping.column
        if column.name.rpartition(".")[2].startswith(OWN) and (with_optional or not column.when_present)
    ]
    return tuple(_wanted(column) for column in sorted(own, key=lambda column: column.value != "domain"))


def _wanted(column: Column) -> WantedColumn:
    by_label = dict.fromkeys((column.labels or {}).values())
    return WantedColumn(
        name=column.name,
        title=column.title or column.name,
        type=TYPES[column.kind],
        length=column.length,
        least=column.least,
        most=column.most,
        places=column.places,
        options={_shown(word): number for word, number in (column.numbers or {}).items()} or by_label,
    )


def _shown(word: str) -> str:
    return word if not word.islower() else word.capitalize()
