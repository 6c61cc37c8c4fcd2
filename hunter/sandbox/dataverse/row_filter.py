"""Filters over rows that are plain JSON: metadata, and the small tables beside leads (contract 10, 16.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hunter.sandbox.dataverse.errors import bad_request, no_such_property
from hunter.sandbox.dataverse.filters import Both, Comparison, Either, InList, Negated, Node, TextCall
from hunter.sandbox.dataverse.matching import COMPARE

Json = dict[str, Any]
TypeOf = Callable[[Json], str]


def compile_row_filter(node: Node, *, type_of: TypeOf) -> Callable[[Json], bool]:
    """A test for rows; `type_of` names a row's type in the refusal of a member it does not have."""
    match node:
        case Both(left, right):
            first, second = compile_row_filter(left, type_of=type_of), compile_row_filter(right, type_of=type_of)
            return lambda row: first(row) and second(row)
        case Either(left, right):
            first, second = compile_row_filter(left, type_of=type_of), compile_row_filter(right, type_of=type_of)
            return lambda row: first(row) or second(row)
        case Negated(inner):
            positive = compile_row_filter(inner, type_of=type_of)
            return lambda row: not positive(row)
        case Comparison(name, symbol, literal):
            return lambda row: _compares(_member(row, name, type_of=type_of), symbol, literal.value)
        case InList(name, literals):
            return lambda row: _member(row, name, type_of=type_of) in {literal.value for literal in literals}
        case TextCall():
            raise bad_request(f"The function '{node.function}' is not supported here.")


def _compares(found: Any, symbol: str, wanted: Any) -> bool:
    if symbol == "ne":
        return bool(found != wanted)
    if symbol != "eq" and (found is None or wanted is None or isinstance(found, str) != isinstance(wanted, str)):
        return False
    return COMPARE[symbol](found, wanted)


def _member(row: Json, path: str, *, type_of: TypeOf) -> Any:
    value: Any = row
    for name in path.split("/"):
        if not isinstance(value, dict) or name not in value:
            raise no_such_property(path, of_type=type_of(row))
        value = value[name]
    return value
