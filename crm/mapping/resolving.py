"""A mapping held against what the CRM says of its columns: what may be sent, and what is wrong (R4.2, R4.5)."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from enum import StrEnum

from crm.interface import ColumnFacts, ColumnType, OptionName, TableFacts
from crm.mapping.columns import TEXTS, Column, Kind, Mapping

TYPES: MappingOf[Kind, frozenset[ColumnType]] = {
    Kind.TEXT: frozenset({ColumnType.TEXT, ColumnType.LINES}),
    Kind.LINES: frozenset({ColumnType.LINES, ColumnType.TEXT}),
    Kind.IDENTIFIER: frozenset({ColumnType.TEXT}),
    Kind.JSON: frozenset({ColumnType.LINES, ColumnType.TEXT}),
    Kind.WHOLE: frozenset({ColumnType.WHOLE, ColumnType.NUMBER}),
    Kind.DECIMAL: frozenset({ColumnType.DECIMAL, ColumnType.NUMBER}),
    Kind.YES_NO: frozenset({ColumnType.YES_NO}),
    Kind.CHOICE: frozenset({ColumnType.CHOICE}),
    Kind.MOMENT: frozenset({ColumnType.MOMENT}),
}
BY_LABEL_ONLY = "its number is read from the CRM by label"
NOT_IN_THE_CRM = "off until the CRM has the column"


class Gravity(StrEnum):
    """An error stops every push; a warning switches off or narrows one column."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which the mapping and the CRM disagree."""

    column: str
    gravity: Gravity
    problem: str
    way_out: str

    def sentence(self) -> str:
        return f"column {self.column}: {self.problem} {self.way_out}"


@dataclass(frozen=True, slots=True)
class SendableColumn:
    """A column with the limits that hold for it now; `off` says why it isn't sent, or is empty."""

    column: Column
    length: int | None = None
    least: float | None = None
    most: float | None = None
    numbers: MappingOf[str, OptionName] = field(default_factory=dict)
    off: str = ""

    @property
    def name(self) -> str:
        return self.column.name


@dataclass(frozen=True, slots=True)
class ResolvedMapping:
    """What a payload is built with."""

    mapping: Mapping
    columns: tuple[SendableColumn, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.gravity is Gravity.ERROR)


def by_itself(mapping: Mapping) -> ResolvedMapping:
    """The mapping as far as it goes without the CRM: choices that only a label tells are off."""
    return ResolvedMapping(mapping, tuple(_without_metadata(column) for column in mapping.column))


def held_against(mapping: Mapping, table: TableFacts) -> ResolvedMapping:
    """The mapping with the live columns' lengths, ranges and option numbers, and every fault found."""
    faults: list[Fault] = []
    columns = tuple(_held(column, table.columns.get(column.name), faults) for column in mapping.column)
    return ResolvedMapping(mapping, columns, tuple(faults))


def _without_metadata(column: Column) -> SendableColumn:
    off = NOT_IN_THE_CRM if column.when_present else BY_LABEL_ONLY if column.labels is not None else ""
    return SendableColumn(
        column, length=column.length, least=column.least, most=column.most, numbers=column.numbers or {}, off=off
    )


def _held(column: Column, facts: ColumnFacts | None, faults: list[Fault]) -> SendableColumn:
    if facts is None:
        return _missing(column, faults)
    if facts.type not in TYPES[column.kind]:
        faults.append(
            Fault(
                column.name,
                Gravity.ERROR,
                f"Hunter sends {_said(column)}, the CRM's column is {facts.type}.",
                "Change its type in the CRM or take the column out of the mapping; then run `manage.py check_crm`.",
            )
        )
        return SendableColumn(column, off="its type in the CRM is another one")
    if not facts.writable:
        faults.append(Fault(column.name, Gravity.ERROR, "the CRM lets nobody write it.", "Take it out of the mapping."))
        return SendableColumn(column, off="the CRM lets nobody write it")
    if column.kind is Kind.CHOICE:
        return _held_choice(column, facts, faults)
    return _held_limits(column, facts, faults)


def _missing(column: Column, faults: list[Fault]) -> SendableColumn:
    if column.when_present:
        return SendableColumn(column, off=NOT_IN_THE_CRM)
    faults.append(
        Fault(
            column.name,
            Gravity.ERROR,
            "the CRM has no such column.",
            "Create it there (or restore it), or take it out of the mapping; then run `manage.py check_crm`.",
        )
    )
    return SendableColumn(column, off="the CRM has no such column")


def _held_limits(column: Column, facts: ColumnFacts, faults: list[Fault]) -> SendableColumn:
    length = facts.length if facts.length is not None and column.kind in TEXTS else column.length
    if column.length is not None and length is not None and length < column.length:
        faults.append(
            Fault(
                column.name,
                Gravity.WARNING,
                f"the CRM holds {length} characters, the mapping says {column.length}.",
                "What is longer is cut (an identifier is refused); widen the column or lower `length`.",
            )
        )
    narrower = [
        word
        for word, ours, theirs in (("least", column.least, facts.least), ("most", column.most, facts.most))
        if ours is not None and theirs is not None and (theirs > ours if word == "least" else theirs < ours)
    ]
    if narrower:
        faults.append(
            Fault(
                column.name,
                Gravity.WARNING,
                f"the CRM takes {facts.least} to {facts.most}, Hunter sends {column.least} to {column.most}.",
                "A value outside is refused; widen the range in the CRM.",
            )
        )
    return SendableColumn(
        column,
        length=length,
        least=facts.least if facts.least is not None else column.least,
        most=facts.most if facts.most is not None else column.most,
    )


def _held_choice(column: Column, facts: ColumnFacts, faults: list[Fault]) -> SendableColumn:
    numbers: dict[str, OptionName] = {}
    by_label = {label.casefold(): number for number, label in facts.options.items()}
    for word, number in (column.numbers or {}).items():
        if number in facts.options:
            numbers[word] = number
        elif word.casefold() in by_label:
            numbers[word] = by_label[word.casefold()]
    for word, label in (column.labels or {}).items():
        if label.casefold() in by_label:
            numbers[word] = by_label[label.casefold()]
    absent = [word for word in (column.numbers or column.labels or {}) if word not in numbers]
    if absent:
        faults.append(
            Fault(
                column.name,
                Gravity.WARNING,
                f"the CRM has no option for {', '.join(absent)}.",
                "Add the option there, or change the mapping; until then "
                + ("the column is off." if not numbers else "a lead that needs it is refused."),
            )
        )
    return SendableColumn(column, numbers=numbers, off="" if numbers else "the CRM has none of its options")


def _said(column: Column) -> str:
    if column.kind is Kind.WHOLE and column.least is not None and column.most is not None:
        return f"a whole number from {column.least} to {column.most}"
    return {
        Kind.TEXT: "text",
        Kind.LINES: "several lines of text",
        Kind.IDENTIFIER: "an identifier as text",
        Kind.WHOLE: "a whole number",
        Kind.DECIMAL: "a decimal number",
        Kind.YES_NO: "yes or no",
        Kind.CHOICE: "a choice",
        Kind.MOMENT: "a date and time",
        Kind.JSON: "JSON as text",
    }[column.kind]
