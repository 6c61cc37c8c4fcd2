"""Which leads a filter means: the tree of `filters`, read with the columns' types (contract 4.7)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from hunter.sandbox.dataverse import dates
from hunter.sandbox.dataverse.errors import DataverseError, bad_request, no_such_property
from hunter.sandbox.dataverse.filters import Both, Comparison, Either, InList, Kind, Literal, Negated, Node, TextCall
from hunter.sandbox.dataverse.records import folded
from hunter.sandbox.dataverse.schema import (
    FRACTIONS,
    LOOKUPS,
    TEXTS,
    WHOLE_NUMBERS,
    Column,
    ColumnType,
    Row,
    Scalar,
    Schema,
)

Matches = Callable[[Row], bool]
Pin = tuple[str, Scalar]  # a column, and a value

PINNING = frozenset({Kind.TEXT, Kind.GUID})

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip


def compile_filter(node: Node, schema: Schema) -> Matches:
    """A test for rows. Raises DataverseError for a column that is unknown or compared with what it can't hold."""
    match node:
        case Both(left, right):
            first, second = compile_filter(left, schema), compile_filter(right, schema)
            return lambda row: first(row) and second(row)
        case Either(left, right):
            first, second = compile_filter(left, schema), compile_filter(right, schema)
            return lambda row: first(row) or second(row)
        case Negated(inner):
            positive = compile_filter(inner, schema)
            return lambda row: not positive(row)
        case Comparison(name, symbol, literal):
            return _comparison(_column(name, schema), symbol, literal)
        case TextCall(function, name, text):
            return _text_call(function, _column(name, schema), text)
        case InList(name, literals):
            return _in_list(_column(name, schema), literals)


def pinned_values(node: Node) -> frozenset[Pin] | None:
    """Columns with values of which each row that matches has at least one, so that an index can find the candidates.

    None where the filter does not tie its rows to any.
    """
    match node:
        case Both(left, right):
            known = [pins for pins in (pinned_values(left), pinned_values(right)) if pins is not None]
            return min(known, key=len, default=None)
        case Either(left, right):
            first, second = pinned_values(left), pinned_values(right)
            return None if first is None or second is None else first | second
        case Comparison(name, "eq", Literal(kind, value)) if kind in PINNING:
            return frozenset({(name, value)})
        case InList(name, literals) if all(literal.kind in PINNING for literal in literals):
            return frozenset((name, literal.value) for literal in literals)
        case _:
            return None


def comparable(column: Column, value: Scalar) -> Any:
    """The value in a form that sorts and compares as the database does; the Z of moments would sort after a dot."""
    if column.type is ColumnType.DATE_TIME and isinstance(value, str):
        return value.rstrip("Z")
    return folded(value)


def _column(name: str, schema: Schema) -> Column:
    column = schema.by_property(name)
    if column is None:
        raise no_such_property(name)
    return column


def _comparison(column: Column, symbol: str, literal: Literal) -> Matches:
    name = column.property_name
    if literal.kind is Kind.NULL:
        if symbol not in ("eq", "ne"):
            return lambda row: False
        return lambda row: (row.get(name) is None) == (symbol == "eq")
    wanted = _wanted(column, literal)
    if symbol == "ne":
        # The platform's "not equal" takes rows without a value too.
        return lambda row: comparable(column, row.get(name)) != wanted
    compare = COMPARE[symbol]

    def matches(row: Row) -> bool:
        value = row.get(name)
        return value is not None and compare(comparable(column, value), wanted)

    return matches


def _in_list(column: Column, literals: tuple[Literal, ...]) -> Matches:
    wanted = {_wanted(column, literal) for literal in literals}
    return lambda row: comparable(column, row.get(column.property_name)) in wanted


def _wanted(column: Column, literal: Literal) -> Any:
    """The literal as the column's values compare. Text does not stand for a number, nor the other way round."""
    kind, value = literal.kind, literal.value
    if kind is _kind_of(column):
        if kind is Kind.MOMENT:
            return _moment(str(value))
        return folded(value)
    if column.type is ColumnType.DATE_TIME and kind in (Kind.DAY, Kind.MOMENT):
        return str(value)[:10]
    raise _incompatible(column, literal)


def _kind_of(column: Column) -> Kind:
    if column.type in TEXTS:
        return Kind.TEXT
    if column.type in WHOLE_NUMBERS | FRACTIONS:
        return Kind.NUMBER
    if column.type in LOOKUPS or column.type is ColumnType.UNIQUEIDENTIFIER:
        return Kind.GUID
    if column.type is ColumnType.BOOLEAN:
        return Kind.BOOLEAN
    return Kind.DAY if column.behavior == "DateOnly" else Kind.MOMENT


def _moment(text: str) -> str:
    try:
        moment = dates.read_moment(text)
    except (ValueError, OverflowError):
        raise bad_request(f"Unrecognized 'Edm.DateTimeOffset' literal '{text}'.") from None
    fraction = f".{moment.microsecond:06}" if moment.microsecond else ""
    return dates.moment_text(moment).rstrip("Z") + fraction


def _incompatible(column: Column, literal: Literal) -> DataverseError:
    return bad_request(
        f"A binary operator with incompatible types was detected. Found operand types '{_kind_of(column)}' and "
        f"'{literal.kind}' for operator kind 'Equal'."
    )


def _text_call(function: str, column: Column, text: str) -> Matches:
    if column.type not in TEXTS:
        raise bad_request(
            f"No function signature for the function with name '{function}' matches the specified arguments."
        )
    pattern = like_pattern(text)
    before = "" if function == "startswith" else ".*"
    after = "" if function == "endswith" else ".*"
    whole = re.compile(f"{before}{pattern}{after}", re.IGNORECASE | re.DOTALL)
    name = column.property_name

    def matches(row: Row) -> bool:
        value = row.get(name)
        return isinstance(value, str) and whole.fullmatch(value) is not None

    return matches


def like_pattern(text: str) -> str:
    """SQL's LIKE as a regular expression: `%`, `_`, `[abc]`, `[^a-c]` are wildcards in text functions (contract 4.7)."""
    parts, position = [], 0
    for found in re.finditer(r"%|_|\[\^?[^\]]+\]", text):
        parts.append(re.escape(text[position : found.start()]))
        wildcard = found[0]
        parts.append({"%": ".*", "_": "."}.get(wildcard) or _character_class(wildcard))
        position = found.end()
    return "".join([*parts, re.escape(text[position:])])


def _character_class(wildcard: str) -> str:
    negated = wildcard.startswith("[^")
    inside = wildcard[2 if negated else 1 : -1].replace("\\", r"\\").replace("[", r"\[")
    return f"[{'^' if negated else ''}{inside}]"
